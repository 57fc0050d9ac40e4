/**
 * The C functions in checked form: each returns what it promises or throws a {@linkcode SystemError} that names the
 * action, the object and the reason. Interrupted calls are made again.
 *
 * @module
 */
import { type FailedCall, SystemError } from "./error.ts";
import type { Memory, Pointer } from "./libc.ts";
import { libc, loadedLibc } from "./load.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  DT_REG,
  DT_UNKNOWN,
  EAGAIN,
  EINTR,
  EINVAL,
  EISDIR,
  ENOENT,
  FUTEX2_SIZE_U32,
  FUTEX_WAKE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MEMBARRIER_CMD_GLOBAL_EXPEDITED,
  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
  O_CLOEXEC,
  O_RDONLY,
  PROT_READ,
  PROT_WRITE,
  SC_PAGESIZE,
  STATX_BASIC_STATS,
} from "./linux.ts";

/** What is being done, and to what: the first half of an error's sentence. */
export type Doing = Pick<FailedCall, "action" | "path">;

const encoder = new TextEncoder();

/** A NUL-terminated C string. */
export function cString(text: string): Memory {
  return encoder.encode(text + "\0");
}

/** A path whose last part is a name as a directory has it. */
function pathOf(folder: string, name: Uint8Array): Memory {
  const start = encoder.encode(`${folder}/`), path = new Uint8Array(start.length + name.length + 1);
  path.set(start);
  path.set(name, start.length);
  return path;
}

/**
 * Makes a call until no signal interrupts it.
 *
 * The number of its error is read right afterwards, with no other call in between. But the engine itself may stop
 * between the two, to collect or to compile, and make system calls of its own: V8, once in a process's life, when it
 * first has to wait for a lock, searches for a file of the processor's that is often missing (ENOENT). So a reason is
 * believed if it is given twice in a row; what has failed changed nothing, and can be called again.
 *
 * @param call Returns −1 if it failed.
 * @returns What it returned; the negated number of the error if it failed.
 */
export function resultOf(call: () => number): number {
  let lastErrno = 0;
  while (true) {
    const result = call();
    if (result !== -1) return result;
    const errno = libc().errno();
    if (errno === lastErrno && errno !== EINTR) return -errno;
    lastErrno = errno;
  }
}

/** As `resultOf`, and throws if the call failed. */
function check(doing: Doing, syscall: string, call: () => number): number {
  const result = resultOf(call);
  if (result >= 0) return result;
  throw new SystemError(-result, { ...doing, syscall });
}

/** Opens shared memory by name and returns its descriptor, which child processes do not inherit. */
export function shmOpen(doing: Doing, name: string, flags: number, mode: number): number {
  const path = cString(name);
  const result = resultOf(() => libc().shm_open(path, flags | O_CLOEXEC, mode));
  if (result >= 0) return result;
  // glibc calls a directory an invalid name, musl a directory: one code for both.
  throw new SystemError(result === -EISDIR ? EINVAL : -result, { ...doing, syscall: "shm_open" });
}

/** Removes a name; false if there was none. */
export function shmUnlink(doing: Doing, name: string): boolean {
  const path = cString(name);
  const result = resultOf(() => libc().shm_unlink(path));
  if (result === -ENOENT) return false;
  if (result < 0) throw new SystemError(-result, { ...doing, syscall: "shm_unlink" });
  return true;
}

/** Creates memory without a name and returns its descriptor. */
export function memfdCreate(doing: Doing, name: string, flags: number): number {
  const label = cString(name);
  return check(doing, "memfd_create", () => libc().memfd_create(label, flags));
}

/** Opens a file and returns its descriptor, which child processes do not inherit. */
export function open(doing: Doing, path: string, flags: number): number {
  const cPath = cString(path);
  return check(doing, "open", () => libc().open(cPath, flags | O_CLOEXEC, 0));
}

/** Closes a descriptor. Never throws: the descriptor is gone whatever the result. */
export function close(fd: number): void {
  libc().close(fd);
}

/**
 * Sets a file's length and reserves every page of it, so that a full file system shows now and not at a touch.
 *
 * Many kernels let any signal interrupt the call, and free what it had reserved (Linux 6.18 does not, as far as
 * seen). So that regular signals, as of a profiler, do not keep a long segment from being made at all, it is then
 * reserved in steps: what one step has reserved stays.
 */
export function allocate(doing: Doing, fd: number, byteLength: number): void {
  check(doing, "ftruncate", () => libc().ftruncate(fd, byteLength));
  const page = pageSize();
  for (let at = 0, step = byteLength; at < byteLength;) {
    const length = Math.min(step, byteLength - at);
    const errno = libc().posix_fallocate(fd, at, length);
    if (errno !== 0 && errno !== EINTR) throw new SystemError(errno, { ...doing, syscall: "posix_fallocate" });
    if (errno === 0) at += length;
    step = errno === 0 ? length * 2 : Math.max(page, Math.floor(length / 2 / page) * page);
  }
}

