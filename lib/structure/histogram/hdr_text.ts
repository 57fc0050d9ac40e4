import { deflateStored, inflate } from "./inflate.ts";
import { Scale } from "./scale.ts";

/*
 * HdrHistogram's base64 form, version 2. All numbers are big-endian.
 *
 *     offset  bytes  outer                      offset  bytes  inner, compressed by zlib
 *          0      4  0x1c849314                      0      4  0x1c849313
 *          4      4  bytes of the inner part         4      4  bytes of the counts
 *          8      …  the inner part                  8      4  where its writer's memory began: ignored
 *                                                   12      4  digits
 *                                                   16      8  lowest
 *                                                   24      8  highest
 *                                                   32      8  a double: 1
 *                                                   40      …  counts
 *
 * Counts are zigzag LEB128 with 9 bytes at most; a negative one stands for so many zeros. Zeros after the last count
 * are left out.
 */
const OUTER_COOKIE = 0x1c849314, INNER_COOKIE = 0x1c849313, INNER_BYTES = 40;

/** Bits of a cookie that once stated how wide counts were. */
const WIDTH_BITS = 0xf0;
const MOST_BYTES = 2 ** 26;

/** Counts as HdrHistogram's text. */
export function encodeHdr({ digits, lowest, highest }: Scale, counts: Float64Array): string {
  const coded = encodeCounts(counts), inner = new Uint8Array(INNER_BYTES + coded.length);
  const view = new DataView(inner.buffer);
  view.setUint32(0, INNER_COOKIE);
  view.setUint32(4, coded.length);
  view.setUint32(12, digits);
  setLong(view, 16, lowest);
  setLong(view, 24, highest);
  view.setFloat64(32, 1);
  inner.set(coded, INNER_BYTES);
  const packed = deflateStored(inner), outer = new Uint8Array(8 + packed.length);
  new DataView(outer.buffer).setUint32(0, OUTER_COOKIE);
  new DataView(outer.buffer).setUint32(4, packed.length);
  outer.set(packed, 8);
  let text = "";
  for (const byte of outer) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * The counts in HdrHistogram's text, compressed or not.
 *
 * @throws {RangeError} If it is not such a text.
 */
export function decodeHdr(text: string): { scale: Scale; counts: Float64Array } {
  try {
    const outer = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const cookie = new DataView(outer.buffer).getUint32(0);
    const inner = isCookie(cookie, OUTER_COOKIE) ? inflate(outer.subarray(8), MOST_BYTES) : outer;
    const view = new DataView(inner.buffer, inner.byteOffset, inner.byteLength);
    if (!isCookie(view.getUint32(0), INNER_COOKIE)) throw new RangeError("it is of another version");
    const length = view.getUint32(4);
    if (INNER_BYTES + length > inner.length) throw new RangeError("it ends too soon");
    const scale = new Scale({ digits: view.getUint32(12), lowest: getLong(view, 16), highest: getLong(view, 24) });
    return { scale, counts: decodeCounts(inner.subarray(INNER_BYTES, INNER_BYTES + length), scale.length) };
  } catch (error) {
    throw new RangeError(
      `Cannot read a histogram as its text must be HdrHistogram's, version 2, in base64: ${(error as Error).message}`,
    );
  }
}

function isCookie(found: number, cookie: number): boolean {
  return ((found ^ cookie) & ~WIDTH_BITS) === 0;
}

function setLong(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value >>> 0);
}

function getLong(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

function encodeCounts(counts: Float64Array): number[] {
  const out: number[] = [];
  let end = counts.length;
  while (end > 0 && counts[end - 1] === 0) end--;
  for (let i = 0; i < end;) {
    let zeros = 0;
    while (counts[i] === 0) {
      zeros++;
      i++;
    }
    // Zigzag: twice the value, or one less than twice the zeros.
    if (zeros > 0) pushVarint(out, zeros * 2 - 1);
    else pushVarint(out, counts[i++] * 2);
  }
  return out;
}

/** Seven bits a byte, the lowest first; a ninth byte has eight. Numbers are below 2^54, so eight bytes do. */
function pushVarint(out: number[], value: number): void {
  while (value >= 128) {
    out.push((value % 128) | 128);
    value = Math.floor(value / 128);
  }
  out.push(value);
}

function decodeCounts(bytes: Uint8Array, length: number): Float64Array {
  const counts = new Float64Array(length);
  let index = 0;
  for (let at = 0; at < bytes.length;) {
    let coded = 0, unit = 1, byte: number;
    do {
      byte = bytes[at++];
      if (byte === undefined) throw new RangeError("it ends too soon");
      coded += (byte & 127) * unit;
      unit *= 128;
      if (unit > 2 ** 56) throw new RangeError("a count is beyond 2^53");
    } while (byte >= 128);
    if (coded % 2 === 1) index += (coded + 1) / 2;
    else {
      if (index >= length) throw new RangeError("it has more counts than its scale");
      counts[index++] = coded / 2;
    }
  }
  return counts;
}
