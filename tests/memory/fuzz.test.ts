import { assert, assertEquals } from "@std/assert";
import { readFileSync, writeFileSync } from "node:fs";
import { Buffer } from "node:buffer";
import process from "node:process";
import { describe, it } from "node:test";
import {
  chars,
  decimal,
  f64,
  LatestTable,
  LayoutMismatchError,
  Segment,
  SegmentFormatError,
  SegmentStateError,
  struct,
  u53,
} from "@shmkit/shmkit";
import { Random } from "../../support/random.ts";
import { withName } from "../../support/segments.ts";

const Quote = struct("Quote", { bid: f64, ask: decimal(8), time: u53, name: chars(8) });
/** In each runtime's suite. */
const CASES = 1000;

/** Everything a program does with a segment that it did not make. */
function useAll(name: string): void {
  using segment = Segment.open(name, { timeoutMs: 0 });
  segment.participants();
  const quote = Quote.alloc();
  for (const { name } of segment.objects()) {
    const quotes = segment.open(name, LatestTable, { layout: Quote });
    for (let row = 0; row < Math.min(quotes.rows, 8); row++) {
      quotes.version(row);
      if (quotes.read(row, quote)) Quote.toObject(quote);
    }
    using writer = quotes.writer();
    writer.write(0, { bid: 1 });
  }
  segment.openOrCreate("new", LatestTable, { layout: Quote, rows: 2 });
}

describe("a segment whose bytes were changed at random", () => {
  it(`is used or refused with a typed error, in ${CASES} cases`, () =>
    withName((name) => {
      const seed = Number(process.env.SHMKIT_SEED ?? Date.now() >>> 0);
      console.log(`seed ${seed}: repeat with SHMKIT_SEED=${seed}`);
      const random = new Random(seed);
      {
        using segment = Segment.create(name, { byteLength: 16_384 });
        for (const object of ["a", "b", "c"]) {
          const quotes = segment.create(object, LatestTable, { layout: Quote, rows: 4 });
          quotes.writer().write(1, { bid: 1, ask: 2, time: 3, name: "four" });
        }
      }
      const path = `/dev/shm${name}`, good = readFileSync(path);
      // Header, catalog and the objects' own headers: the slots of participants and the rows hold no offsets.
      const catalog = 128 + 8 * 64;
      const ranges = [[0, 128], [catalog, catalog + 64 + 3 * 128], [catalog + 64 + 8 * 128, 16_384]];
      const outcomes = new Map<string, number>();
      for (let i = 0; i < CASES; i++) {
        const bytes = Buffer.from(good);
        for (let changes = 1 + random.below(4); changes > 0; changes--) {
          const [start, end] = ranges[random.below(ranges.length)];
          const at = start + random.below(end - start);
          // A flipped bit, a random byte, or a word of the kind that offsets and lengths trip over.
          const kind = random.below(3);
          if (kind === 0) bytes[at] ^= 1 << random.below(8);
          else if (kind === 1) bytes[at] = random.below(256);
          else {
            const words = [0, 1, 0xffffffff, 0x7fffffff, 0x80000000, 4096, 16_384, random.u32()];
            bytes.writeUInt32LE(words[random.below(words.length)], Math.min(at & ~3, bytes.length - 4));
          }
        }
        writeFileSync(path, bytes);
        let outcome = "used";
        try {
          useAll(name);
        } catch (error) {
          const typed = error instanceof SegmentFormatError || error instanceof SegmentStateError ||
            // an enumeration or a count out of range
            error instanceof LayoutMismatchError || error instanceof RangeError;
          assert(typed, `case ${i} of seed ${seed}: ${error instanceof Error ? error.stack : error}`);
          outcome = (error as { code?: string }).code ?? error.constructor.name;
        }
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      console.log([...outcomes].sort().map(([outcome, count]) => `${outcome} ${count}`).join(", "));
      assertEquals([...outcomes.values()].reduce((sum, count) => sum + count, 0), CASES);
      assert(outcomes.size > 4, "the changes reached too little");
    }));
});
