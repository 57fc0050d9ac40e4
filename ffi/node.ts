import type { Libc, LibcSource, Memory, Pointer } from "./libc.ts";

/** The part of `node:ffi` used here. */
interface NodeFfi {
  dlopen(library: string, symbols: Record<string, Signature>): { functions: Symbols };
  toArrayBuffer(address: bigint, byteLength: number, copy: boolean): ArrayBuffer;
  getRawPointer(memory: Memory): bigint;
}

interface Signature {
  readonly arguments: readonly string[];
  readonly return: string;
  /** The C name, where one function stands here twice with other argument types. */
  readonly symbol?: string;
}

// deno-lint-ignore no-explicit-any -- the signature table is the type
type Symbols = Record<string, (...args: any[]) => any>;

/** The same functions in the same order as in `bun.ts`. */
const SIGNATURES: Record<string, Signature> = {
  shm_open: {
    arguments: ["pointer", /* const char *name */ "int32", /* int oflag */ "uint32" /* mode_t mode */],
    return: "int32",
  },
  shm_unlink: { arguments: ["pointer" /* const char *name */], return: "int32" },
  memfd_create: { arguments: ["pointer", /* const char *name */ "uint32" /* unsigned flags */], return: "int32" },
  open: {
    arguments: ["pointer", /* const char *path */ "int32", /* int flags */ "uint32" /* mode_t mode */],
    return: "int32",
  },
  close: { arguments: ["int32" /* int fd */], return: "int32" },
  pread: {
    arguments: [
      "int32",
      /* int fd */ "pointer",
      /* void *buf */ "uint64",
      /* size_t count */ "int64", /* off_t offset */
    ],
    return: "int64",
  },
  ftruncate: { arguments: ["int32", /* int fd */ "int64" /* off_t length */], return: "int32" },
  posix_fallocate: {
    arguments: ["int32", /* int fd */ "int64", /* off_t offset */ "int64" /* off_t len */],
    return: "int32",
  },
  fchmod: { arguments: ["int32", /* int fd */ "uint32" /* mode_t mode */], return: "int32" },
  statx: {
    symbol: "syscall",
    arguments: [
      "int32", /* long number */
      "int32", /* int dirfd */
      "pointer", /* const char *path */
      "int32", /* int flags */
      "uint32", /* unsigned mask */
      "pointer", /* struct statx *buf */
    ],
    return: "int32",
  },
  getdents64: {
    symbol: "syscall",
    arguments: [
      "int32",
      /* long number */ "int32",
      /* unsigned fd */ "pointer",
      /* void *dirp */ "uint32", /* unsigned count */
    ],
    return: "int32",
  },
  fcntl: { arguments: ["int32", /* int fd */ "int32", /* int cmd */ "int32" /* int arg */], return: "int32" },
  fcntl_flock: {
    symbol: "fcntl",
    arguments: ["int32", /* int fd */ "int32", /* int cmd */ "pointer" /* struct flock *lock */],
    return: "int32",
  },
  mmap: {
    arguments: [
      "pointer", /* void *addr */
      "uint64", /* size_t length */
      "int32", /* int prot */
      "int32", /* int flags */
      "int32", /* int fd */
      "int64", /* off_t offset */
    ],
    return: "pointer",
  },
  munmap: { arguments: ["pointer", /* void *addr */ "uint64" /* size_t length */], return: "int32" },
  mprotect: {
    arguments: ["pointer", /* void *addr */ "uint64", /* size_t len */ "int32" /* int prot */],
    return: "int32",
  },
  madvise: {
    arguments: ["pointer", /* void *addr */ "uint64", /* size_t length */ "int32" /* int advice */],
    return: "int32",
  },
  mlock: { arguments: ["pointer", /* const void *addr */ "uint64" /* size_t len */], return: "int32" },
  msync: {
    arguments: ["pointer", /* void *addr */ "uint64", /* size_t length */ "int32" /* int flags */],
    return: "int32",
  },
  futex: {
    symbol: "syscall",
    arguments: [
      "int32", /* long number */
      "pointer", /* uint32_t *word */
      "int32", /* int op */
      "int32", /* uint32_t value */
      "pointer", /* struct timespec *timeout */
      "int32", /* uint32_t *word2, unused */
      "int32", /* uint32_t value3 */
    ],
    return: "int32",
  },
  futex_waitv: {
    symbol: "syscall",
    arguments: [
      "int32", /* long number */
      "pointer", /* struct futex_waitv *waiters */
      "uint32", /* unsigned count */
      "uint32", /* unsigned flags */
      "pointer", /* struct timespec *timeout */
      "int32", /* clockid_t clock */
    ],
    return: "int32",
  },
  membarrier: {
    symbol: "syscall",
    arguments: [
      "int32",
      /* long number */ "int32",
      /* int cmd */ "uint32",
      /* unsigned flags */ "int32", /* int cpu_id */
    ],
    return: "int32",
  },
  sched_yield: { arguments: [], return: "int32" },
  getpid: { arguments: [], return: "int32" },
  gettid: { arguments: [], return: "int32" },
  geteuid: { arguments: [], return: "uint32" },
  kill: { arguments: ["int32", /* pid_t pid */ "int32" /* int sig */], return: "int32" },
  clock_gettime: { arguments: ["int32", /* clockid_t clock */ "pointer" /* struct timespec *tp */], return: "int32" },
  sysconf: { arguments: ["int32" /* int name */], return: "int64" },
  errno_location: { symbol: "__errno_location", arguments: [], return: "pointer" },
};

