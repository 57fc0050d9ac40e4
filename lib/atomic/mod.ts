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
  release,
  sleep,
  store,
  type Words,
} from "./atomics.ts";
export { Backoff, type BackoffOptions } from "./backoff.ts";
export { fence, isFenced } from "./fence.ts";
export { Futex } from "./futex.ts";
export type { Watch } from "./async/watch.ts";
