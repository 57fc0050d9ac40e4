import type { Libc, LibcSource, Memory, Pointer } from "./libc.ts";

/** The part of the `Deno` namespace used here. */
interface DenoFfi {
  dlopen(library: string, symbols: Record<string, Signature>): { symbols: Symbols };
  UnsafePointer: { value(pointer: object | null): bigint; of(memory: Memory): object };
  UnsafePointerView: { getArrayBuffer(pointer: object, byteLength: number, byteOffset?: number): ArrayBuffer };
}

interface Signature {
  readonly parameters: readonly string[];
  readonly result: string;
  /** The C name, where one function stands here twice with other argument types. */
  readonly name?: string;
}

// deno-lint-ignore no-explicit-any -- the signature table is the type
type Symbols = Record<string, (...args: any[]) => any>;

/** The same functions in the same order as in `bun.ts`. */
const SIGNATURES: Record<string, Signature> = {
  shm_open: {
    parameters: ["buffer", /* const char *name */ "i32", /* int oflag */ "u32" /* mode_t mode */],
    result: "i32",
  },
  shm_unlink: { parameters: ["buffer" /* const char *name */], result: "i32" },
  memfd_create: { parameters: ["buffer", /* const char *name */ "u32" /* unsigned flags */], result: "i32" },
  open: {
    parameters: ["buffer", /* const char *path */ "i32", /* int flags */ "u32" /* mode_t mode */],
    result: "i32",
  },
  close: { parameters: ["i32" /* int fd */], result: "i32" },
  pread: {
    parameters: ["i32", /* int fd */ "buffer", /* void *buf */ "u64", /* size_t count */ "i64" /* off_t offset */],
    result: "i64",
  },
  ftruncate: { parameters: ["i32", /* int fd */ "i64" /* off_t length */], result: "i32" },
  posix_fallocate: { parameters: ["i32", /* int fd */ "i64", /* off_t offset */ "i64" /* off_t len */], result: "i32" },
  fchmod: { parameters: ["i32", /* int fd */ "u32" /* mode_t mode */], result: "i32" },
  statx: {
    name: "syscall",
    parameters: [
      "i32", /* long number */
      "i32", /* int dirfd */
      "buffer", /* const char *path */
      "i32", /* int flags */
      "u32", /* unsigned mask */
      "buffer", /* struct statx *buf */
    ],
    result: "i32",
  },
  getdents64: {
    name: "syscall",
    parameters: [
      "i32",
      /* long number */ "i32",
      /* unsigned fd */ "buffer",
      /* void *dirp */ "u32", /* unsigned count */
    ],
    result: "i32",
  },
  fcntl: { parameters: ["i32", /* int fd */ "i32", /* int cmd */ "i32" /* int arg */], result: "i32" },
  fcntl_flock: {
    name: "fcntl",
    parameters: ["i32", /* int fd */ "i32", /* int cmd */ "buffer" /* struct flock *lock */],
    result: "i32",
  },
  mmap: {
    parameters: [
      "pointer", /* void *addr */
      "u64", /* size_t length */
      "i32", /* int prot */
      "i32", /* int flags */
      "i32", /* int fd */
      "i64", /* off_t offset */
    ],
    result: "pointer",
  },
  munmap: { parameters: ["pointer", /* void *addr */ "u64" /* size_t length */], result: "i32" },
  mprotect: { parameters: ["pointer", /* void *addr */ "u64", /* size_t len */ "i32" /* int prot */], result: "i32" },
  madvise: {
    parameters: ["pointer", /* void *addr */ "u64", /* size_t length */ "i32" /* int advice */],
    result: "i32",
  },
  mlock: { parameters: ["pointer", /* const void *addr */ "u64" /* size_t len */], result: "i32" },
  msync: { parameters: ["pointer", /* void *addr */ "u64", /* size_t length */ "i32" /* int flags */], result: "i32" },
  futex: {
    name: "syscall",
    parameters: [
      "i32", /* long number */
      "buffer", /* uint32_t *word */
      "i32", /* int op */
      "i32", /* uint32_t value */
      "buffer", /* struct timespec *timeout */
      "i32", /* uint32_t *word2, unused */
      "i32", /* uint32_t value3 */
    ],
    result: "i32",
  },
  futex_waitv: {
    name: "syscall",
    parameters: [
      "i32", /* long number */
      "buffer", /* struct futex_waitv *waiters */
      "u32", /* unsigned count */
      "u32", /* unsigned flags */
      "buffer", /* struct timespec *timeout */
      "i32", /* clockid_t clock */
    ],
    result: "i32",
  },
  membarrier: {
    name: "syscall",
    parameters: ["i32", /* long number */ "i32", /* int cmd */ "u32", /* unsigned flags */ "i32" /* int cpu_id */],
    result: "i32",
  },
  sched_yield: { parameters: [], result: "i32" },
  getpid: { parameters: [], result: "i32" },
  gettid: { parameters: [], result: "i32" },
  geteuid: { parameters: [], result: "u32" },
  kill: { parameters: ["i32", /* pid_t pid */ "i32" /* int sig */], result: "i32" },
  clock_gettime: { parameters: ["i32", /* clockid_t clock */ "buffer" /* struct timespec *tp */], result: "i32" },
  sysconf: { parameters: ["i32" /* int name */], result: "i64" },
  errno_location: { name: "__errno_location", parameters: [], result: "pointer" },
};

/** Loads libc through `Deno.dlopen`. 64-bit arguments go over as bigints: a number there takes a slow path. */
export function loadDenoLibc(runtime: unknown, source: LibcSource): Libc {
  const { dlopen, UnsafePointer, UnsafePointerView } = runtime as DenoFfi;
  const c = dlopen(source.library, SIGNATURES).symbols;
  const errno = new Int32Array(UnsafePointerView.getArrayBuffer(c.errno_location(), 4));
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
      const mapped: object | null = c.mmap(address ?? null, BigInt(byteLength), protection, flags, fd, 0n);
      // MAP_FAILED is (void *) -1.
      return mapped === null || UnsafePointer.value(mapped) === 0xffff_ffff_ffff_ffffn ? undefined : mapped;
    },
    munmap: (address, byteLength) => c.munmap(address, BigInt(byteLength)),
    mprotect: (address, byteLength, protection) => c.mprotect(address, BigInt(byteLength), protection),
    madvise: (address, byteLength, advice) => c.madvise(address, BigInt(byteLength), advice),
    mlock: (address, byteLength) => c.mlock(address, BigInt(byteLength)),
    msync: (address, byteLength, flags) => c.msync(address, BigInt(byteLength), flags),
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
