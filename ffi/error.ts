import { ShmkitError } from "./shmkit_error.ts";

/** Why shared memory is not available here. */
export type UnsupportedCode = "RUNTIME" | "VERSION" | "PLATFORM" | "LIBC" | "PERMISSION";

/**
 * Shared memory between processes is not available in this process; `code` says why. Parts over a `SharedArrayBuffer`
 * work all the same.
 */
export class UnsupportedError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override readonly name = "UnsupportedError";
  /** Why. */
  declare readonly code: UnsupportedCode;

  /**
   * Makes the error.
   *
   * @param code Why.
   * @param message What is missing and what to do.
   * @param options The runtime's own error, as `cause`.
   */
  constructor(code: UnsupportedCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** What failed: `action` and `object` make the sentence, `syscall` names the C function. */
export interface FailedCall {
  /** What was being done, such as "create segment". */
  readonly action: string;
  /** The C function that failed. */
  readonly syscall: string;
  /** The name or path of the object. */
  readonly path: string;
}

/** The operating system refused a call. Code: the system's name of the error, such as `ENOENT`. */
export class SystemError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override readonly name = "SystemError";
  /** The error's number, such as 2. */
  readonly errno: number;
  /** The C function that failed, such as `shm_open`. */
  readonly syscall: string;
  /** The name or path of the object, such as `/md`. */
  readonly path: string;

  /**
   * Makes the error.
   *
   * @param errno The error's number.
   * @param call What failed.
   */
  constructor(errno: number, call: FailedCall) {
    const { name, reason } = describe(errno, call.syscall);
    super(name, `Cannot ${call.action} '${call.path}' as ${call.syscall} failed: ${name}, ${reason}`);
    this.errno = errno;
    this.syscall = call.syscall;
    this.path = call.path;
  }
}

/** Reasons in a user's terms. A call-specific one (`CODE:syscall`) goes before the general one. */
const REASONS: Readonly<Record<number, readonly [name: string, reason: string, bySyscall?: Record<string, string>]>> = {
  1: ["EPERM", "the operation is not permitted", {
    mlock: "locking memory needs CAP_IPC_LOCK or a larger RLIMIT_MEMLOCK (ulimit -l)",
    fchmod: "only the owner may change the mode",
  }],
  2: ["ENOENT", "it does not exist; create it first, or wait for its creator with timeoutMs"],
  4: ["EINTR", "a signal interrupted the call; try again"],
  5: ["EIO", "the device reported an input/output error"],
  6: ["ENXIO", "it is a socket, or no device serves it", { shm_open: "the name is a socket's" }],
  7: ["E2BIG", "the argument list is too long"],
  9: ["EBADF", "the file descriptor is not open, or not open for this use"],
  11: ["EAGAIN", "the resource is busy; try again", { mlock: "some of the range could not be locked; see ulimit -l" }],
  12: ["ENOMEM", "there is not enough memory or address space", {
    mlock: "the range is larger than RLIMIT_MEMLOCK (ulimit -l); raise it",
    mmap: "there is not enough address space, or the process has too many mappings (vm.max_map_count)",
  }],
  13: ["EACCES", "permission is denied; it belongs to another user, or its mode forbids this access"],
  14: ["EFAULT", "an address is outside the process's memory"],
  16: ["EBUSY", "it is in use"],
  17: ["EEXIST", "it exists already; open it, use openOrCreate, or unlink it first"],
  19: ["ENODEV", "the file system does not support this; is /dev/shm a tmpfs?"],
  20: ["ENOTDIR", "a part of the path is not a directory; is /dev/shm mounted?"],
  21: ["EISDIR", "it is a directory"],
  22: ["EINVAL", "an argument is invalid", {
    madvise:
      "the kernel does not know this advice: huge pages need CONFIG_TRANSPARENT_HUGEPAGE, prefaulting Linux 5.14",
    shm_open: "the name is a directory's, or not a valid one",
    futex: "the word is not aligned, or the operation is unknown",
  }],
  23: ["ENFILE", "the system has no free file descriptor left (fs.file-max)"],
  24: ["EMFILE", "this process has no free file descriptor left (ulimit -n)"],
  26: ["ETXTBSY", "the file is being executed"],
  27: ["EFBIG", "the file would be larger than the file system or RLIMIT_FSIZE allows"],
  28: ["ENOSPC", "/dev/shm is full; free or enlarge it (df -h /dev/shm), or ask for less"],
  29: ["ESPIPE", "it is a pipe, which has no positions"],
  30: ["EROFS", "the file system is read-only"],
  36: ["ENAMETOOLONG", "the name is too long"],
  37: ["ENOLCK", "the kernel has no lock records left"],
  38: ["ENOSYS", "the kernel does not have this call"],
  40: ["ELOOP", "the name is a symbolic link, which shm_open does not follow"],
  95: ["EOPNOTSUPP", "the file system does not support this"],
  110: ["ETIMEDOUT", "the time ran out"],
};

function describe(errno: number, syscall: string): { name: string; reason: string } {
  const entry = REASONS[errno];
  if (entry === undefined) return { name: `E${errno}`, reason: `error number ${errno}; see errno(3)` };
  const [name, reason, bySyscall] = entry;
  return { name, reason: bySyscall?.[syscall] ?? reason };
}
