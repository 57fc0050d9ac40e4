import { libc } from "../../ffi/mod.ts";
import * as system from "../../ffi/system.ts";
import { type SegmentFormatCode, SegmentFormatError } from "../errors.ts";
import { getChars, getU53, setU53 } from "./bytes.ts";
import { type Geometry, layOut, MAX_BYTE_LENGTH } from "./geometry.ts";
import {
  BYTE_LENGTH_OFFSET,
  CATALOG_ENTRIES_OFFSET,
  CATALOG_OFFSET_OFFSET,
  CREATED_NANOSECONDS_OFFSET,
  CREATED_SECONDS_OFFSET,
  CREATOR_BOOT_OFFSET,
  CREATOR_PID_OFFSET,
  CREATOR_START_OFFSET,
  CREATOR_UID_OFFSET,
  FORMAT_VERSION,
  HEADER_BYTES,
  MAGIC,
  MAGIC_OFFSET,
  OBJECTS_OFFSET_OFFSET,
  PARTICIPANT_SLOTS_OFFSET,
  PARTICIPANTS_OFFSET_OFFSET,
  STATE_OFFSET,
  STATE_READY,
  VERSION_OFFSET,
} from "./header_format.ts";
import { hexadecimal, processIdentity } from "./process_identity.ts";

/** The contents of a valid header. */
export interface Header extends Geometry {
  readonly creatorPid: number;
  /** The creator's user id. */
  readonly creatorUid: number;
  /** When the creator's process started, in clock ticks since boot; 0 if it did not know. */
  readonly creatorStartTime: number;
  /** The boot in which it was created, 32 hexadecimal digits; zeros if the creator did not know. */
  readonly creatorBootId: string;
  /** When the segment was created, in nanoseconds on the machine's monotonic clock. */
  readonly createdNs: number;
}

/** Writes everything but the state, which the caller stores last. */
export function writeHeader(record: DataView, geometry: Geometry): void {
  const { pid, startTime, bootId } = processIdentity();
  const now = system.monotonicNs();
  for (let i = 0; i < MAGIC.length; i++) record.setUint32(MAGIC_OFFSET + 4 * i, MAGIC[i], true);
  record.setUint32(VERSION_OFFSET, FORMAT_VERSION, true);
  setU53(record, BYTE_LENGTH_OFFSET, geometry.byteLength);
  record.setUint32(PARTICIPANT_SLOTS_OFFSET, geometry.participantSlots, true);
  record.setUint32(CATALOG_ENTRIES_OFFSET, geometry.catalogEntries, true);
  setU53(record, PARTICIPANTS_OFFSET_OFFSET, geometry.participantsOffset);
  setU53(record, CATALOG_OFFSET_OFFSET, geometry.catalogOffset);
  setU53(record, OBJECTS_OFFSET_OFFSET, geometry.objectsOffset);
  record.setUint32(CREATOR_PID_OFFSET, pid, true);
  record.setUint32(CREATOR_UID_OFFSET, libc().geteuid(), true);
  setU53(record, CREATOR_START_OFFSET, startTime);
  for (let i = 0; i < bootId.length; i++) record.setUint8(CREATOR_BOOT_OFFSET + i, bootId[i]);
  setU53(record, CREATED_SECONDS_OFFSET, Math.floor(now / 1e9));
  setU53(record, CREATED_NANOSECONDS_OFFSET, now % 1e9);
}

/**
 * Reads a file's first bytes, at most {@linkcode HEADER_BYTES}: others may be writing them.
 *
 * @param action For the error, if the kernel refuses.
 */
export function readStart(name: string, fd: number, action = "open segment"): DataView {
  const bytes = new Uint8Array(HEADER_BYTES);
  return new DataView(bytes.buffer, 0, system.readAt({ action, path: name }, fd, bytes, 0));
}

/** When a ready segment was created; what `readHeader` says, too. */
export function readCreatedNs(record: DataView): number {
  return getU53(record, CREATED_SECONDS_OFFSET) * 1e9 + getU53(record, CREATED_NANOSECONDS_OFFSET);
}

/** Whether the initialiser has finished. */
export function isReady(record: DataView): boolean {
  return record.byteLength >= HEADER_BYTES && record.getUint32(STATE_OFFSET, true) === STATE_READY;
}

/**
 * Refuses a file that is not ready and was not begun by an initialiser of this format either. An initialiser that is at
 * work, or died at any instruction, may have written any number of the first words.
 *
 * Read while it works, the bytes may hold words from before and from after they were written: all but the magic, as if
 * the file were foreign. The magic goes first and stays, so a second read finds it.
 *
 * @param start The file's first bytes, at most {@linkcode HEADER_BYTES}.
 * @param lookAgain Reads them once more.
 */
export function requireInitialisable(name: string, start: DataView, lookAgain: () => DataView): void {
  if (isBegun(start)) return;
  const again = lookAgain();
  if (!isBegun(again)) requireMagic(name, again);
}

