/**
 * Points before the calls of the kernel that leave something behind: a name, a length, a lock, a mapping. A call that
 * only asks has none: to die before it is to die before what comes next.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { F_OFD_GETLK, F_UNLCK } from "../../ffi/linux.ts";
import { goBefore } from "./points_runtime.ts";

/**
 * @param libc The C functions.
 * @returns The same, with the points.
 */
export function withPoints(libc: Libc): Libc {
  return {
    ...libc,
    shm_open: (name, flags, mode) => {
      goBefore("opens a file");
      return libc.shm_open(name, flags, mode);
    },
    shm_unlink: (name) => {
      goBefore("removes a name");
      return libc.shm_unlink(name);
    },
    close: (fd) => {
      goBefore("closes a file");
      return libc.close(fd);
    },
    ftruncate: (fd, byteLength) => {
      goBefore("sets a file's length");
      return libc.ftruncate(fd, byteLength);
    },
    posix_fallocate: (fd, byteOffset, byteLength) => {
      goBefore("reserves a file's pages");
      return libc.posix_fallocate(fd, byteOffset, byteLength);
    },
    fchmod: (fd, mode) => {
      goBefore("sets a file's mode");
      return libc.fchmod(fd, mode);
    },
    fcntl_flock: (fd, command, flock) => {
      // `struct flock`: the type, and the first byte at 8; see `ofd_lock.ts`.
      const [type, , start] = new Int32Array(flock.buffer, flock.byteOffset, 3);
      if (command !== F_OFD_GETLK) goBefore(`${(type & 0xffff) === F_UNLCK ? "unlocks" : "locks"} byte ${start}`);
      return libc.fcntl_flock(fd, command, flock);
    },
    mmap: (byteLength, protection, flags, fd, address) => {
      goBefore(fd === -1 ? "releases memory" : "maps a file");
      return libc.mmap(byteLength, protection, flags, fd, address);
    },
  };
}
