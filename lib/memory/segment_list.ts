import { SystemError } from "../../ffi/mod.ts";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { isReady, readHeader, readStart } from "./header.ts";
import { SegmentFormatError } from "../errors.ts";

/** The facts about a segment that take no attachment. */
export interface SegmentInfo {
  /** The name to open it by. */
  readonly name: string;
  /** Length of the whole segment in bytes. */
  readonly byteLength: number;
  /** Permission bits. */
  readonly mode: number;
  /** The owner's user id. */
  readonly uid: number;
  /** The process that created it, in that process's pid namespace; it may be long gone. */
  readonly creatorPid: number;
}

/** Lists the finished segments in `/dev/shm`; other files, and those that this process may not read, are left out. */
export function listSegments(): SegmentInfo[] {
  const found: SegmentInfo[] = [];
  for (const { name, isText, mayBeRegular } of system.readEntries("/dev/shm")) {
    // Whoever waits for a FIFO's other end must not take this process for it.
    if (!isText || !mayBeRegular) continue;
    const info = infoOf("/" + name);
    if (info !== undefined) found.push(info);
  }
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}

function infoOf(name: string): SegmentInfo | undefined {
  const doing = { action: "inspect segment", path: name };
  let fd: number | undefined;
  try {
    // O_NONBLOCK: a FIFO of that name must not block this process.
    fd = system.shmOpen(doing, name, linux.O_RDONLY | linux.O_NONBLOCK, 0);
    if (!isReady(readStart(name, fd, doing.action))) return undefined;
    const { byteLength, mode, uid } = system.fileStatus(doing, fd);
    // Read anew, as the bytes read along with the state may be older.
    const { creatorPid } = readHeader(name, readStart(name, fd, doing.action), byteLength);
    return { name, byteLength, mode: mode & 0o777, uid, creatorPid };
  } catch (error) {
    if (error instanceof SystemError || error instanceof SegmentFormatError) return undefined;
    throw error;
  } finally {
    if (fd !== undefined) system.close(fd);
  }
}
