import type { SyscallNumbers } from "./linux.ts";

/** A C pointer as the runtime represents it: a number in Bun, an object in Deno, a bigint in Node. */
export type Pointer = number | object | bigint;

/** Memory passed to C by address: the call sees it from the view's first byte on. */
export type Memory = ArrayBufferView<ArrayBuffer>;

/**
 * Every C function shmkit calls, once, in the order in which all runtimes' tables list them. Results are C's: −1
 * is a failure whose reason is in `errno()`, unless a comment says otherwise. Nothing here throws; the checked
 * forms that do are in `system.ts`.
 */
export interface Libc {
  // Named and anonymous memory. Paths are NUL-terminated UTF-8.
  /** Opens or makes named shared memory; a descriptor. */
  shm_open(name: Memory, flags: number, mode: number): number;
  /** Removes a name. */
  shm_unlink(name: Memory): number;
  /** Makes memory without a name; a descriptor. */
  memfd_create(name: Memory, flags: number): number;
  /** Opens a file; a descriptor. */
  open(path: Memory, flags: number, mode: number): number;
  /** Closes a descriptor. */
  close(fd: number): number;
  /** Reads at an offset; the bytes read. */
  pread(fd: number, into: Memory, byteLength: number, byteOffset: number): number;
  /** Sets a file's length. */
  ftruncate(fd: number, byteLength: number): number;
  /** Returns the error number itself, and leaves `errno` alone. */
  posix_fallocate(fd: number, byteOffset: number, byteLength: number): number;
  /** Sets permission bits. */
  fchmod(fd: number, mode: number): number;
  /**
   * Stands in for `fstat`: one record layout on every architecture. A system call: musl has no such function before
   * 1.2.5.
   */
  statx(directoryFd: number, path: Memory, flags: number, mask: number, into: Memory): number;
  /** Fills `into` with directory entries and returns the bytes used. A system call: musl lost the name in 1.2.4. */
  getdents64(fd: number, into: Memory, byteLength: number): number;
  /** With a whole number as argument. */
  fcntl(fd: number, command: number, argument: number): number;
  /** With a `struct flock` as argument. */
  fcntl_flock(fd: number, command: number, flock: Memory): number;

  // Mappings.
  /** Maps a file from offset 0, at the address or where the kernel likes; undefined on failure. */
  mmap(byteLength: number, protection: number, flags: number, fd: number, address?: Pointer): Pointer | undefined;
  /** Unmaps. */
  munmap(address: Pointer, byteLength: number): number;
  /** Changes a mapping's protection. */
  mprotect(address: Pointer, byteLength: number, protection: number): number;
  /** Advises the kernel. */
  madvise(address: Pointer, byteLength: number, advice: number): number;
  /** Keeps memory from being swapped out. */
  mlock(address: Pointer, byteLength: number): number;
  /** Writes a mapping back. */
  msync(address: Pointer, byteLength: number, flags: number): number;

  // Waiting.
  /** The word is the view's first; `timeout` a `struct timespec`, `value3` the bitset of FUTEX_WAIT_BITSET. */
  futex(word: Memory, operation: number, value: number, timeout: Memory | null, value3: number): number;
  /** Waits on several words, each a `struct futex_waitv`. */
  futex_waitv(waiters: Memory, count: number, timeout: Memory | null, clock: number): number;
  /** Orders the memory accesses of other threads and processes; for MEMBARRIER_CMD_QUERY, the commands there are. */
  membarrier(command: number): number;
  /** Lets another thread run. */
  sched_yield(): number;

  // Processes and time.
  /** This process. */
  getpid(): number;
  /** This thread. */
  gettid(): number;
  /** This user. */
  geteuid(): number;
  /** Sends a signal. */
  kill(pid: number, signal: number): number;
  /** Reads a clock into a `struct timespec`. */
  clock_gettime(clock: number, into: Memory): number;
  /** A limit of the system. */
  sysconf(name: number): number;

  /**
   * The reason of this thread's last failed call. Read it right after the call. It is looked up in the thread's own
   * memory, in under a nanosecond and without another call, in which an engine could change it.
   */
  errno(): number;

  // What the runtime adds to C.
  /** What this was loaded from. */
  source(): LibcSource;
  /** The memory so many bytes after an address, as an `ArrayBuffer` that owns nothing. */
  bufferAt(address: Pointer, byteLength: number, byteOffset?: number): ArrayBuffer;
  /** The address of the view's first byte, as the 64-bit halves that a C struct holds. */
  addressOf(memory: Memory): { low: number; high: number };
}

/** What a runtime's table is loaded from. */
export interface LibcSource {
  /** The shared library's file name. */
  readonly library: string;
  /** The architecture's system-call numbers. */
  readonly syscalls: SyscallNumbers;
}
