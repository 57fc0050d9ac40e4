import { DECIMAL_LIMIT, MOST_DIGITS, MOST_FRACTION_DIGITS, POWERS } from "./decimal.ts";

const QUOTE = 0x22, COMMA = 0x2c, MINUS = 0x2d, PLUS = 0x2b, POINT = 0x2e, COLON = 0x3a, BACKSLASH = 0x5c;
const ZERO = 0x30, NINE = 0x39, OPEN_BRACKET = 0x5b, CLOSE_BRACKET = 0x5d, OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d;
const LOWER_E = 0x65, UPPER_E = 0x45, LOWER_N = 0x6e, LOWER_T = 0x74, LOWER_F = 0x66, NEWLINE = 0x0a, RETURN = 0x0d;
const SPACE = 0x20;

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** What is wrong with lines that are no JSON, or end within it. */
export const BROKEN_JSON = "it must be whole JSON";

/** A line that cannot be read. */
export class LineError extends SyntaxError {
  override readonly name = "LineError";
  /** What all lines that are wrong in this way have in common. */
  readonly reason: string;

  constructor(message: string, reason: string) {
    super(message);
    this.reason = reason;
  }
}

/** What is wrong with a number that is one, but not exactly. */
export const TOO_LONG =
  `a price or a quantity must be exact: it has at most ${MOST_DIGITS} digits, ${MOST_FRACTION_DIGITS} after the point, and is below 10^15`;

/** Names that `key` and `word` distinguish. */
export interface Names {
  /** Indices of names of one byte, by that byte; −1 for others. */
  readonly short: Int8Array;
  /** The others, and their indices. */
  readonly long: readonly Uint8Array[];
  readonly longIndices: readonly number[];
}

/** Makes the names for `key` and `word`. */
export function names(...texts: readonly string[]): Names {
  const short = new Int8Array(256).fill(-1), long: Uint8Array[] = [], longIndices: number[] = [];
  for (const [index, text] of texts.entries()) {
    const bytes = encoder.encode(text);
    if (bytes.length === 1) short[bytes[0]] = index;
    else longIndices[long.push(bytes) - 1] = index;
  }
  return { short, long, longIndices };
}

/**
 * Reads a line of JSON from its bytes, value by value, in the order in which they come, without making objects or text
 * of them. Each line must end with a line feed, which stops every loop. What is not JSON, or not what was asked for,
 * throws `SyntaxError`; what is skipped is not checked closely.
 */
export class JsonScanner {
  /** The next byte. */
  at = 0;
  /** Where the last string or number began. */
  textStart = 0;
  /** Where it ended. */
  textEnd = 0;
  /** Digits after the point of the decimal read last, as it was sent. */
  digits = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #mantissa = 0;
  /** The number read last is `#mantissa · 10^-#shift`, if that is exact. */
  #shift = 0;
  #isExact = true;

