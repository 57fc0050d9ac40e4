import { ENTRY_BYTES, TABLE_BYTES } from "./catalog_format.ts";
import { HEADER_BYTES } from "./header_format.ts";
import { SLOT_BYTES, SLOT_LIMIT } from "./participants_format.ts";
import { alignUp } from "./bytes.ts";
import { requireInteger } from "./option_checks.ts";

/** Objects start on a cache-line pair: processors prefetch the neighbouring line. */
export const OBJECT_ALIGNMENT = 128;

/** The longest segment: one `ArrayBuffer` reaches no further in Bun. */
export const MAX_BYTE_LENGTH = 2 ** 32;

/** The most entries a catalog may have. */
const ENTRY_LIMIT = 65_536;

/** Where a segment's parts lie: header, participants, catalog, objects. */
export interface Geometry {
  /** Length of the whole file. */
  readonly byteLength: number;
  /** How many may be attached at once. */
  readonly participantSlots: number;
  /** How many objects may be made. */
  readonly catalogEntries: number;
  readonly participantsOffset: number;
  readonly catalogOffset: number;
  readonly objectsOffset: number;
}

/**
 * Lays a segment out. Everything follows from three numbers, so a header whose offsets disagree with its own numbers is
 * corrupt. By default, small segments get few slots and entries, so that even one page has room for objects.
 *
 * @throws {RangeError} If a number is out of range or the parts leave no room for objects.
 */
export function layOut(byteLength: number, slots?: number, entries?: number): Geometry {
  const [defaultSlots, defaultEntries] = byteLength < 2 ** 16 ? [8, 8] : byteLength < 2 ** 20 ? [64, 64] : [256, 512];
  const participantSlots = slots ?? defaultSlots;
  const catalogEntries = entries ?? defaultEntries;
  requireInteger("lay out a segment", "maxParticipants", participantSlots, 1, SLOT_LIMIT);
  requireInteger("lay out a segment", "maxObjects", catalogEntries, 1, ENTRY_LIMIT);
  const participantsOffset = HEADER_BYTES;
  const catalogOffset = participantsOffset + participantSlots * SLOT_BYTES;
  const objectsOffset = alignUp(catalogOffset + TABLE_BYTES + catalogEntries * ENTRY_BYTES, OBJECT_ALIGNMENT);
  if (objectsOffset >= byteLength) {
    throw new RangeError(
      `Cannot lay out a segment as byteLength must be more than ${objectsOffset} for ${participantSlots} participants and ${catalogEntries} objects: received ${byteLength}`,
    );
  }
  return { byteLength, participantSlots, catalogEntries, participantsOffset, catalogOffset, objectsOffset };
}
