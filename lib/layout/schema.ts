import { SegmentFormatError } from "../errors.ts";
import {
  array,
  bool,
  bytes,
  chars,
  decimal,
  enumeration,
  f32,
  f64,
  type Field,
  i16,
  i32,
  i64,
  i8,
  MAX_DEPTH,
  MAX_SCHEMA_LENGTH,
  u16,
  u32,
  u53,
  u64,
  u8,
} from "./field.ts";
import { struct } from "./struct.ts";
import type { Struct } from "./struct_type.ts";

/** How many characters of a refusal are shown. */
const REASON_LENGTH = 400;

const SIMPLE: ReadonlyMap<string, Field> = new Map(
  [u8, i8, u16, i16, u32, i32, f32, f64, bool, u64, i64, u53].map((field) => [field.schema, field]),
);

/**
 * Rebuilds a struct from its canonical text, as a segment stores it, so that a tool can decode an object without the
 * program that made it. Any text is safe to parse: one that is malformed, not canonical or beyond the limits of
 * `struct` is refused, in time linear in its length.
 *
 * ```text
 * struct = name "{" name ":" field { "," name ":" field } "}"
 * field  = "u8" … "f64" | "bool" | "u53" | "decimal(" scale ")" | "chars(" n ")" | "bytes(" n ")"
 *        | "enum8(" name "=" n { "," name "=" n } ")" (or enum16, enum32) | "[" field ";" n "]" | struct
 * ```
 *
 * @param text The text.
 * @returns The struct; its `schema` is the text.
 * @throws {SegmentFormatError} With code `OBJECT`, if the text is not a canonical schema.
 *
 * @example
 * ```ts
 * import { parseSchema } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Quote = parseSchema("Quote{bid:f64,side:enum8(buy=0,sell=1)}");
 * assertEquals(Quote.byteLength, 16);
 * ```
 */
export function parseSchema(text: string): Struct {
  if (text.length > MAX_SCHEMA_LENGTH) {
    throw new SegmentFormatError(
      "OBJECT",
      `Cannot parse a schema as it must have at most ${MAX_SCHEMA_LENGTH} characters: found ${text.length}`,
    );
  }
  try {
    return new Parser(text).parse();
  } catch (error) {
    // The field functions refuse names, sizes and values as they do for a program; here the text is at fault.
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    // A message quotes the refused part, which may be as long as the text.
    const reason = error.message.length <= REASON_LENGTH ? error.message : `${error.message.slice(0, REASON_LENGTH)}…`;
    throw new SegmentFormatError("OBJECT", `Cannot parse a schema: ${reason}`);
  }
}

/** One pass over the text, without going back; nesting is bounded before it reaches the stack's end. */
class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Struct {
    const made = this.#struct(this.#word("a struct's name"));
    if (this.#at < this.#text.length) this.#fail("the end");
    // Numbers such as 08, or an enum16 whose values fit a byte, parse but would not compare equal.
    if (made.schema !== this.#text) {
      this.#at = [...made.schema].findIndex((char, i) => char !== this.#text[i]);
      this.#fail("canonical text");
    }
    return made;
  }

  #struct(name: string): Struct {
    this.#enter();
    this.#expect("{");
    const fields: Record<string, Field> = {};
    do {
      const at = this.#at, key = this.#word("a field's name");
      if (Object.hasOwn(fields, key) || key === "__proto__") {
        this.#at = at;
        this.#fail("a new field name");
      }
      this.#expect(":");
      fields[key] = this.#field();
    } while (this.#accept(","));
    this.#expect("}");
    this.#depth--;
    return struct(name, fields);
  }

  #field(): Field {
    if (this.#accept("[")) {
      this.#enter();
      const element = this.#field();
      this.#expect(";");
      const made = array(element, this.#number());
      this.#expect("]");
      this.#depth--;
      return made;
    }
    const at = this.#at, word = this.#word("a field");
    if (this.#text[this.#at] === "{") return this.#struct(word);
    const simple = SIMPLE.get(word);
    if (simple !== undefined) return simple;
    if (!/^(?:decimal|chars|bytes|enum(?:8|16|32))$/.test(word)) {
      this.#at = at;
      this.#fail("a kind of field");
    }
    this.#expect("(");
    const made = word === "decimal"
      ? decimal(this.#number())
      : word === "chars"
      ? chars(this.#number())
      : word === "bytes"
      ? bytes(this.#number())
      : enumeration(this.#members());
    this.#expect(")");
    return made;
  }

  #members(): Record<string, number> {
    const members: Record<string, number> = {};
    do {
      const at = this.#at, name = this.#word("a member's name");
      if (Object.hasOwn(members, name) || name === "__proto__") {
        this.#at = at;
        this.#fail("a new member name");
      }
      this.#expect("=");
      members[name] = this.#number();
    } while (this.#accept(","));
    return members;
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) this.#fail(`at most ${MAX_DEPTH} levels`);
  }

  #accept(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #expect(char: string): void {
    if (!this.#accept(char)) this.#fail(`"${char}"`);
  }

  #word(what: string): string {
    return this.#match(/[A-Za-z_][A-Za-z0-9_]*/y, what);
  }

  #number(): number {
    return Number(this.#match(/[0-9]{1,10}/y, "a number"));
  }

  #match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) this.#fail(what);
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #fail(expected: string): never {
    const found = JSON.stringify(this.#text.slice(this.#at, this.#at + 20));
    throw new SegmentFormatError(
      "OBJECT",
      `Cannot parse a schema as character ${this.#at} must be ${expected}: found ${found}`,
    );
  }
}
