import type { Libc, LibcSource, Memory, Pointer } from "./libc.ts";
import { type KindNames, openEach, signaturesFor } from "./signatures.ts";

/** The part of `node:ffi` used here. */
interface NodeFfi {
  dlopen(library: string, symbols: Record<string, Signature>): { functions: Record<string, Call> };
  toArrayBuffer(address: bigint, byteLength: number, copy: boolean): ArrayBuffer;
  getRawPointer(memory: Memory): bigint;
}

interface Signature {
  readonly arguments: readonly string[];
  readonly return: string;
  /** Ours: what follows the values of a call. */
  readonly zeros: readonly number[];
}

type Call = (...values: unknown[]) => unknown;

const NAMES: KindNames = {
  takes: { i32: "int32", u32: "uint32", i64: "int64", u64: "uint64", memory: "pointer", address: "pointer" },
  gives: { i32: "int32", u32: "uint32", i64: "int64", u64: "uint64", address: "pointer" },
};

/**
 * Each function is called with so many values: zeros after its own, which no C function sees. V8 compiles calls of up
 * to eight in a way that needs what Node frees when a Worker or the process ends: one that ends while they are compiled
 * would crash (Node 26.10).
 */
const VALUES = 9;

/** MAP_FAILED is (void *) -1; pointers are unsigned. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** Loads libc through `node:ffi`, given as a value as Node alone has it. 64-bit arguments go over as bigints. */
export function loadNodeLibc(ffi: unknown, source: LibcSource): Libc {
  const { dlopen, toArrayBuffer, getRawPointer } = ffi as NodeFfi;
  const signatures = signaturesFor(NAMES, (takes, gives): Signature => {
    const zeros: readonly number[] = Array(VALUES - takes.length).fill(0);
    return { arguments: [...takes, ...zeros.map(() => "int32")], return: gives, zeros };
  });
  const c = openEach<Signature, bigint, bigint>(signatures, (some) => {
    const { functions } = dlopen(source.library, some);
    return Object.fromEntries(
      Object.entries(functions).map(([name, call]) => [name, withZeros(call, some[name].zeros)]),
    );
  });
  const errno = new Int32Array(toArrayBuffer(c.errno_location(), 4, false));
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
      const mapped = c.mmap((address ?? null) as bigint, BigInt(byteLength), protection, flags, fd, 0n);
      return mapped === MAP_FAILED ? undefined : mapped;
    },
    munmap: (address, byteLength) => c.munmap(address as bigint, BigInt(byteLength)),
    mprotect: (address, byteLength, protection) => c.mprotect(address as bigint, BigInt(byteLength), protection),
    madvise: (address, byteLength, advice) => c.madvise(address as bigint, BigInt(byteLength), advice),
    mlock: (address, byteLength) => c.mlock(address as bigint, BigInt(byteLength)),
    msync: (address, byteLength, flags) => c.msync(address as bigint, BigInt(byteLength), flags),
    futex: (word, operation, value, timeout, value3) =>
      c.futex(syscalls.futex, word, operation, value, timeout, 0, value3),
    futex_waitv: (waiters, count, timeout, clock) =>
      c.futex_waitv(syscalls.futex_waitv, waiters, count, 0, timeout, clock),
    membarrier: (command) => c.membarrier(syscalls.membarrier, command, 0, 0),
    sysconf: (name) => Number(c.sysconf(name)),
    errno: () => errno[0],
    bufferAt: (address: Pointer, byteLength, byteOffset = 0) =>
      toArrayBuffer((address as bigint) + BigInt(byteOffset), byteLength, false),
    addressOf(memory) {
      const address = getRawPointer(memory);
      return { low: Number(address & 0xffff_ffffn), high: Number(address >> 32n) };
    },
  };
}

function withZeros(call: Call, zeros: readonly number[]): Call {
  return (...values) => call(...values, ...zeros);
}
