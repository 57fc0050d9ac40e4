import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Broadcast, f64, LatestTable, MpmcQueue, Pipeline, Segment, SpscRing, struct } from "@shmkit/shmkit";
import { Region } from "../../lib/memory/mod.ts";

const Quote = struct("Quote", { bid: f64 });

/** Each kind, as a sentence names it, with options for one. */
// deno-lint-ignore no-explicit-any -- five types with five options
const KINDS: readonly [kind: any, name: string, options: Record<string, unknown>][] = [
  [LatestTable, "a LatestTable", { rows: 4 }],
  [SpscRing, "an SpscRing", { capacity: 4 }],
  [Broadcast, "a Broadcast", { capacity: 4 }],
  [Pipeline, "a Pipeline", { capacity: 4, readers: { reader: [] } }],
  [MpmcQueue, "an MpmcQueue", { capacity: 4 }],
];

/** What a program without types may give as options. */
// deno-lint-ignore no-explicit-any -- what no type allows
const WRONG: readonly [title: string, wrong: (options: object) => any, received: string][] = [
  ["no options", () => undefined, "undefined as options"],
  ["null as options", () => null, "null as options"],
  ["options without a layout", (options) => options, "options without it"],
  ["no layout in it", (options) => ({ ...options, layout: null }), "null"],
  ["fields in place of a layout", (options) => ({ ...options, layout: { bid: f64 } }), "object"],
  ["a record in place of its layout", (options) => ({ ...options, layout: Quote.alloc() }), "object"],
  ["a schema in place of a layout", (options) => ({ ...options, layout: Quote.schema }), "string"],
  ["a field in place of a layout", (options) => ({ ...options, layout: f64 }), "object"],
  ["a layout in place of options", () => Quote, "the struct Quote in place of options, so give { layout: Quote }"],
];

for (const [kind, name, right] of KINDS) {
  describe(`${name} whose layout is missing or wrong`, () => {
    for (const [title, wrong, received] of WRONG) {
      it(`refuses ${title}`, () => {
        const options = wrong(right), bytes = kind.byteLength({ ...right, layout: Quote });
        const region = Region.over(new SharedArrayBuffer(bytes));
        kind.init(region, { ...right, layout: Quote });
        using segment = Segment.anonymous({ byteLength: 65_536 });
        segment.create("quotes", kind, { ...right, layout: Quote });
        const uses = [
          () => kind.byteLength(options),
          () => kind.init(region, options),
          () => kind.attach(region, options),
          () => kind.schema(options),
          () => segment.create("other", kind, options),
          () => segment.openOrCreate("other", kind, options),
          () => segment.open("quotes", kind, options),
        ];
        // What a segment is given for undefined is no options at all, which `open` makes an object of.
        const says = (use: number) => options === undefined && use === 6 ? "options without it" : received;
        uses.forEach((use, i) =>
          assertThrows(
            use,
            TypeError,
            `Cannot use ${name} as its options must have a 'layout' made by struct(): received ${says(i)}`,
          )
        );
        assertEquals(segment.objects().map(({ name }) => name), ["quotes"]);
      });
    }
  });
}
