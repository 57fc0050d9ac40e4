import * as linux from "../../ffi/linux.ts";
import { libc } from "../../ffi/mod.ts";

/**
 * Takes a read lock of a byte of a file, which needs only the permission to read it, if the byte is not write-locked.
 */
export function readLock(fd: number, byteOffset: number): boolean {
  const flock = new Int32Array(8);
  flock.set([linux.F_RDLCK, 0, byteOffset | 0, Math.floor(byteOffset / 2 ** 32), 1]);
  return libc().fcntl_flock(fd, linux.F_OFD_SETLK, flock) === 0;
}
