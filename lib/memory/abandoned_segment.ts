import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { isReady, readHeader, readStart, requireInitialisable } from "./header.ts";
import { INITIALISER_LOCK_BYTE, MAGIC, MAGIC_BYTES } from "./header_format.ts";
import { tryLockByte, tryLockBytes } from "./ofd_lock.ts";
import { OpenFile } from "./open_file.ts";
import { SLOT_BYTES } from "./participants_format.ts";
import { requireRegular } from "./regular_file.ts";

/** For errors of the kernel. */
const ACTION = "remove segment";

/**
 * Removes a segment's name if no process is attached to it. One lock over all slots both asks the kernel whether any is
 * attached and keeps others from joining; it is released when the name has gone.
 *
 * @returns False if another process is attached, initialises it, is removing the name or has removed it, or keeps a
 * read lock on a slot or the first byte. Readers are not noticed otherwise.
 * @throws {SystemError} `ENOENT` if it does not exist, `EACCES` without permission.
 * @throws {SegmentFormatError} If it is not a segment.
 */
export function removeAbandonedSegment(name: string): boolean {
  const doing = { action: ACTION, path: name };
  const file = new OpenFile(system.shmOpen(doing, name, linux.O_RDWR | linux.O_NONBLOCK, 0));
  try {
    const { fd } = file;
    requireRegular(doing, system.fileStatus(doing, fd).mode);
    const start = readStart(name, fd, ACTION);
    if (!isReady(start)) requireInitialisable(name, start, () => readStart(name, fd, ACTION));
    const isTaken = isReady(start) ? lockSlots(name, fd) : hasMagic(start) && lockHalfMade(name, fd);
    if (!isTaken) return false;
    // The name may be another file's by now: then this file has lost it.
    return system.fileStatus(doing, fd).links > 0 && system.shmUnlink(doing, name);
  } finally {
    file.unlockAndClose();
  }
}

function lockSlots(name: string, fd: number): boolean {
  const doing = { action: ACTION, path: name }, { byteLength } = system.fileStatus(doing, fd);
  // Read anew, as the bytes read along with the state may be older.
  const { participantsOffset, participantSlots } = readHeader(name, readStart(name, fd, ACTION), byteLength);
  // And the initialiser's, which all that remove a name hold meanwhile: else it could be another file's by then.
  return tryLockBytes(doing, fd, participantsOffset, participantSlots * SLOT_BYTES) &&
    tryLockByte(doing, fd, INITIALISER_LOCK_BYTE);
}

/** A process that would initialise it waits for this lock; one that has just done so must have got it before. */
function lockHalfMade(name: string, fd: number): boolean {
  const doing = { action: ACTION, path: name };
  if (!tryLockByte(doing, fd, INITIALISER_LOCK_BYTE)) return false;
  return !isReady(readStart(name, fd, ACTION));
}

function hasMagic(start: DataView): boolean {
  return start.byteLength >= MAGIC_BYTES && MAGIC.every((word, i) => start.getUint32(4 * i, true) === word);
}
