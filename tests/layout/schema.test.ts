import { describe, it } from "node:test";
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { LayoutMismatchError, SegmentFormatError } from "../../lib/errors.ts";
import {
  assertSameLayout,
  diffSchemas,
  f64,
  type Field,
  parseSchema,
  type Struct,
  struct,
  u32,
} from "../../lib/layout/mod.ts";
import { Random } from "../../support/random.ts";
import { pick, randomStruct } from "./random_struct.ts";

const TEXT =
  "Quote{bid:f64,side:enum8(buy=0,sell=1),name:chars(8),raw:bytes(3),levels:[Level{px:decimal(8),qty:f64};10],t:u53}";
const SEED = 20240601;

/** What two structs must share, all the way down. */
function shape(field: Field): unknown {
  const { kind, byteLength, alignment, depth, scale, length, storage } = field;
  return {
    ...{ kind, byteLength, alignment, depth, scale, length, storage },
    members: field.members && [...field.members],
    element: field.element && shape(field.element),
    fields: kind === "struct" &&
      (field as Struct).fields.map((each) => [each.name, each.byteOffset, shape(each.field)]),
  };
}

describe("parseSchema", () => {
  it("rebuilds a struct that reads the same bytes", () => {
    const Quote = parseSchema(TEXT), view = Quote.alloc();
    Quote.assign(view, { side: "sell", name: "abc", t: 5 });
    assertEquals(Quote.schema, TEXT);
    assertEquals([Quote.toObject(view).side, Quote.toObject(view).name, Quote.byteLength], ["sell", "abc", 192]);
  });

  it(`rebuilds random structs, seed ${SEED}`, () => {
    const random = new Random(SEED);
    for (let i = 0; i < 500; i++) {
      const made = randomStruct(random);
      assertEquals(shape(parseSchema(made.schema)), shape(made), `struct ${i}: ${made.schema}`);
    }
  });

  it("refuses a malformed text, and says where", () => {
    const bad: [string, string][] = [
      ["", 'character 0 must be a struct\'s name: found ""'],
      ["Q", 'character 1 must be "{": found ""'],
      ["Q{}", "character 2 must be a field's name"],
      ["Q{a}", 'character 3 must be ":"'],
      ["Q{a:f65}", 'character 4 must be a kind of field: found "f65}"'],
      ["Q{a:f64", 'character 7 must be "}"'],
      ["Q{a:f64,}", "a field's name"],
      ["Q{a:f64} ", "character 8 must be the end"],
      ["Q{a:f64}Q{a:f64}", "must be the end"],
      ["Q {a:f64}", 'must be "{"'],
      ["Q{a:f64,a:u8}", "character 8 must be a new field name"],
      ["Q{__proto__:f64}", "a new field name"],
      ["Q{constructor:f64}", "Cannot name a field of Q"],
      ["__proto__{a:f64}", "Cannot name a struct"],
      ["Q{a:decimal(16)}", "'scale' must be"],
      ["Q{a:decimal(08)}", "character 12 must be canonical text"],
      ["Q{a:chars(0)}", "Cannot create chars"],
      ["Q{a:chars(99999999999)}", "Cannot create chars"],
      ["Q{a:chars(-1)}", "must be a number"],
      ["Q{a:[u8;2147483648]}", "Cannot create an array"],
      ["Q{a:[[f64;2147483647];2]}", "Cannot create an array"],
      ["Q{a:enum8()}", "a member's name"],
      ["Q{a:enum8(b=0,b=1)}", "character 14 must be a new member name"],
      ["Q{a:enum8(b=0,c=0)}", "unique"],
      ["Q{a:enum8(b=256)}", "must be canonical text"],
      ["Q{a:enum16(b=1)}", "must be canonical text"],
      ["Q{a:enum8(b=9999999999)}", "integers from 0 to 4294967295"],
      ["Q{a:new}", "a kind of field"],
      ["Q\u0000{a:f64}", 'must be "{"'],
    ];
    for (const [text, message] of bad) {
      const error = assertThrows(() => parseSchema(text), SegmentFormatError, message) as SegmentFormatError;
      assertEquals(error.code, "OBJECT");
    }
  });

  it("refuses deep nesting and long texts at once", () => {
    const start = performance.now();
    const bad = [
      "Q{a:" + "[".repeat(60000),
      "Q{a:".repeat(15000),
      "x".repeat(1e7),
      "Q{" + "a:f64,".repeat(10000),
      "Q{a:enum8(" + Array.from({ length: 6000 }, (_, i) => `m${i}=0`).join(","),
    ];
    for (const text of bad) assertThrows(() => parseSchema(text), SegmentFormatError);
    for (const text of bad.slice(0, 2)) assertThrows(() => parseSchema(text), SegmentFormatError, "at most 16 levels");
    assertLess(performance.now() - start, 20_000); // some 50 ms on an idle machine
  });

  it(`refuses or round-trips mutated texts, seed ${SEED}`, () => {
    const random = new Random(SEED), texts = [TEXT, ...Array.from({ length: 20 }, () => randomStruct(random).schema)];
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      "(",
      ")",
      ":",
      ",",
      ";",
      "=",
      "0",
      "9999999999",
      "u8",
      "a",
      "\0",
      "é",
      " ",
      "\n",
    ];
    let accepted = 0;
    for (let i = 0; i < 5000; i++) {
      let text = pick(random, texts);
      for (let j = 1 + random.below(3); j > 0; j--) {
        const at = random.below(text.length + 1), to = Math.min(text.length, at + random.below(4));
        text = text.slice(0, at) + pick(random, [pick(random, pieces), "", text.slice(at, to + 9)]) + text.slice(to);
      }
      try {
        assertEquals(parseSchema(text).schema, text);
        accepted++;
      } catch (error) {
        if (!(error instanceof SegmentFormatError)) throw new Error(`text ${JSON.stringify(text)}`, { cause: error });
      }
    }
    assert(accepted > 50 && accepted < 4000, `accepted ${accepted}`);
  });
});