/** Sets a file's permission bits, whatever the umask. */
export function chmod(doing: Doing, fd: number, mode: number): void {
  check(doing, "fchmod", () => libc().fchmod(fd, mode));
}

/** Runs `fcntl` with a whole-number argument. */
export function fcntl(doing: Doing, fd: number, command: number, argument: number): number {
  return check(doing, "fcntl", () => libc().fcntl(fd, command, argument));
}

/** What the kernel knows of an open file. */
export interface FileStatus {
  /** Type and permission bits (`st_mode`). */
  readonly mode: number;
  /** The owner's user id. */
  readonly uid: number;
  /** The file's number in its file system. */
  readonly inode: number;
  /** The file system, as `/proc` writes it: major and minor number in hexadecimal, such as "00:1a". */
  readonly device: string;
  /** Names that lead to the file; 0 once it is unlinked. */
  readonly links: number;
  /** Length in bytes. */
  readonly byteLength: number;
}

/** Asks for an open file's status. */
export function fileStatus(doing: Doing, fd: number): FileStatus {
  const bytes = new Uint8Array(256);
  check(doing, "statx", () => libc().statx(fd, cString(""), AT_EMPTY_PATH, STATX_BASIC_STATS, bytes));
  return statusIn(bytes);
}

/** What the kernel knows of a file that is not open. */
export interface EntryStatus extends FileStatus {
  /** Bytes that it takes. */
  readonly allocatedBytes: number;
  /** When its content was last changed, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** Asks for the status of a file in a directory; of a symbolic link its own, not that of what it leads to. */
export function entryStatus(folder: string, { name, bytes: ownName }: DirectoryEntry): EntryStatus {
  const bytes = new Uint8Array(256), path = pathOf(folder, ownName), doing = { action: "look at", path: name };
  check(doing, "statx", () => libc().statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, bytes));
  // struct statx: stx_blocks u64 at 48, stx_mtime at 112, of which tv_sec s64, tv_nsec u32.
  const record = new DataView(bytes.buffer);
  return {
    ...statusIn(bytes),
    allocatedBytes: 512 * (record.getUint32(48, true) + record.getUint32(52, true) * 2 ** 32),
    modifiedMs: (record.getUint32(112, true) + record.getInt32(116, true) * 2 ** 32) * 1e3 +
      record.getUint32(120, true) / 1e6,
  };
}

function statusIn(bytes: Uint8Array<ArrayBuffer>): FileStatus {
  // struct statx: stx_nlink u32 at 16, stx_uid u32 at 20, stx_mode u16 at 28, stx_ino u64 at 32, stx_size u64 at 40,
  // stx_dev_major u32 at 136, stx_dev_minor u32 at 140.
  const record = new DataView(bytes.buffer);
  const hexadecimal = (byteOffset: number) => record.getUint32(byteOffset, true).toString(16).padStart(2, "0");
  return {
    links: record.getUint32(16, true),
    uid: record.getUint32(20, true),
    mode: record.getUint16(28, true),
    inode: record.getUint32(32, true) + record.getUint32(36, true) * 2 ** 32,
    device: `${hexadecimal(136)}:${hexadecimal(140)}`,
    byteLength: record.getUint32(40, true) + record.getUint32(44, true) * 2 ** 32,
  };
}

/** Reads up to `into.byteLength` bytes at an offset and returns how many there were. */
export function readAt(doing: Doing, fd: number, into: Memory, byteOffset: number): number {
  return check(doing, "pread", () => libc().pread(fd, into, into.byteLength, byteOffset));
}

/** Reads a small text file, such as one in `/proc`. */
export function readText(path: string): string {
  const doing = { action: "read", path };
  const fd = open(doing, path, O_RDONLY);
  try {
    const bytes = new Uint8Array(4096);
    return new TextDecoder().decode(bytes.subarray(0, readAt(doing, fd, bytes, 0)));
  } finally {
    close(fd);
  }
}

/** The same, or something else where the file cannot be read. */
export function readTextOr(otherwise: string, path: string): string {
  try {
    return readText(path);
  } catch (error) {
    if (error instanceof SystemError) return otherwise;
    throw error;
  }
}

/** A file in a directory. */
export interface DirectoryEntry {
  /** Its name. Bytes that are not UTF-8 are written as `\xff`: what is open by such a name is another file. */
  readonly name: string;
  /** Its name as the directory has it. */
  readonly bytes: Uint8Array;
  /** Whether the name is UTF-8, and so leads to the file. */
  readonly isText: boolean;
  /** False if it is known to be something else than a regular file. Some file systems do not know. */
  readonly mayBeRegular: boolean;
}

/** The names in a directory, without `.` and `..`. */
export function readDirectory(path: string): string[] {
  return readEntries(path).map(({ name }) => name);
}

