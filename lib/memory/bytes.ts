/*
 * Reading and writing a segment's own records. They are rarely touched and may hold anything when a file is corrupt,
 * so a DataView serves: explicit about byte order, and bounds-checked.
 */

const encoder = new TextEncoder();
// A byte order mark is a character like any other: names must come back as they went in.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads a C uint64_t as a number; above 2^53 it is imprecise, which every caller refuses anyway. */
export function getU53(record: DataView, byteOffset: number): number {
  return record.getUint32(byteOffset, true) + record.getUint32(byteOffset + 4, true) * 2 ** 32;
}

/** Writes a number as a C uint64_t. */
export function setU53(record: DataView, byteOffset: number, value: number): void {
  record.setUint32(byteOffset, value >>> 0, true);
  record.setUint32(byteOffset + 4, Math.floor(value / 2 ** 32), true);
}

/** Reads NUL-padded UTF-8. */
export function getChars(record: DataView, byteOffset: number, byteLength: number): string {
  // Copied first: decoders refuse shared memory.
  const bytes = new Uint8Array(record.buffer, record.byteOffset + byteOffset, byteLength).slice();
  const end = bytes.indexOf(0);
  return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end));
}

/** Writes NUL-padded UTF-8; what does not fit is cut off, at a character. */
export function setChars(record: DataView, byteOffset: number, byteLength: number, text: string): void {
  const bytes = new Uint8Array(record.buffer, record.byteOffset + byteOffset, byteLength);
  bytes.fill(0);
  encoder.encodeInto(text, bytes);
}

/** The bytes a text takes in UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).byteLength;
}

/** The next multiple of a power of two; free of 32-bit operators, as offsets reach 2^32. */
export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