/** Reads four arguments, which are called faster than seven. */
const FUTEX_WAKE = 1;

/** MAP_FAILED is (void *) -1; pointers are unsigned. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** Loads libc through `node:ffi`, given as a value as Node alone has it. 64-bit arguments go over as bigints. */
export function loadNodeLibc(ffi: unknown, source: LibcSource): Libc {
  const { dlopen, toArrayBuffer, getRawPointer } = ffi as NodeFfi;
  const c: Symbols = {};
  // A library that was opened takes one signature a name.
  const plain = Object.entries(SIGNATURES).filter(([, signature]) => signature.symbol === undefined);
  Object.assign(c, dlopen(source.library, Object.fromEntries(plain)).functions);
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    if (signature.symbol === undefined) continue;
    c[name] = dlopen(source.library, { [signature.symbol]: signature }).functions[signature.symbol];
  }
  const wake = { arguments: ["int32", "pointer", "int32", "int32"], return: "int32" };
  const futexWake = dlopen(source.library, { syscall: wake }).functions.syscall;
  const errno = new Int32Array(toArrayBuffer(c.errno_location(), 4, false));
  const { syscalls } = source;

  return {
    ...(c as unknown as Libc),
    source: () => source,
    pread: (fd, into, byteLength, byteOffset) => Number(c.pread(fd, into, BigInt(byteLength), BigInt(byteOffset))),
    ftruncate: (fd, byteLength) => c.ftruncate(fd, BigInt(byteLength)),
    posix_fallocate: (fd, byteOffset, byteLength) => c.posix_fallocate(fd, BigInt(byteOffset), BigInt(byteLength)),
    statx: (directoryFd, path, flags, mask, into) => c.statx(syscalls.statx, directoryFd, path, flags, mask, into),
    getdents64: (fd, into, byteLength) => c.getdents64(syscalls.getdents64, fd, into, byteLength),
    mmap(byteLength, protection, flags, fd, address) {
      const mapped: bigint = c.mmap(address ?? null, BigInt(byteLength), protection, flags, fd, 0n);
      return mapped === MAP_FAILED ? undefined : mapped;
    },
    munmap: (address, byteLength) => c.munmap(address, BigInt(byteLength)),
    mprotect: (address, byteLength, protection) => c.mprotect(address, BigInt(byteLength), protection),
    madvise: (address, byteLength, advice) => c.madvise(address, BigInt(byteLength), advice),
    mlock: (address, byteLength) => c.mlock(address, BigInt(byteLength)),
    msync: (address, byteLength, flags) => c.msync(address, BigInt(byteLength), flags),
    futex: (word, operation, value, timeout, value3) =>
      operation === FUTEX_WAKE
        ? futexWake(syscalls.futex, word, operation, value)
        : c.futex(syscalls.futex, word, operation, value, timeout, 0, value3),
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
