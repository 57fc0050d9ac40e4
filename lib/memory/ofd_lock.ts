import { type Doing, libc, SystemError } from "../../ffi/mod.ts";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";

const { EACCES, EAGAIN, F_OFD_GETLK, F_OFD_SETLK, F_RDLCK, F_UNLCK, F_WRLCK } = linux;

/*
 * Open-file-description locks on single bytes. The kernel drops them when the last descriptor and the last mapping of
 * the description are gone, that is when the process dies, however it dies. They do not exclude the description that
 * holds them, so a holder must not ask about its own.
 *
 *     struct flock { i16 l_type; i16 l_whence; i64 l_start; i64 l_len; i32 l_pid; }   32 bytes, l_pid must be 0
 */
const L_TYPE = 0;
const L_START_LOW = 2;
const L_START_HIGH = 3;
const L_LEN_LOW = 4;

/** As a length: all bytes from the offset on. */
const TO_THE_END = 0;

/** The reason why a lock without a holder cannot be taken, for messages. */
export const READ_LOCKED = "a process that may read the file keeps a read lock there";

const flock = new Int32Array(8);

function aim(type: number, byteOffset: number, byteLength = 1): void {
  flock.fill(0);
  flock[L_TYPE] = type; // l_whence is 0, SEEK_SET, in the upper half
  flock[L_START_LOW] = byteOffset | 0;
  flock[L_START_HIGH] = Math.floor(byteOffset / 2 ** 32);
  flock[L_LEN_LOW] = byteLength;
}

/** Takes the lock of one byte if no other holds it. */
export function tryLockByte(doing: Doing, fd: number, byteOffset: number): boolean {
  return tryLockBytes(doing, fd, byteOffset, 1);
}

/** Takes the locks of some bytes if no other holds any of them. */
export function tryLockBytes(doing: Doing, fd: number, byteOffset: number, byteLength: number): boolean {
  aim(F_WRLCK, byteOffset, byteLength);
  const result = system.resultOf(() => libc().fcntl_flock(fd, F_OFD_SETLK, flock));
  if (result === 0) return true;
  if (result === -EAGAIN || result === -EACCES) return false;
  throw new SystemError(-result, { ...doing, syscall: "fcntl" });
}

/** Releases a byte's lock; nothing happens if it is not held. */
export function unlockByte(fd: number, byteOffset: number): void {
  aim(F_UNLCK, byteOffset);
  libc().fcntl_flock(fd, F_OFD_SETLK, flock);
}

/** Releases all locks of a file. A mapping keeps them even when the descriptor is closed. */
export function unlockFile(fd: number): void {
  aim(F_UNLCK, 0, TO_THE_END);
  libc().fcntl_flock(fd, F_OFD_SETLK, flock);
}

/**
 * Whether another open file description holds the lock of a byte: a write lock, which takes the permission to write.
 * Read locks, which take no more than the permission to read, mean nothing. They do keep others from taking the lock.
 */
export function isByteLocked(fd: number, byteOffset: number): boolean {
  return isRefused(F_RDLCK, fd, byteOffset); // a read lock would have to wait only for a write lock
}

/** Whether the lock of a byte could be taken: no other holds it, and none keeps a read lock on it. */
export function isByteFree(fd: number, byteOffset: number): boolean {
  return !isRefused(F_WRLCK, fd, byteOffset);
}

/** Whether another open file description keeps a read lock on a byte, so that no other can take its lock. */
export function isByteReadLocked(fd: number, byteOffset: number): boolean {
  return lockInTheWay(F_WRLCK, fd, byteOffset) === F_RDLCK;
}

/** Whether another open file description's lock of a byte is in the way of a lock of that type. */
function isRefused(type: number, fd: number, byteOffset: number): boolean {
  return lockInTheWay(type, fd, byteOffset) !== F_UNLCK;
}

/** The type of the lock that is in the way of a lock of a byte; `F_UNLCK` if there is none. */
function lockInTheWay(type: number, fd: number, byteOffset: number): number {
  aim(type, byteOffset);
  const result = system.resultOf(() => libc().fcntl_flock(fd, F_OFD_GETLK, flock));
  if (result < 0) {
    throw new SystemError(-result, { action: "ask about a lock of", path: `descriptor ${fd}`, syscall: "fcntl" });
  }
  return flock[L_TYPE] & 0xffff;
}
