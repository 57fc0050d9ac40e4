import { SystemError } from "../../ffi/mod.ts";
import * as system from "../../ffi/system.ts";
import { unlockFile } from "./ofd_lock.ts";

/**
 * Unlocks and closes the file of this process through which a byte is locked. A Worker that is terminated leaves its
 * files open, and nothing in its process knows their numbers; the kernel reports them, in `/proc`.
 *
 * Call this only if the thread that opened the file is gone, and under a lock that keeps others from doing the same:
 * the descriptor's number might be another file's otherwise.
 *
 * @param fd Another descriptor of the same file.
 * @param byteOffset The locked byte.
 * @returns Whether it was found; not so without `/proc`.
 */
export function closeLockedFile(fd: number, byteOffset: number): boolean {
  const { device, inode } = system.fileStatus({ action: "inspect descriptor", path: String(fd) }, fd);
  // proc_pid_fdinfo(5): "lock:  1: OFDLCK ADVISORY  WRITE -1 00:01:1032 192 192", with device and inode, first and last
  // byte.
  const lock = new RegExp(`^lock:.* OFDLCK .* WRITE .* ${device}:${inode} ${byteOffset} ${byteOffset}$`, "m");
  for (const other of descriptors()) {
    if (Number(other) === fd || !lock.test(system.readTextOr("", `/proc/self/fdinfo/${other}`))) continue;
    // Closing alone would not do: what is still mapped keeps the file, and its locks.
    unlockFile(Number(other));
    system.close(Number(other));
    return true;
  }
  return false;
}

function descriptors(): string[] {
  try {
    return system.readDirectory("/proc/self/fdinfo");
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}
