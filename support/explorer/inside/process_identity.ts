/**
 * Stands in for `lib/memory/process_identity.ts` in what is explored: each actor is a process of one thread.
 *
 * @module
 */
import type * as real from "../../../lib/memory/process_identity.ts";
import { world } from "../world.ts";

/** The identity of the actor that runs. */
export function processIdentity(): real.ProcessIdentity {
  return { pid: world.pidOf(), startTime: 1, pidNamespace: 1, bootId: new Uint8Array(0) };
}

/** Bytes as digits: they are never read. */
export function hexadecimal(_bytes: Uint8Array): string {
  return "";
}

/** For the compiler: this module has all that the real one has. */
type Complete = typeof import("./process_identity.ts") extends Record<keyof typeof real, unknown> ? true : never;
const _isComplete: Complete = true;
