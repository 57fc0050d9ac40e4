/**
 * Stands in for `lib/memory/ofd_lock.ts` in what is explored: each call is one step of the world's kernel. Nobody takes
 * read locks.
 *
 * @module
 */
import type * as real from "../../../lib/memory/ofd_lock.ts";
import { FILE_BYTES } from "../kernel.ts";
import { kernelCall } from "../steps.ts";
import { world } from "../world.ts";

/** For messages. */
export const READ_LOCKED = "there is a read lock";

/** Takes the lock of a byte. */
export function tryLockByte(doing: unknown, fd: number, byteOffset: number): boolean {
  return tryLockBytes(doing, fd, byteOffset, 1);
}

/** Takes the locks of some bytes. */
export function tryLockBytes(_doing: unknown, fd: number, byteOffset: number, byteLength: number): boolean {
  return kernelCall(`locks byte ${byteOffset}`, () => +world.kernel.lock(fd, byteOffset, byteLength)) === 1;
}

/** Releases a byte's lock. */
export function unlockByte(fd: number, byteOffset: number): void {
  kernelCall(`unlocks byte ${byteOffset}`, () => {
    world.kernel.unlock(fd, byteOffset, byteOffset + 1);
    return 0;
  });
}

/** Releases all locks of a file. */
export function unlockFile(fd: number): void {
  kernelCall("unlocks all bytes", () => {
    world.kernel.unlock(fd, 0, FILE_BYTES);
    return 0;
  });
}

/** Whether another holds the lock of a byte. */
export function isByteLocked(fd: number, byteOffset: number): boolean {
  return kernelCall(`asks for the lock of byte ${byteOffset}`, () => +world.kernel.isLocked(fd, byteOffset, 1)) === 1;
}

/** Whether the lock of a byte could be taken. */
export function isByteFree(fd: number, byteOffset: number): boolean {
  return !isByteLocked(fd, byteOffset);
}

/** There are no read locks. */
export function isByteReadLocked(_fd: number, _byteOffset: number): boolean {
  return false;
}

/** For the compiler: this module has all that the real one has. */
type Complete = typeof import("./ofd_lock.ts") extends Record<keyof typeof real, unknown> ? true : never;
const _isComplete: Complete = true;
