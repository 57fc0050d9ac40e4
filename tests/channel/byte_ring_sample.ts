import type { Region } from "../../mod.ts";

/** Messages of 12 to 90 bytes in which everything follows from producer and sequence, so that tearing shows itself. */
const LEAST_BYTES = 12, MORE_BYTES = 79;

function mix(value: number): number {
  const mixed = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 12)) >>> 0;
}

/** How long a message is. */
export function lengthOfMessage(sequence: number): number {
  return LEAST_BYTES + mix(sequence) % MORE_BYTES;
}

/** The type of a message: from all 31 bits. */
export function typeOfMessage(producer: number, sequence: number): number {
  return mix(sequence + producer) >>> 1;
}

function checkOf(bytes: Uint8Array, at: number, length: number, seed: number): number {
  let sum = seed | 0;
  for (let i = at + LEAST_BYTES; i < at + length; i++) sum = (Math.imul(sum, 31) + bytes[i]) | 0;
  return sum;
}

/** Writes a message. */
export function fillMessage(
  { bytes, view }: { readonly bytes: Uint8Array; readonly view: DataView },
  at: number,
  producer: number,
  sequence: number,
): void {
  const length = lengthOfMessage(sequence);
  for (let i = at + LEAST_BYTES; i < at + length; i++) bytes[i] = sequence + i - at;
  view.setUint32(at, sequence, true);
  view.setUint32(at + 4, (producer << 24) | length, true);
  view.setInt32(at + 8, checkOf(bytes, at, length, sequence ^ producer), true);
}

/** The sequence of a message. */
export function sequenceAt(view: DataView, at: number): number {
  return view.getUint32(at, true);
}

/** The producer of a message. */
export function producerAt(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) >>> 24;
}

/** Whether a message is whole. */
export function isWholeMessage(
  { bytes, view }: { readonly bytes: Uint8Array; readonly view: DataView },
  type: number,
  at: number,
  length: number,
): boolean {
  const sequence = sequenceAt(view, at), producer = producerAt(view, at);
  return length === lengthOfMessage(sequence) && (view.getUint32(at + 4, true) & 0xffffff) === length &&
    type === typeOfMessage(producer, sequence) &&
    view.getInt32(at + 8, true) === checkOf(bytes, at, length, sequence ^ producer);
}

/** Makes an empty ring look as if that many bytes had gone through it; offsets as in byte_ring/format.ts. */
export function startByteRingAt(words: Uint32Array, position: number): void {
  words[128 / 4] = position;
  words[256 / 4] = position;
  words[400 / 4] = position;
}

/** The bytes of a ring, for tests that write into them. */
export const RawRing = {
  kind: "ByteRing",
  byteLength: (): number => 8,
  init: (): void => {},
  attach: (region: Region): Region => region,
};

/** Producers that differ in what they send: each process is one. */
export const PRODUCERS = 256;

/** What peers leave for the test, whatever becomes of them: doubles, each written by one process at a time. */
export const ByteNotes = {
  kind: "ByteNotes",
  byteLength: (): number => 8 * (3 * PRODUCERS + 8),
  init: (): void => {},
  attach: (region: Region): Float64Array => region.views.f64,
};

/** Of each producer: how many messages `publish` returned for, how many a consumer saw, and how many it gave back. */
export const PUBLISHED = 0;
export const SEEN: number = PRODUCERS;
export const GIVEN: number = 2 * PRODUCERS;
/** How often something was wrong. */
export const WRONG: number = 3 * PRODUCERS;
