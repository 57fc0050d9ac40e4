/**
 * Words: atomic access and waiting.
 *
 * @module
 */
export {
  add,
  and,
  compareExchange,
  exchange,
  load,
  type Narrow,
  or,
  pause,
  peek,
  sleep,
  store,
  type Words,
} from "./atomics.ts";