  /** What is read. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Begins at a byte. */
  reset(bytes: Uint8Array, at: number): void {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Goes over a byte that must be there. */
  expect(byte: number): void {
    if (this.#bytes[this.at] !== byte) this.#failJson(`'${String.fromCharCode(byte)}' must come next`);
    this.at++;
  }

  /** Whether the next value is an array. */
  get isArray(): boolean {
    return this.#bytes[this.at] === OPEN_BRACKET;
  }

  /** Enters an object; false if it is empty. Then come `key` and a value, as long as `inObject` returns true. */
  beginObject(): boolean {
    this.expect(OPEN_BRACE);
    return this.#isOpen(CLOSE_BRACE);
  }

  /** Enters an array; false if it is empty. Then comes a value, as long as `inArray` returns true. */
  beginArray(): boolean {
    this.expect(OPEN_BRACKET);
    return this.#isOpen(CLOSE_BRACKET);
  }

  /** After a value in an object: whether another member comes. */
  inObject(): boolean {
    return this.#goesOn(CLOSE_BRACE);
  }

  /** After a value in an array: whether another one comes. */
  inArray(): boolean {
    return this.#goesOn(CLOSE_BRACKET);
  }

  /** Reads the name of a member; its index among the names, −1 for others. */
  key(known: Names): number {
    const index = this.word(known);
    this.expect(COLON);
    this.#skipSpace();
    return index;
  }

  /** Reads a string; its index among the names, −1 for others. */
  word(known: Names): number {
    this.string();
    const bytes = this.#bytes, start = this.textStart, length = this.textEnd - start;
    if (length === 1) return known.short[bytes[start]];
    const { long } = known;
    for (let i = 0; i < long.length; i++) {
      const name = long[i];
      if (name.length !== length) continue;
      let j = 0;
      while (j < length && bytes[start + j] === name[j]) j++;
      if (j === length) return known.longIndices[i];
    }
    return -1;
  }

  /** Goes over a string, and notes where it lies. */
  string(): void {
    this.expect(QUOTE);
    const bytes = this.#bytes;
    let at = this.at;
    this.textStart = at;
    for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[++at]) {
      if (byte === BACKSLASH) at++;
      if (!(bytes[at] >= SPACE)) this.#failJson("a string must end"); // undefined behind the last byte
    }
    this.textEnd = at;
    this.at = at + 1;
  }

  /**
   * Reads a price or a quantity: a number, or a number in a string, that is exact (`decimal.ts`).
   *
   * @returns NaN for null.
   */
  decimal(): number {
    if (!this.#number()) return NaN;
    const shift = this.#shift;
    this.digits = shift > 0 ? shift : 0;
    // Of fewer digits, and none of them far after the point, both are exact: the one rounding is the right one.
    if (
      this.#mantissa < DECIMAL_LIMIT && this.#mantissa > -DECIMAL_LIMIT && shift >= 0 && shift <= MOST_FRACTION_DIGITS
    ) {
      return this.#mantissa / POWERS[shift];
    }
    return this.#longDecimal();
  }

  /**
   * Reads a number, or a number in a string. It is finite.
   *
   * @returns NaN for null.
   */
  number(): number {
    if (!this.#number()) return NaN;
    const shift = this.#shift;
    // Both are exact, so the one rounding is the right one.
    if (this.#isExact && shift >= 0 && shift < POWERS.length) return this.#mantissa / POWERS[shift];
    const value = Number(decoder.decode(this.#bytes.slice(this.textStart, this.textEnd)));
    if (!Number.isFinite(value)) this.fail("a number must be finite");
    return value;
  }

  /** Reads an integer that fits exactly; NaN for null. */
  integer(): number {
    const value = this.number();
    if (value === value && !Number.isSafeInteger(value)) this.fail("a number must be an integer");
    return value;
  }

  /** Reads true or false. */
  boolean(): boolean {
    const isTrue = this.#bytes[this.at] === LOWER_T;
    if (!isTrue && this.#bytes[this.at] !== LOWER_F) this.#failJson("true or false must come next");
    this.#literal(isTrue ? "true" : "false");
    return isTrue;
  }

  /** Goes over a value of any kind. */
  skip(): void {
    const bytes = this.#bytes;
    let depth = 0;
    do {
      const byte = bytes[this.at];
      if (byte === QUOTE) this.string();
      else if (!(byte >= SPACE)) this.#failJson("a value must end");
      else {
        this.at++;
        if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
        else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
        else if (depth === 0) this.#skipPlain();
      }
    } while (depth > 0);
    if (depth < 0) this.#failJson("a value must come next");
  }

  /** Makes sure that the line ends here. */
  end(): void {
    if (this.#bytes[this.at] === RETURN) this.at++;
    if (this.#bytes[this.at] !== NEWLINE) this.#failJson("the line must end");
  }

  /** Whether the next value is an object. */
  get isObject(): boolean {
    return this.#bytes[this.at] === OPEN_BRACE;
  }

  /** Whether the next value is a string. */
  get isString(): boolean {
    return this.#bytes[this.at] === QUOTE;
  }

  /** The string or number read last. */
  get text(): string {
    return decoder.decode(this.#bytes.slice(this.textStart, this.textEnd));
  }

  /**
   * Says what is wrong, and with which byte. @param reason What all of this kind have in common; defaults to the rule.
   */
  fail(rule: string, reason: string = rule): never {
    throw new LineError(`Cannot read a line as ${rule}: found byte ${this.#bytes[this.at] ?? "none"}`, reason);
  }

  #failJson(rule: string): never {
    this.fail(rule, BROKEN_JSON);
  }

  #isOpen(close: number): boolean {
    this.#skipSpace();
    if (this.#bytes[this.at] !== close) return true;
    this.#pass();
    return false;
  }

  #goesOn(close: number): boolean {
    this.#skipSpace();
    const byte = this.#bytes[this.at];
    if (byte !== COMMA && byte !== close) this.#failJson("a comma or an end must come next");
    this.#pass();
    return byte === COMMA;
  }

  #pass(): void {
    this.at++;
    this.#skipSpace();
  }

  #skipSpace(): void {
    while (this.#bytes[this.at] === SPACE) this.at++;
  }

  /** The rest of a number or of a literal. */
  #skipPlain(): void {
    const bytes = this.#bytes;
    let byte = bytes[this.at];
    while (byte > SPACE && byte !== COMMA && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET) byte = bytes[++this.at];
  }

  #literal(text: string): void {
    for (let i = 0; i < text.length; i++) this.expect(text.charCodeAt(i));
  }

  /** One that is written with more digits than count: zeros at an end, or an exponent. */
  #longDecimal(): number {
    const text = decoder.decode(this.#bytes.slice(this.textStart, this.textEnd));
    const [, whole, fraction = "", exponent = "0"] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
    const significant = (whole + fraction).replace(/^0+/, "").replace(/0+$/, "").length;
    const zeros = /0*$/.exec(whole + fraction)![0].length, digits = fraction.length - Number(exponent) - zeros;
    const value = Number(text);
    if (significant === 0) return 0;
    if (significant > MOST_DIGITS || digits > MOST_FRACTION_DIGITS || !(Math.abs(value) < DECIMAL_LIMIT)) {
      this.fail(TOO_LONG);
    }
    this.digits = Math.min(this.digits, MOST_FRACTION_DIGITS);
    return value;
  }

  /** Reads a number into `#mantissa` and `#shift`; false for null. */
  #number(): boolean {
    const bytes = this.#bytes;
    if (bytes[this.at] === LOWER_N) {
      this.#literal("null");
      return false;
    }
    const isQuoted = bytes[this.at] === QUOTE;
    if (isQuoted) this.at++;
    const isNegative = bytes[this.at] === MINUS;
    this.textStart = this.at;
    if (isNegative) this.at++;
    const start = this.at;
    let at = start, mantissa = 0, shift = 0;
    let byte = bytes[at];
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]) mantissa = mantissa * 10 + (byte - ZERO);
    if (at === start) this.#failJson("a number must come next");
    if (byte === POINT) {
      const first = ++at;
      for (byte = bytes[at]; byte >= ZERO && byte <= NINE; byte = bytes[++at]) mantissa = mantissa * 10 + (byte - ZERO);
      shift = at - first;
      if (shift === 0) this.#failJson("digits must follow a point");
    }
    this.at = at;
    if (byte === LOWER_E || byte === UPPER_E) shift -= this.#exponent();
    this.textEnd = this.at;
    this.#isExact = mantissa <= Number.MAX_SAFE_INTEGER; // beyond, digits were rounded away
    this.#mantissa = isNegative && mantissa !== 0 ? -mantissa : mantissa;
    this.#shift = shift;
    if (isQuoted) this.expect(QUOTE);
    return true;
  }

  #exponent(): number {
    const bytes = this.#bytes;
    const sign = bytes[++this.at];
    if (sign === MINUS || sign === PLUS) this.at++;
    const start = this.at;
    let exponent = 0;
    for (let byte = bytes[start]; byte >= ZERO && byte <= NINE && exponent < 1000; byte = bytes[++this.at]) {
      exponent = exponent * 10 + (byte - ZERO);
    }
    if (this.at === start) this.#failJson("an exponent must have digits");
    return sign === MINUS ? -exponent : exponent;
  }
}
