/**
 * Waiting for several things at once.
 *
 * @module
 */
export { WaitSet } from "./wait_set.ts";
