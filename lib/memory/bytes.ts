import { readText, writeCutText } from "../layout/internal.ts";

/*
 * Reading and writing a segment's own records. They are rarely touched and may hold anything when a file is corrupt,
 * so a DataView serves: explicit about byte order, and bounds-checked.
 */

export { utf8Length } from "../layout/internal.ts";

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
  return readText(bytesOf(record, byteOffset, byteLength), 0, byteLength) ?? "";
}

/** Writes NUL-padded UTF-8; what does not fit is cut off, at a character. */
export function setChars(record: DataView, byteOffset: number, byteLength: number, text: string): void {
  writeCutText(bytesOf(record, byteOffset, byteLength), 0, byteLength, text);
}

function bytesOf(record: DataView, byteOffset: number, byteLength: number): Uint8Array {
  return new Uint8Array(record.buffer, record.byteOffset + byteOffset, byteLength);
}

/** The next multiple of a power of two; free of 32-bit operators, as offsets reach 2^32. */
export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