describe("diffSchemas", () => {
  it("marks the differences, field by field", () => {
    assertEquals(
      diffSchemas(
        "Quote{bid:f64,size:u32,levels:[Level{px:f64};2]}",
        "Quote{bid:f64,size:f64,levels:[Level{px:decimal(2)};2],time:u53}",
      ),
      `  field        found          expected
  (struct)     Quote          Quote
  bid          f64 @0         f64 @0
! size         u32 @8         f64 @8
  levels       [Level;2] @16  [Level;2] @16
! levels[].px  f64 @16        decimal(2) @16
! time         -              u53 @32
! (size)       32 bytes       40 bytes`,
    );
  });

  const long = "n".repeat(30_000),
    fields = (count: number, prefix = "f") => Array.from({ length: count }, (_, i) => `${prefix}${i}:u8`).join(",");
  const large: [title: string, schema: string][] = [
    ["many fields behind a long name", `S{${long}:T{${fields(3500)}}}`],
    ["many fields", `S{${fields(7000)}}`],
    ["many structs", `S{${Array.from({ length: 4000 }, (_, i) => `f${i}:T{a:u8}`).join(",")}}`],
    ["an enumeration of many names", `S{a:enum16(${Array.from({ length: 4000 }, (_, i) => `f${i}=${i}`).join(",")})}`],
    ["structs in structs", `S{${`${long.slice(0, 3000)}:T{`.repeat(14)}a:u8${"}".repeat(14)}}`],
    ["arrays in arrays", `S{${long}:${"[".repeat(14)}T{${long}:u8}${";1]".repeat(14)}}`],
    ["more than any schema", `S{${fields(9000)}}`],
    ["a name that no field may have", `S{${long}__:u8,constructor:u8}`],
  ];
  for (const [title, schema] of large) {
    it(`is short, and made in no time, of ${title}`, () => {
      for (
        const [found, expected] of [[schema, "S{a:u8}"], ["S{a:u8}", schema], [schema, `${schema.slice(0, -1)},z:u8}`]]
      ) {
        const start = performance.now();
        const diff = diffSchemas(found, expected);
        assertLess(performance.now() - start, 20_000); // at most 400 ms on an idle machine
        assert(diff.length < 25_000, `${diff.length} characters`);
        assert(diff.split("\n").length <= 66, diff);
        assert(diff.includes("(struct)"), diff);
      }
    });
  }

  it("shows the differences where not all fits", () => {
    const diff = diffSchemas(`S{${fields(500)}}`, `S{${fields(500).replace("f400:u8", "f400:i8")}}`);
    const lines = diff.split("\n");
    assertEquals(lines.filter((line) => line.startsWith("!")), ["! f400      u8 @400    i8 @400"]);
    assertEquals(lines.at(-1), "  … and 438 lines more");
    assertEquals(lines.length, 66);
    const all = diffSchemas(`S{${fields(500)}}`, `S{${fields(500, "g")}}`).split("\n");
    assertEquals(all.filter((line) => line.startsWith("!")).length, 62); // name and size are the same
    assertEquals(all.at(-1), "  … and 938 lines more");
  });

  it("distinguishes fields of the same name in different structs", () => {
    const diff = diffSchemas("S{a:T{x:u8},b:U{x:u8}}", "S{a:T{x:u8},b:U{x:i8}}");
    assertEquals(diff.split("\n").filter((line) => line.startsWith("!")), ["! b.x       u8 @1    i8 @1"]);
  });

  it("shows a text that is no schema", () => {
    const diff = diffSchemas("\0garbage", "Quote{bid:f64}");
    assert(diff.includes('! (struct)  no schema: "\\u0000garbage"  Quote'), diff);
  });
});

describe("assertSameLayout", () => {
  const Quote = struct("Quote", { bid: f64, size: u32 });

  it("passes the same layout", () => assertSameLayout("object 'q'", Quote.schema, Quote));

  it("throws both layouts", () => {
    const found = "Quote{bid:f64,size:f64}";
    const error = assertThrows(
      () => assertSameLayout("object 'q'", found, Quote),
      LayoutMismatchError,
      "Cannot open object 'q' as its layout must be the one this program uses:\n",
    ) as LayoutMismatchError;
    assert(/! size +f64 @8 +u32 @8/.test(error.message), error.message);
    assertEquals([error.found, error.expected], [found, Quote.schema]);
  });
});