/** The files in a directory, without `.` and `..`. */
export function readEntries(path: string): DirectoryEntry[] {
  const doing = { action: "list", path };
  const fd = open(doing, path, O_RDONLY);
  try {
    const entries: DirectoryEntry[] = [];
    const bytes = new Uint8Array(32768);
    const record = new DataView(bytes.buffer);
    while (true) {
      const used = check(doing, "getdents64", () => libc().getdents64(fd, bytes, bytes.byteLength));
      if (used === 0) return entries;
      // struct dirent64: d_reclen u16 at 16, d_type u8 at 18, d_name at 19, NUL-terminated.
      for (let at = 0; at < used; at += record.getUint16(at + 16, true)) {
        const own = bytes.slice(at + 19, bytes.indexOf(0, at + 19)), name = nameIn(own);
        if (name.text !== "." && name.text !== "..") {
          const mayBeRegular = [DT_REG, DT_UNKNOWN].includes(bytes[at + 18]);
          entries.push({ name: name.text, isText: name.isText, bytes: own, mayBeRegular });
        }
      }
    }
  } finally {
    close(fd);
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A name as text; where it is none, with each byte beyond ASCII as `\xff`. */
function nameIn(bytes: Uint8Array): { text: string; isText: boolean } {
  try {
    return { text: strict.decode(bytes), isText: true };
  } catch {
    const text = Array.from(bytes, (byte) => byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`).join(
      "",
    );
    return { text, isText: false };
  }
}

/** Maps a file from its start and returns the address. */
export function mmap(doing: Doing, byteLength: number, protection: number, flags: number, fd: number): Pointer {
  let address: Pointer | undefined;
  check(doing, "mmap", () => {
    address = libc().mmap(byteLength, protection, flags, fd);
    return address === undefined ? -1 : 0;
  });
  return address!;
}

/** The memory so many bytes after an address, as an `ArrayBuffer` that owns nothing. */
export function bufferAt(address: Pointer, byteLength: number, byteOffset = 0): ArrayBuffer {
  return libc().bufferAt(address, byteLength, byteOffset);
}

/** Unmaps. Never throws: the only failure is an address that was never mapped. */
export function munmap(address: Pointer, byteLength: number): void {
  libc().munmap(address, byteLength);
}

/**
 * Releases mapped memory and keeps its addresses: they read zeros, and what is written there reaches no process. Takes
 * no memory but for the pages that are written.
 *
 * @returns False where that is refused: then all stays as it was. Never throws.
 */
export function mapZeros(address: Pointer, byteLength: number): boolean {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  return libc().mmap(byteLength, PROT_READ | PROT_WRITE, flags, -1, address) !== undefined;
}

/** Advises the kernel about mapped memory. */
export function madvise(doing: Doing, address: Pointer, byteLength: number, advice: number): void {
  check(doing, "madvise", () => libc().madvise(address, byteLength, advice));
}

/** Keeps mapped memory from being swapped out. */
export function mlock(doing: Doing, address: Pointer, byteLength: number): void {
  check(doing, "mlock", () => libc().mlock(address, byteLength));
}

/**
 * Asks that {@linkcode membarrier} reach this process: once for all its threads, for good, and fine to repeat.
 *
 * @returns False where the kernel does not know it, or a sandbox forbids it, or this thread has not loaded libc, as it
 * has mapped no memory. Never throws, nor asks for a permission.
 */
export function registerMembarrier(): boolean {
  return orders(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
}

/**
 * Makes every running thread of every process that registered pass a full memory barrier, and this thread too. The
 * caller itself need not have registered.
 *
 * @returns False where it was refused, and nothing is ordered. Never throws.
 */
export function membarrier(): boolean {
  return orders(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

function orders(command: number): boolean {
  return loadedLibc()?.membarrier(command) === 0;
}

/** Wakes all that wait for the first of these words. Never throws. */
export function wakeAll(words: Memory): void {
  libc().futex(words, FUTEX_WAKE, 0x7fff_ffff, null, 0);
}

let waitsForMany: boolean | undefined;

/** Whether the kernel can wait for several words: since 5.16, if no sandbox forbids it. */
export function canWaitForMany(): boolean {
  return waitsForMany ??= tryWaitingForMany();
}

/** Waits for a word that is another one already. */
function tryWaitingForMany(): boolean {
  const word = new Int32Array(1), { low, high } = libc().addressOf(word);
  const waiter = new Uint32Array([1, 0, low, high, FUTEX2_SIZE_U32, 0]);
  return resultOf(() => libc().futex_waitv(waiter, 1, null, CLOCK_MONOTONIC)) === -EAGAIN;
}

/** The size of a memory page in bytes. */
export function pageSize(): number {
  return libc().sysconf(SC_PAGESIZE);
}

const time = new Uint32Array(4);

/** Nanoseconds on the machine's monotonic clock, the same in every process; beyond 104 days of uptime, to 2 ns. */
export function monotonicNs(): number {
  libc().clock_gettime(CLOCK_MONOTONIC, time);
  return (time[0] + time[1] * 2 ** 32) * 1e9 + time[2];
}

/** Milliseconds since 1970. */
export function realtimeMs(): number {
  libc().clock_gettime(CLOCK_REALTIME, time);
  return (time[0] + time[1] * 2 ** 32) * 1e3 + Math.floor(time[2] / 1e6);
}
