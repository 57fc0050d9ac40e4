import * as linux from "../../ffi/linux.ts";
import type * as system from "../../ffi/system.ts";
import { SegmentFormatError } from "../errors.ts";

/** What a file is, by the type in its mode. */
const KINDS: ReadonlyMap<number, string> = new Map([
  [linux.S_IFREG, "a regular file"],
  [linux.S_IFIFO, "a FIFO"],
  [linux.S_IFSOCK, "a socket"],
  [linux.S_IFDIR, "a directory"],
  [linux.S_IFLNK, "a symbolic link"],
  [linux.S_IFCHR, "a device"],
  [linux.S_IFBLK, "a device"],
]);

/** Whether a file is one that can be a segment. */
export function isRegular(mode: number): boolean {
  return (mode & linux.S_IFMT) === linux.S_IFREG;
}

/** What a file is, in words. */
export function kindOfFile(mode: number): string {
  return KINDS.get(mode & linux.S_IFMT) ?? `of mode 0${mode.toString(8)}`;
}

/**
 * Refuses what has been opened under a segment's name and is no file, such as a FIFO.
 *
 * @param doing What is being done, such as "open segment", and the segment's name.
 * @throws {SegmentFormatError} `FOREIGN`.
 */
export function requireRegular({ action, path }: system.Doing, mode: number): void {
  if (isRegular(mode)) return;
  throw new SegmentFormatError(
    "FOREIGN",
    `Cannot ${action} '${path}' as it must be a regular file: found ${kindOfFile(mode)}`,
  );
}
