import { isFenced, specialize, type WordAccess, wordAccess } from "../../atomic/internal.ts";
import type { AnyBuffer, Views } from "../../layout/mod.ts";
import {
  BYTE_RING_HEADER_BYTES,
  CLAIMED,
  CLAIMER_WORD,
  LENGTH_BITS,
  RECORD_ALIGNMENT,
  SKIP,
  TYPE_WORD,
} from "./format.ts";
import type { ByteRingGeometry } from "./geometry.ts";
import { makeMessageCopies, type MessageCopies } from "./message_copies_path.ts";

/** The most bytes for which a copy word by word is faster than the engine's own, which takes 20 ns to begin. */
const SHORT_IN = 32;
/** The same, where the copy is made. */
const SHORT_OUT = 64;

/** What the hot paths of a ring need to know of its records. Words of a record are counted from its first one. */
export interface RecordPorts extends MessageCopies {
  /** The ring's records. */
  readonly records: WordAccess;
  /** Bytes of all records, a power of two. */
  readonly capacity: number;
  /** Bytes of a record before its message. */
  readonly headerBytes: number;
  /** The longest message. */
  readonly maxByteLength: number;
  /** What a record's length is a multiple of, negated: the mask that rounds down to it. */
  readonly alignMask: number;
  /** Bits of a record's first word. */
  readonly lengthBits: number;
  readonly claimedBit: number;
  readonly skipBit: number;
  readonly typeWord: number;
  readonly claimerWord: number;
}

/** What the hot paths of this ring need to know of its records. */
export function recordPorts(
  { buffer, byteOffset }: Views,
  { capacity, headerBytes, maxByteLength }: ByteRingGeometry,
): RecordPorts {
  const first = byteOffset + BYTE_RING_HEADER_BYTES, words = new Int32Array(buffer, first, capacity / 4);
  const records = wordAccess(words, { isFenced: isFenced(words) });
  return {
    records,
    capacity,
    headerBytes,
    maxByteLength,
    alignMask: -RECORD_ALIGNMENT,
    lengthBits: LENGTH_BITS,
    claimedBit: CLAIMED,
    skipBit: SKIP,
    typeWord: TYPE_WORD,
    claimerWord: CLAIMER_WORD,
    ...specialize(makeMessageCopies)({
      records,
      bytes: new Uint8Array(buffer, first, capacity),
      shortIn: SHORT_IN,
      shortOut: SHORT_OUT,
    }),
  };
}

/** The memory of the records, for users. */
export function bytesOf(
  { lent: { buffer, byteOffset } }: Views,
  { capacity }: ByteRingGeometry,
): Uint8Array<AnyBuffer> {
  return new Uint8Array(buffer, byteOffset + BYTE_RING_HEADER_BYTES, capacity);
}

/** The same, for numbers. */
export function viewOf({ lent: { buffer, byteOffset } }: Views, { capacity }: ByteRingGeometry): DataView<AnyBuffer> {
  return new DataView(buffer, byteOffset + BYTE_RING_HEADER_BYTES, capacity);
}
