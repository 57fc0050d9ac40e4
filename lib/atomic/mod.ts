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
export { Backoff, type BackoffOptions } from "./backoff.ts";
export { Futex } from "./futex.ts";
