import type { Libc, LibcSource, Memory, Pointer } from "./libc.ts";
import { type CFunctions, type KindNames, signaturesFor } from "./signatures.ts";

/** The part of the `Deno` namespace used here. */
interface DenoFfi {
  dlopen(library: string, symbols: Record<string, Signature>): { symbols: CFunctions<bigint, object> };
  UnsafePointer: { value(pointer: object | null): bigint; of(memory: Memory): object };
  UnsafePointerView: { getArrayBuffer(pointer: object, byteLength: number, byteOffset?: number): ArrayBuffer };
}

interface Signature {
  readonly parameters: readonly string[];
  readonly result: string;
  /** The C name. */
  readonly name: string;
}

const NAMES: KindNames = {
  takes: { i32: "i32", u32: "u32", i64: "i64", u64: "u64", memory: "buffer", address: "pointer" },
  gives: { i32: "i32", u32: "u32", i64: "i64", u64: "u64", address: "pointer" },
};

/** Loads libc through `Deno.dlopen`. 64-bit arguments go over as bigints: a number there takes a slow path. */
export function loadDenoLibc(runtime: unknown, source: LibcSource): Libc {
  const { dlopen, UnsafePointer, UnsafePointerView } = runtime as DenoFfi;
  const make = (parameters: string[], result: string, name: string): Signature => ({ name, parameters, result });
  const c = dlopen(source.library, signaturesFor(NAMES, make)).symbols;
  const errno = new Int32Array(UnsafePointerView.getArrayBuffer(c.errno_location(), 4));
  const { syscalls } = source;

  return {
    ...c,
    source: () => source,
    pread: (fd, into, byteLength, byteOffset) => Number(c.pread(fd, into, BigInt(byteLength), BigInt(byteOffset))),
    ftruncate: (fd, byteLength) => c.ftruncate(fd, BigInt(byteLength)),
    posix_fallocate: (fd, byteOffset, byteLength) => c.posix_fallocate(fd, BigInt(byteOffset), BigInt(byteLength)),
    statx: (directoryFd, path, flags, mask, into) => c.statx(syscalls.statx, directoryFd, path, flags, mask, into),
    getdents64: (fd, into, byteLength) => c.getdents64(syscalls.getdents64, fd, into, byteLength),
    mmap(byteLength, protection, flags, fd, address) {
      const mapped: object | null = c.mmap(
        (address ?? null) as object,
        BigInt(byteLength),
        protection,
        flags,
        fd,
        0n,
      );
      // MAP_FAILED is (void *) -1.
      return mapped === null || UnsafePointer.value(mapped) === 0xffff_ffff_ffff_ffffn ? undefined : mapped;
    },
    munmap: (address, byteLength) => c.munmap(address as object, BigInt(byteLength)),
    mprotect: (address, byteLength, protection) => c.mprotect(address as object, BigInt(byteLength), protection),
    madvise: (address, byteLength, advice) => c.madvise(address as object, BigInt(byteLength), advice),
    mlock: (address, byteLength) => c.mlock(address as object, BigInt(byteLength)),
    msync: (address, byteLength, flags) => c.msync(address as object, BigInt(byteLength), flags),
    futex: (word, operation, value, timeout, value3) =>
      c.futex(syscalls.futex, word, operation, value, timeout, 0, value3),
    futex_waitv: (waiters, count, timeout, clock) =>
      c.futex_waitv(syscalls.futex_waitv, waiters, count, 0, timeout, clock),
    membarrier: (command) => c.membarrier(syscalls.membarrier, command, 0, 0),
    sysconf: (name) => Number(c.sysconf(name)),
    errno: () => errno[0],
    bufferAt: (address: Pointer, byteLength, byteOffset) =>
      UnsafePointerView.getArrayBuffer(address as object, byteLength, byteOffset),
    addressOf(memory) {
      const address = UnsafePointer.value(UnsafePointer.of(memory));
      return { low: Number(address & 0xffff_ffffn), high: Number(address >> 32n) };
    },
  };
}
