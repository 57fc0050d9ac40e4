/**
 * Linux's numbers, as the kernel's and glibc's headers give them for x86-64 and arm64. Where the two differ, the
 * table at the end says so.
 *
 * @module
 */

/** `open` and `shm_open` flags (asm-generic/fcntl.h; x86-64 and arm64 agree on these). */
export const O_RDONLY = 0;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;

/** `mmap` and `mprotect` protections. */
export const PROT_READ = 1;
export const PROT_WRITE = 2;

/** `mmap` flags. */
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_NORESERVE = 0x4000;

/** `madvise` advice. */
export const MADV_HUGEPAGE = 14;
export const MADV_POPULATE_READ = 22;
export const MADV_POPULATE_WRITE = 23;

/** `memfd_create` flags. */
export const MFD_CLOEXEC = 1;
export const MFD_ALLOW_SEALING = 2;

/** `fcntl` commands. An OFD lock belongs to the open file description and goes with its last descriptor. */
export const F_OFD_GETLK = 36;
export const F_OFD_SETLK = 37;
export const F_OFD_SETLKW = 38;
export const F_ADD_SEALS = 1033;
export const F_SEAL_SEAL = 1;
export const F_SEAL_SHRINK = 2;
export const F_SEAL_GROW = 4;

/** `struct flock` lock types. */
export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;

/** `statx` request. */
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_EMPTY_PATH = 0x1000;
export const AT_FDCWD = -100;
export const STATX_BASIC_STATS = 0x7ff;

/** File types in `st_mode`. */
export const S_IFMT = 0o170000;
export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFDIR = 0o040000;
export const S_IFBLK = 0o060000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFSOCK = 0o140000;

/** File types in a directory's entries; on some file systems all are unknown. */
export const DT_UNKNOWN = 0;
export const DT_REG = 8;

/** `futex` operations. `FUTEX_PRIVATE_FLAG` is absent on purpose: it silently breaks waking another process. */
export const FUTEX_WAIT = 0;
export const FUTEX_WAKE = 1;
export const FUTEX_WAIT_BITSET = 9;
export const FUTEX_BITSET_MATCH_ANY = -1;
/** `futex_waitv`: the size of a 32-bit word, and the most words one call takes. */
export const FUTEX2_SIZE_U32 = 2;
export const FUTEX_WAITV_MAX = 128;

/** `membarrier` commands, bits of what the query returns; GLOBAL_EXPEDITED reaches the processes that registered. */
export const MEMBARRIER_CMD_QUERY = 0;
export const MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2;
export const MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4;

/** `clock_gettime` clocks. */
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;

/** `sysconf` names (glibc and musl agree). */
export const SC_PAGESIZE = 30;

/** Error numbers that the code itself tests. */
export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EEXIST = 17;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENOSYS = 38;
export const ETIMEDOUT = 110;

/** System-call numbers, used where libc has no wrapper (asm/unistd_64.h; asm-generic/unistd.h). */
export interface SyscallNumbers {
  /** `getdents64(fd, into, count)` */
  readonly getdents64: number;
  /** `statx(dirfd, path, flags, mask, into)`, Linux ≥ 4.11 */
  readonly statx: number;
  /** `membarrier(command, flags, cpu)`, Linux ≥ 4.3; GLOBAL_EXPEDITED ≥ 4.16 */
  readonly membarrier: number;
  /** `futex(word, op, value, timeout, word2, value3)` */
  readonly futex: number;
  /** `futex_waitv(waiters, count, flags, timeout, clock)`, Linux ≥ 5.16 */
  readonly futex_waitv: number;
  /** `tgkill(pid, tid, signal)` */
  readonly tgkill: number;
}

/** The system-call numbers of each supported architecture. */
export const SYSCALLS: Readonly<Record<"x64" | "arm64", SyscallNumbers>> = {
  x64: { getdents64: 217, statx: 332, membarrier: 324, futex: 202, futex_waitv: 449, tgkill: 234 },
  arm64: { getdents64: 61, statx: 291, membarrier: 283, futex: 98, futex_waitv: 449, tgkill: 131 },
};
