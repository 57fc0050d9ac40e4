/*
 * The one codec of texts in shared memory: UTF-8, padded with NUL. A text that could not be read back unchanged is
 * refused: one with NUL or half a surrogate pair, or with too many bytes.
 */

/** A byte order mark is text like any other here: stripping it would change what was written. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * @param u8 Where to read.
 * @param at The first byte.
 * @param length The bytes of the field.
 * @returns The text up to the first NUL, or `undefined` if the field is not whole.
 */
export function readText(u8: Uint8Array, at: number, length: number): string | undefined {
  if (u8[at + length - 1] === undefined) return undefined;
  let text = "";
  for (let i = at; i < at + length; i++) {
    const byte = u8[i];
    if (byte === 0) break;
    // Decoders do not take shared memory everywhere, hence the copy.
    if (byte > 127 || i - at === 64) return decodeText(u8.slice(at, at + length));
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/**
 * @param text The text.
 * @param length The bytes of the field.
 * @returns Its bytes without padding, or the rule that it breaks.
 */
export function encodeText(text: string, length: number): Uint8Array | string {
  if (text.includes("\0")) return "without NUL";
  if (!text.isWellFormed()) return "without lone surrogates";
  const bytes = new Uint8Array(length);
  const { read, written } = encoder.encodeInto(text, bytes);
  return read < text.length ? `of at most ${length} bytes in UTF-8` : bytes.subarray(0, written);
}

/**
 * Writes a text, and pads it with NUL.
 *
 * @param u8 Where to write.
 * @param at The first byte.
 * @param length The bytes of the field.
 * @param text The text.
 * @returns `undefined`, or the rule that it breaks; then nothing was written.
 */
export function writeText(u8: Uint8Array, at: number, length: number, text: string): string | undefined {
  const size = text.length;
  let ascii = size <= length;
  for (let i = 0; i < size && ascii; i++) {
    const code = text.charCodeAt(i);
    ascii = code > 0 && code < 128;
  }
  if (ascii) {
    for (let i = 0; i < size; i++) u8[at + i] = text.charCodeAt(i);
    u8.fill(0, at + size, at + length);
    return undefined;
  }
  const bytes = encodeText(text, length);
  if (typeof bytes === "string") return bytes;
  u8.set(bytes, at);
  u8.fill(0, at + bytes.length, at + length);
  return undefined;
}

/**
 * Writes any text, for people to read: up to its first NUL, with halves of surrogate pairs as U+FFFD, and cut at a
 * character if it does not fit.
 *
 * @param u8 Where to write.
 * @param at The first byte.
 * @param length The bytes of the field.
 * @param text The text.
 */
export function writeCutText(u8: Uint8Array, at: number, length: number, text: string): void {
  if (writeText(u8, at, length, text) === undefined) return;
  const bytes = new Uint8Array(length);
  encoder.encodeInto(text.split("\0", 1)[0], bytes);
  u8.set(bytes, at);
}

/**
 * @param text The text.
 * @returns The bytes it takes in UTF-8.
 */
export function utf8Length(text: string): number {
  return encoder.encode(text).byteLength;
}
