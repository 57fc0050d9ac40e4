import type { Libc, LibcSource, Memory, Pointer } from "./libc.ts";
import { type KindNames, openEach, signaturesFor } from "./signatures.ts";

/** The part of `bun:ffi` used here. */
interface BunFfi {
  dlopen(library: string, symbols: Record<string, Signature>): { symbols: Record<string, unknown> };
  toArrayBuffer(address: number, byteOffset: number, byteLength: number): ArrayBuffer;
  ptr(memory: Memory): number;
}

interface Signature {
  readonly args: readonly string[];
  readonly returns: string;
}

/** A 64-bit result comes as a number if that holds it: lengths and addresses of user space are below 2^53. */
const NAMES: KindNames = {
  takes: { i32: "i32", u32: "u32", i64: "i64", u64: "u64", memory: "ptr", address: "ptr" },
  gives: { i32: "i32", u32: "u32", i64: "i64_fast", u64: "u64_fast", address: "i64_fast" },
};

/** Loads libc through `bun:ffi`, given as a value so that a bundler does not hoist its import into other runtimes. */
export function loadBunLibc(ffi: unknown, source: LibcSource): Libc {
  const { dlopen, toArrayBuffer, ptr } = ffi as BunFfi;
  const signatures = signaturesFor(NAMES, (args, returns): Signature => ({ args, returns }));
  const c = openEach<Signature, number, number>(signatures, (some) => dlopen(source.library, some).symbols);
  const errno = new Int32Array(toArrayBuffer(c.errno_location(), 0, 4));
  const { syscalls } = source;

  return {
    ...c,
    source: () => source,
    statx: (directoryFd, path, flags, mask, into) => c.statx(syscalls.statx, directoryFd, path, flags, mask, into),
    getdents64: (fd, into, byteLength) => c.getdents64(syscalls.getdents64, fd, into, byteLength),
    mmap(byteLength, protection, flags, fd, address) {
      // MAP_FAILED is (void *) -1.
      const mapped = c.mmap((address ?? null) as number, byteLength, protection, flags, fd, 0);
      return mapped === -1 ? undefined : mapped;
    },
    futex: (word, operation, value, timeout, value3) =>
      c.futex(syscalls.futex, word, operation, value, timeout, 0, value3),
    futex_waitv: (waiters, count, timeout, clock) =>
      c.futex_waitv(syscalls.futex_waitv, waiters, count, 0, timeout, clock),
    membarrier: (command) => c.membarrier(syscalls.membarrier, command, 0, 0),
    errno: () => errno[0],
    bufferAt: (address: Pointer, byteLength, byteOffset = 0) =>
      toArrayBuffer(address as number, byteOffset, byteLength),
    addressOf(memory) {
      const address = ptr(memory);
      return { low: address >>> 0, high: Math.floor(address / 2 ** 32) };
    },
  };
}
