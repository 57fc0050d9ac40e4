import type { Libc, LibcSource, Memory, Pointer } from "./libc.ts";

/** The part of `bun:ffi` used here. */
interface BunFfi {
  dlopen(library: string, symbols: Record<string, Signature>): { symbols: Symbols };
  toArrayBuffer(address: number, byteOffset: number, byteLength: number): ArrayBuffer;
  ptr(memory: Memory): number;
}

interface Signature {
  readonly args: readonly string[];
  readonly returns: string;
  /** The C name, where one function stands here twice with other argument types. */
  readonly symbol?: string;
}

// deno-lint-ignore no-explicit-any -- the signature table is the type
type Symbols = Record<string, (...args: any[]) => any>;

/** The same functions in the same order as in `deno.ts`. */
const SIGNATURES: Record<string, Signature> = {
  shm_open: { args: ["ptr", /* const char *name */ "i32", /* int oflag */ "u32" /* mode_t mode */], returns: "i32" },
  shm_unlink: { args: ["ptr" /* const char *name */], returns: "i32" },
  memfd_create: { args: ["ptr", /* const char *name */ "u32" /* unsigned flags */], returns: "i32" },
  open: { args: ["ptr", /* const char *path */ "i32", /* int flags */ "u32" /* mode_t mode */], returns: "i32" },
  close: { args: ["i32" /* int fd */], returns: "i32" },
  pread: {
    args: ["i32", /* int fd */ "ptr", /* void *buf */ "u64", /* size_t count */ "i64" /* off_t offset */],
    returns: "i64_fast",
  },
  ftruncate: { args: ["i32", /* int fd */ "i64" /* off_t length */], returns: "i32" },
  posix_fallocate: { args: ["i32", /* int fd */ "i64", /* off_t offset */ "i64" /* off_t len */], returns: "i32" },
  fchmod: { args: ["i32", /* int fd */ "u32" /* mode_t mode */], returns: "i32" },
  statx: {
    symbol: "syscall",
    args: [
      "i32", /* long number */
      "i32", /* int dirfd */
      "ptr", /* const char *path */
      "i32", /* int flags */
      "u32", /* unsigned mask */
      "ptr", /* struct statx *buf */
    ],
    returns: "i32",
  },
  getdents64: {
    symbol: "syscall",
    args: ["i32", /* long number */ "i32", /* unsigned fd */ "ptr", /* void *dirp */ "u32" /* unsigned count */],
    returns: "i32",
  },
  fcntl: { args: ["i32", /* int fd */ "i32", /* int cmd */ "i32" /* int arg */], returns: "i32" },
  fcntl_flock: {
    symbol: "fcntl",
    args: ["i32", /* int fd */ "i32", /* int cmd */ "ptr" /* struct flock *lock */],
    returns: "i32",
  },
  mmap: {
    args: [
      "ptr", /* void *addr */
      "u64", /* size_t length */
      "i32", /* int prot */
      "i32", /* int flags */
      "i32", /* int fd */
      "i64", /* off_t offset */
    ],
    returns: "i64_fast",
  },
  munmap: { args: ["ptr", /* void *addr */ "u64" /* size_t length */], returns: "i32" },
  mprotect: { args: ["ptr", /* void *addr */ "u64", /* size_t len */ "i32" /* int prot */], returns: "i32" },
  madvise: { args: ["ptr", /* void *addr */ "u64", /* size_t length */ "i32" /* int advice */], returns: "i32" },
  mlock: { args: ["ptr", /* const void *addr */ "u64" /* size_t len */], returns: "i32" },
  msync: { args: ["ptr", /* void *addr */ "u64", /* size_t length */ "i32" /* int flags */], returns: "i32" },
  futex: {
    symbol: "syscall",
    args: [
      "i32", /* long number */
      "ptr", /* uint32_t *word */
      "i32", /* int op */
      "i32", /* uint32_t value */
      "ptr", /* struct timespec *timeout */
      "i32", /* uint32_t *word2, unused */
      "i32", /* uint32_t value3 */
    ],
    returns: "i32",
  },
  futex_waitv: {
    symbol: "syscall",
    args: [
      "i32", /* long number */
      "ptr", /* struct futex_waitv *waiters */
      "u32", /* unsigned count */
      "u32", /* unsigned flags */
      "ptr", /* struct timespec *timeout */
      "i32", /* clockid_t clock */
    ],
    returns: "i32",
  },
  membarrier: {
    symbol: "syscall",
    args: ["i32", /* long number */ "i32", /* int cmd */ "u32", /* unsigned flags */ "i32" /* int cpu_id */],
    returns: "i32",
  },
  sched_yield: { args: [], returns: "i32" },
  getpid: { args: [], returns: "i32" },
  gettid: { args: [], returns: "i32" },
  geteuid: { args: [], returns: "u32" },
  kill: { args: ["i32", /* pid_t pid */ "i32" /* int sig */], returns: "i32" },
  clock_gettime: { args: ["i32", /* clockid_t clock */ "ptr" /* struct timespec *tp */], returns: "i32" },
  sysconf: { args: ["i32" /* int name */], returns: "i64_fast" },
  errno_location: { symbol: "__errno_location", args: [], returns: "i64_fast" },
};

/** Loads libc through `bun:ffi`, given as a value so that a bundler does not hoist its import into other runtimes. */
export function loadBunLibc(ffi: unknown, source: LibcSource): Libc {
  const { dlopen, toArrayBuffer, ptr } = ffi as BunFfi;
  const c: Symbols = {};
  const plain = Object.entries(SIGNATURES).filter(([, signature]) => signature.symbol === undefined);
  Object.assign(c, dlopen(source.library, Object.fromEntries(plain)).symbols);
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    if (signature.symbol === undefined) continue;
    c[name] = dlopen(source.library, { [signature.symbol]: signature }).symbols[signature.symbol];
  }
  const errno = new Int32Array(toArrayBuffer(c.errno_location(), 0, 4));
  const { syscalls } = source;

  return {
    ...(c as unknown as Libc),
    source: () => source,
    statx: (directoryFd, path, flags, mask, into) => c.statx(syscalls.statx, directoryFd, path, flags, mask, into),
    getdents64: (fd, into, byteLength) => c.getdents64(syscalls.getdents64, fd, into, byteLength),
    mmap(byteLength, protection, flags, fd, address) {
      // MAP_FAILED is (void *) -1.
      const mapped: number = c.mmap(address ?? null, byteLength, protection, flags, fd, 0);
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
