/**
 * Stands in for `ffi/system.ts` in what is explored: the kernel is the world's. A call that others can notice, or that
 * finds what others did, is a step. What only makes a file readable, or reserves pages, is left out.
 *
 * @module
 */
import { type FailedCall, SystemError } from "../../../ffi/error.ts";
import { ENOENT, S_IFREG } from "../../../ffi/linux.ts";
import type * as real from "../../../ffi/system.ts";
import { kernelCall } from "../steps.ts";
import { world } from "../world.ts";
import { FileMemory, wordsOfFile } from "./raw_memory.ts";

export type Doing = Pick<FailedCall, "action" | "path">;

/** So short that a segment has few words. */
const PAGE_BYTES = 128;

const MODE = S_IFREG | 0o600;

/** Opens or makes a file. */
export function shmOpen(doing: Doing, name: string, flags: number, _mode: number): number {
  const { owner } = world, fd = kernelCall("opens a file", () => world.kernel.open(owner, name, flags));
  if (fd < 0) throw new SystemError(-fd, { ...doing, syscall: "shm_open" });
  return fd;
}

/** Removes a name. */
export function shmUnlink(_doing: Doing, name: string): boolean {
  return kernelCall("removes a name", () => +world.kernel.unlink(name)) === 1;
}

/** Closes a descriptor. */
export function close(fd: number): void {
  kernelCall("closes a file", () => {
    world.kernel.close(fd);
    return 0;
  });
}

/** Sets a file's length. */
export function allocate(_doing: Doing, fd: number, byteLength: number): void {
  kernelCall("sets a file's length", () => {
    world.kernel.truncate(fd, byteLength);
    return byteLength;
  });
}

/** All actors are the same user. */
export function chmod(_doing: Doing, _fd: number, _mode: number): void {}

/** What the kernel knows of a file. */
export function fileStatus(_doing: Doing, fd: number): real.FileStatus {
  let found = { inode: 0, links: 0, byteLength: 0 };
  kernelCall("asks about a file", () => {
    found = world.kernel.status(fd);
    return found.inode << 16 | found.links << 12 | found.byteLength;
  });
  return { ...found, mode: MODE, uid: 0, device: "00:01" };
}

/** Reads a file: its length at once, and then word by word. */
export function readAt(_doing: Doing, fd: number, into: Uint8Array, byteOffset: number): number {
  const length = kernelCall("begins to read", () => world.kernel.status(fd).byteLength);
  const count = Math.max(0, Math.min(into.byteLength, length - byteOffset)) / 4;
  const words = wordsOfFile(fd), to = new Int32Array(into.buffer, into.byteOffset, count), first = byteOffset / 4;
  for (let i = 0; i < count; i++) to[i] = words[first + i];
  return count * 4;
}

/** Maps a file: that concerns no other actor. */
export function mmap(_doing: Doing, byteLength: number, _protection: number, _flags: number, fd: number): FileMemory {
  world.kernel.map(fd);
  return new FileMemory(world.kernel.contentOf(fd), byteLength);
}

/** There is nothing to read in `/proc`. */
export function readTextOr(otherwise: string, _path: string): string {
  return otherwise;
}

/** As `readTextOr`. */
export function readDirectory(path: string): string[] {
  throw new SystemError(ENOENT, { action: "list", path, syscall: "open" });
}

/** Makes a call whose result is the negated number of its error already. */
export function resultOf(call: () => number): number {
  return call();
}

/** A short one. */
export function pageSize(): number {
  return PAGE_BYTES;
}

/** Always the same time. */
export function monotonicNs(): number {
  return 1;
}

/** As `monotonicNs`. */
export function realtimeMs(): number {
  return 0;
}