/** Whether an initialiser has begun or finished a file, or may begin it. */
function isBegun(start: DataView): boolean {
  // A file has its full length before its first byte is written.
  if (start.byteLength > 0 && start.byteLength < HEADER_BYTES) return false;
  const bytes = new Uint8Array(HEADER_BYTES), whole = new DataView(bytes.buffer);
  bytes.set(new Uint8Array(start.buffer, start.byteOffset, start.byteLength));
  const isOurs = [...MAGIC, FORMAT_VERSION].every((word, i) => {
    const found = whole.getUint32(MAGIC_OFFSET + 4 * i, true);
    return found === 0 || found === word;
  });
  // The magic goes first: a file without it that holds anything else is foreign.
  return isOurs && (whole.getUint32(MAGIC_OFFSET, true) !== 0 || bytes.every((byte) => byte === 0));
}

function requireMagic(name: string, start: DataView): void {
  const refuse = (code: SegmentFormatCode, reason: string) => {
    throw new SegmentFormatError(code, `Cannot open segment '${name}' as ${reason}`);
  };
  let hasMagic = start.byteLength >= VERSION_OFFSET;
  for (let i = 0; i < MAGIC.length && hasMagic; i++) {
    hasMagic = start.getUint32(MAGIC_OFFSET + 4 * i, true) === MAGIC[i];
  }
  if (!hasMagic) {
    const found = JSON.stringify(getChars(start, 0, Math.min(start.byteLength, VERSION_OFFSET)));
    refuse("FOREIGN", `it was not made by shmkit: its first bytes must be "SHMKIT\\r\\n": found ${found}`);
  }
  if (start.byteLength < HEADER_BYTES) {
    refuse("TRUNCATED", `its file was cut short: its header has ${HEADER_BYTES} bytes: found ${start.byteLength}`);
  }
  const version = start.getUint32(VERSION_OFFSET, true);
  if (version !== FORMAT_VERSION) {
    const advice = version > FORMAT_VERSION ? "update shmkit here" : "create the segment anew";
    refuse("VERSION", `its format version must be ${FORMAT_VERSION}: found ${version}; ${advice}`);
  }
}

/**
 * Reads a header, and refuses one that contradicts itself or the file.
 *
 * @param record The file's first {@linkcode HEADER_BYTES} bytes.
 * @param fileByteLength The file's length.
 * @throws {SegmentFormatError} With the contradiction.
 */
export function readHeader(name: string, record: DataView, fileByteLength: number): Header {
  requireMagic(name, record);
  const byteLength = getU53(record, BYTE_LENGTH_OFFSET);
  if (byteLength > fileByteLength) {
    throw new SegmentFormatError(
      "TRUNCATED",
      `Cannot open segment '${name}' as its file was cut short: its header says ${byteLength} bytes: found ${fileByteLength}`,
    );
  }
  const contradiction = (what: string, expected: number | string, found: number) =>
    new SegmentFormatError(
      "HEADER",
      `Cannot open segment '${name}' as its header is corrupt: ${what} must be ${expected}: found ${found}`,
    );
  if (byteLength !== fileByteLength) throw contradiction("byte length", `the file's ${fileByteLength}`, byteLength);
  if (byteLength > MAX_BYTE_LENGTH) throw contradiction("byte length", `at most ${MAX_BYTE_LENGTH}`, byteLength);

  const slots = record.getUint32(PARTICIPANT_SLOTS_OFFSET, true);
  const entries = record.getUint32(CATALOG_ENTRIES_OFFSET, true);
  let geometry: Geometry;
  try {
    geometry = layOut(byteLength, slots, entries);
  } catch (error) {
    throw new SegmentFormatError(
      "HEADER",
      `Cannot open segment '${name}' as its header is corrupt: ${(error as Error).message}`,
    );
  }
  const offsets = [
    ["offset of the participants", geometry.participantsOffset, getU53(record, PARTICIPANTS_OFFSET_OFFSET)],
    ["offset of the catalog", geometry.catalogOffset, getU53(record, CATALOG_OFFSET_OFFSET)],
    ["offset of the objects", geometry.objectsOffset, getU53(record, OBJECTS_OFFSET_OFFSET)],
  ] as const;
  for (const [what, expected, found] of offsets) {
    if (found !== expected) throw contradiction(what, expected, found);
  }
  const nanoseconds = getU53(record, CREATED_NANOSECONDS_OFFSET);
  if (nanoseconds >= 1e9) throw contradiction("nanoseconds within the second", "below 1000000000", nanoseconds);
  return {
    ...geometry,
    creatorPid: record.getUint32(CREATOR_PID_OFFSET, true),
    creatorUid: record.getUint32(CREATOR_UID_OFFSET, true),
    creatorStartTime: getU53(record, CREATOR_START_OFFSET),
    creatorBootId: hexadecimal(new Uint8Array(record.buffer, record.byteOffset + CREATOR_BOOT_OFFSET, 16)),
    createdNs: readCreatedNs(record),
  };
}
