/*
 * The zlib format (RFC 1950, 1951): read in full, written without compression, which every reader takes. Runtimes offer
 * it only in their own modules, or asynchronously.
 */

/** Order of the lengths of code lengths. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** How many more bits follow a code of a length, and one of a distance: the tables of RFC 1951, 3.2.5. */
const LENGTH_BITS: readonly number[] = Array.from({ length: 28 }, (_, code) => Math.max(0, (code >> 2) - 1)).concat(0);
const DISTANCE_BITS: readonly number[] = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1));
/** The lowest length, and the lowest distance, of each code. The last code is the longest length alone. */
const LENGTHS: readonly number[] = lowestOf(3, LENGTH_BITS).with(-1, 258);
const DISTANCES: readonly number[] = lowestOf(1, DISTANCE_BITS);

/** The lowest value of each code: it follows the highest of the code before. */
function lowestOf(first: number, bits: readonly number[]): number[] {
  let next = first;
  return bits.map((count) => {
    const lowest = next;
    next += 2 ** count;
    return lowest;
  });
}

const LONGEST_CODE = 15, MOST_STORED = 0xffff, ADLER = 65521;

/** A canonical Huffman code: how many codes of each length there are, and the symbols in order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codeOf(lengths: readonly number[]): Code {
  const counts = new Uint16Array(LONGEST_CODE + 1), symbols = new Uint16Array(lengths.length);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  const next = new Uint16Array(LONGEST_CODE + 2);
  for (let length = 1; length <= LONGEST_CODE; length++) next[length + 1] = next[length] + counts[length];
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[next[length]++] = symbol;
  });
  return { counts, symbols };
}

const FIXED_LENGTHS: readonly number[] = Array.from(
  { length: 288 },
  (_, i) => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8,
);

/** Reads bits, the lowest of a byte first. */
class Bits {
  readonly #bytes: Uint8Array;
  #at: number;
  #bit = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      if (this.#at >= this.#bytes.length) throw new RangeError("it ends too soon");
      value |= ((this.#bytes[this.#at] >> this.#bit) & 1) << i;
      if (++this.#bit === 8) {
        this.#bit = 0;
        this.#at++;
      }
    }
    return value;
  }

  symbol({ counts, symbols }: Code): number {
    let code = 0, first = 0, index = 0;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= this.take(1);
      if (code - first < counts[length]) return symbols[index + code - first];
      index += counts[length];
      first = (first + counts[length]) << 1;
      code <<= 1;
    }
    throw new RangeError("it has an unknown code");
  }

  /** From the next whole byte on. */
  stored(): Uint8Array {
    if (this.#bit > 0) this.#at++;
    this.#bit = 0;
    const length = this.take(16);
    this.take(16);
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError("it ends too soon");
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/**
 * Decodes zlib data.
 *
 * @param bytes The data. Their checksum is ignored: the caller checks the decoded bytes.
 * @param most The most bytes that may result.
 * @throws {RangeError} If the data are malformed or too long.
 */
export function inflate(bytes: Uint8Array, most: number): Uint8Array {
  if ((bytes[0] & 15) !== 8 || (bytes[0] * 256 + bytes[1]) % 31 !== 0) throw new RangeError("it has no zlib header");
  const bits = new Bits(bytes, 2), out: number[] = [];
  const put = (byte: number): void => {
    if (out.push(byte) > most) throw new RangeError(`it holds more than ${most} bytes`);
  };
  for (let isLast = false; !isLast;) {
    isLast = bits.take(1) === 1;
    const type = bits.take(2);
    if (type === 0) bits.stored().forEach(put);
    else if (type === 3) throw new RangeError("it has a block of an unknown type");
    else {
      const [literals, distances] = type === 1 ? [codeOf(FIXED_LENGTHS), codeOf(Array(30).fill(5))] : readCodes(bits);
      readBlock(bits, literals, distances, out, put);
    }
  }
  return Uint8Array.from(out);
}

function readCodes(bits: Bits): [Code, Code] {
  const literals = bits.take(5) + 257, distances = bits.take(5) + 1, count = bits.take(4) + 4;
  const first: number[] = Array(ORDER.length).fill(0);
  for (let i = 0; i < count; i++) first[ORDER[i]] = bits.take(3);
  const code = codeOf(first), lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = bits.symbol(code);
    if (symbol < 16) lengths.push(symbol);
    else {
      const repeated = symbol === 16 ? lengths[lengths.length - 1] ?? 0 : 0;
      const times = symbol === 16 ? bits.take(2) + 3 : symbol === 17 ? bits.take(3) + 3 : bits.take(7) + 11;
      for (let i = 0; i < times; i++) lengths.push(repeated);
    }
  }
  return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals, literals + distances))];
}

function readBlock(bits: Bits, literals: Code, distances: Code, out: number[], put: (byte: number) => void): void {
  while (true) {
    const symbol = bits.symbol(literals);
    if (symbol < 256) put(symbol);
    else if (symbol === 256) return;
    else {
      const length = LENGTHS[symbol - 257] + bits.take(LENGTH_BITS[symbol - 257]);
      const far = bits.symbol(distances), distance = DISTANCES[far] + bits.take(DISTANCE_BITS[far]);
      if (!(distance <= out.length)) throw new RangeError("it repeats bytes from before its start");
      for (let i = 0; i < length; i++) put(out[out.length - distance]);
    }
  }
}

/** Zlib data that hold bytes as they are. */
export function deflateStored(bytes: Uint8Array): Uint8Array {
  const out: number[] = [0x78, 0x01];
  for (let from = 0; from === 0 || from < bytes.length; from += MOST_STORED) {
    const block = bytes.subarray(from, from + MOST_STORED), { length } = block;
    out.push(
      from + MOST_STORED >= bytes.length ? 1 : 0,
      length & 255,
      length >> 8,
      ~length & 255,
      (~length >> 8) & 255,
    );
    for (const byte of block) out.push(byte);
  }
  let a = 1, b = 0;
  for (const byte of bytes) {
    a = (a + byte) % ADLER;
    b = (b + a) % ADLER;
  }
  out.push(b >> 8, b & 255, a >> 8, a & 255);
  return Uint8Array.from(out);
}
