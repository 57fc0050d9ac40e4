import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Region, Segment, struct, u32, type ViewOf } from "@shmkit/shmkit";
import { Pipeline } from "../../lib/channel/pipeline/pipeline.ts";
import type { PipelineReader, PipelineReaderOptions } from "../../lib/channel/pipeline/pipeline_reader.ts";
import {
  gateWord,
  HOLDER_OFFSET,
  KEPT_OFFSET,
  PERMIT_EPOCH_OFFSET,
  PLACE_OFFSET,
  POSITION_OFFSET,
  TAIL_OFFSET,
} from "../../lib/channel/pipeline/format.ts";
import { startPipelineAt } from "./pipeline_sample.ts";
import { Raw } from "./spsc_ring_sample.ts";

const Tick = struct("Tick", { n: u32, checked: u32 });

function pipelineOf(readers: Record<string, string[]>, capacity = 8, start = 0) {
  const options = { layout: Tick, capacity, readers };
  const region = Region.over(new SharedArrayBuffer(Pipeline.byteLength(options)));
  Pipeline.init(region, options);
  startPipelineAt(region.views.u32, start, capacity, Object.keys(readers).length);
  return { pipeline: Pipeline.attach(region, options), region };
}

/** Makes a pipeline whose writer and readers are away look as if that many records had gone through it meanwhile. */
function jumpTo(region: Region, position: number): void {
  startPipelineAt(region.views.u32, position, 0, 0);
}

function drained(reader: PipelineReader<typeof Tick>, limit?: number): number[] {
  const numbers: number[] = [];
  reader.drain((tick: ViewOf<typeof Tick>) => void numbers.push(tick.n), limit);
  return numbers;
}

/** The numbers from one to another. */
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("a reader of a Pipeline that closed", () => {
  for (const from of [undefined, "newest", "oldest"] as const) {
    it(`is followed by one that continues where it was, with from: ${from}`, () => {
      for (const start of [0, 2 ** 31 - 3, 2 ** 32 - 3]) {
        const { pipeline } = pipelineOf({ a: [] }, 16, start), writer = pipeline.writer();
        const first = pipeline.reader("a");
        for (let n = 0; n < 6; n++) writer.push({ n });
        assertEquals(drained(first, 3), [0, 1, 2]);
        first.close();
        for (let n = 6; n < 9; n++) writer.push({ n });
        const second = pipeline.reader("a", { from });
        assertEquals([second.lost, drained(second)], [0, range(3, 9)]);
        second.close();
        const third = pipeline.reader("a", { from });
        assertEquals([third.lost, drained(third)], [0, []]);
      }
    });
  }

  it("counts the records that next returned as received", () => {
    const { pipeline } = pipelineOf({ a: [] }), writer = pipeline.writer(), first = pipeline.reader("a");
    for (let n = 0; n < 4; n++) writer.push({ n });
    assertEquals([first.next()!.n, first.next()!.n], [0, 1]);
    first.close();
    assertEquals(drained(pipeline.reader("a")), [2, 3]);
  });

  it("has a successor that knows exactly how many records are lost, past 2^30, 2^31, 2^32 and any multiple of it", () => {
    for (const start of [0, 5, 2 ** 30 - 4, 2 ** 31 - 1, 2 ** 32 - 2, 2 ** 33 + 7]) {
      for (
        const gone of [1, 8, 9, 1000, 2 ** 30, 2 ** 31 + 3, 2 ** 32 - 8, 2 ** 32, 2 ** 32 + 3, 3 * 2 ** 32 + 1, 2 ** 45]
      ) {
        const { pipeline, region } = pipelineOf({ a: [] }, 8, start);
        pipeline.reader("a").close();
        jumpTo(region, start + gone);
        const reader = pipeline.reader("a"), lost = Math.max(0, gone - 8);
        assertEquals([reader.lost, reader.position], [lost, (start + lost) % 2 ** 32], `${start} ${gone}`);
        reader.close();
        jumpTo(region, start + 2 * gone + 2 ** 32);
        assertEquals(pipeline.reader("a").lost, start + 2 * gone + 2 ** 32 - 8 - (start + lost), `${start} ${gone}`);
      }
    }
  });

  it("keeps its epoch while it reads through several", () => {
    const { pipeline, region } = pipelineOf({ a: [], b: [] }, 8, 2 ** 30 - 4), writer = pipeline.writer();
    const reader = pipeline.reader("a"), words = region.views.i32;
    const epochs = () => [words[PERMIT_EPOCH_OFFSET / 4], words[gateWord(0, PLACE_OFFSET)] >>> 2];
    assertEquals(epochs(), [1, 0]);
    for (let n = 0; n < 20; n++) {
      writer.push({ n });
      assertEquals(drained(reader), [n]);
    }
    assertEquals(epochs()[0], 1);
    reader.close();
    assertEquals([epochs(), pipeline.reader("a").lost], [[1, 1], 0]);
  });
});

describe("the epochs of a Pipeline", () => {
  it("are right wherever the writer stops and continues, and whatever it aborts", () => {
    for (const capacity of [2, 5, 8]) {
      for (const before of [1, 6, 11]) {
        const start = 2 ** 32 - before, { pipeline, region } = pipelineOf({ a: [], b: [] }, capacity, start);
        const a = pipeline.reader("a");
        let next = start;
        for (let round = 0; round < 12; round++) {
          const writer = pipeline.writer();
          for (let i = 0; i < 1 + round % capacity; i++) assert(writer.claim() !== undefined);
          if (round % 3 === 0) writer.abort();
          else {
            next += writer.claimed;
            writer.publish();
          }
          writer.close();
          a.drain(() => {});
          const b = pipeline.reader("b");
          assertEquals([b.position, a.position], [b.lost === 0 ? b.position : -1, next % 2 ** 32]);
          b.drain(() => {});
          b.close();
        }
        a.close();
        jumpTo(region, next + 2 ** 32 + 100);
        const { lost } = pipeline.reader("a");
        assertEquals(lost, 2 ** 32 + 100 - capacity, `${capacity} ${before}`);
      }
    }
  });

  it("survive the death of a writer between the two stores of a permit", () => {
    const { pipeline, region } = pipelineOf({ a: [] }, 4, 2 ** 32 - 6);
    region.views.i32[PERMIT_EPOCH_OFFSET / 4]++; // the permit would have come next
    const reader = pipeline.reader("a"), writer = pipeline.writer();
    for (let n = 0; n < 12; n++) {
      assert(writer.push({ n }));
      assertEquals(drained(reader), [n]);
    }
    reader.close();
    jumpTo(region, 2 ** 33);
    assertEquals(pipeline.reader("a").lost, 2 ** 33 - 4 - (2 ** 32 + 6));
  });

  it("reach readers that stand still for long", () => {
    // As if both had gone on for nearly an epoch, time and again, before the writer finds out about space.
    const { pipeline, region } = pipelineOf({ a: [] }), words = region.views.i32, reader = pipeline.reader("a");
    let position = 0;
    for (let step = 0; step < 12; step++) {
      position += 2 ** 30 - 12345;
      words[TAIL_OFFSET / 4] = words[gateWord(0, POSITION_OFFSET)] = position | 0;
      const writer = pipeline.writer();
      for (let n = 0; n < 8; n++) assert(writer.push({ n }));
      writer.close();
    }
    const place = words[gateWord(0, PLACE_OFFSET)] >>> 2, whole = Math.floor(position / 2 ** 30);
    assert(place <= whole && place > whole - 3, `${place} ${whole}`);
    reader.close();
    jumpTo(region, position + 5 * 2 ** 32 + 9);
    assertEquals(pipeline.reader("a").lost, 5 * 2 ** 32 + 1);
  });
});

describe("a reader of a Pipeline that asks for a position", () => {
  it("begins there, forwards or back, and counts lost records", () => {
    for (const start of [0, 2 ** 32 - 12]) {
      const at = (n: number) => (start + n) % 2 ** 32;
      const { pipeline } = pipelineOf({ a: [] }, 8, start), writer = pipeline.writer();
      const beginning = (from: number) => {
        const reader = pipeline.reader("a", { from: at(from) });
        const result = [reader.lost, ...drained(reader)];
        reader.close();
        return result;
      };
      for (let n = 0; n < 24; n++) writer.push({ n });
      const first = pipeline.reader("a", { from: at(18) });
      assertEquals([first.lost, drained(first, 2)], [0, [18, 19]]);
      first.close();
      assertEquals(beginning(22), [0, 22, 23]);
      assertEquals(beginning(18), [0, ...range(18, 24)]);
      assertEquals(beginning(5), [11, ...range(16, 24)]);
      assertEquals(beginning(24), [0]); // pipeline.position
      for (const from of [25, 2 ** 31 + 24]) assertThrows(() => beginning(from), RangeError, "or a position up to");
    }
    const { pipeline } = pipelineOf({ a: [] });
    assertThrows(() => pipeline.reader("a", { from: 2 ** 32 - 1 }), RangeError, "a position up to 0");
  });

  it("takes a dead reader's place and keeps the records it had not received, wherever it asks to begin", () => {
    using one = Segment.anonymous({ byteLength: 2 ** 20 });
    const two = Segment.open(one.name);
    const here = one.create("ticks", Pipeline, { layout: Tick, capacity: 8, readers: { a: [] } });
    two.open("ticks", Pipeline, { layout: Tick }).reader("a");
    const writer = here.writer();
    for (let n = 0; n < 8; n++) writer.push({ n });
    two.close();
    const reader = here.reader("a", { from: 3 });
    assertEquals([reader.lost, drained(reader)], [0, range(3, 8)]);
  });
});

describe("a reader of a Pipeline that waits for those before it", () => {
  const WAIT: PipelineReaderOptions = { whenMissing: "wait" };

  it("receives nothing that a restarted one has not received", () => {
    const { pipeline } = pipelineOf({ risk: [], hedger: ["risk"] }), writer = pipeline.writer();
    const hedger = pipeline.reader("hedger", WAIT), check = (tick: ViewOf<typeof Tick>) => void (tick.checked = 1);
    let risk = pipeline.reader("risk");
    for (const n of [0, 1]) writer.push({ n, checked: 0 });
    risk.drain(check, 1);
    risk.close();
    for (const n of [2, 3, 4]) writer.push({ n, checked: 0 });
    assertEquals([hedger.missing, drained(hedger)], [["risk"], []]);
    risk = pipeline.reader("risk");
    assertEquals([risk.lost, drained(hedger)], [0, [0]]);
    risk.drain(check);
    assertEquals(hedger.drain((tick) => assertEquals(tick.checked, 1)), 4);
  });

  for (const from of ["newest", "oldest", 6] as const) {
    it(`is not overtaken by one that begins with ${from}`, () => {
      const { pipeline } = pipelineOf({ book: [], risk: ["book"], hedger: ["risk"] }), writer = pipeline.writer();
      for (let n = 0; n < 3; n++) writer.push({ n });
      const hedger = pipeline.reader("hedger", WAIT); // from 3 on
      for (let n = 3; n < 7; n++) writer.push({ n });
      // Through risk, of which the others do not know whether it passes or waits.
      const book = pipeline.reader("book", { from }), risk = pipeline.reader("risk", { from, ...WAIT });
      const first = from === "oldest" ? 0 : 3;
      assertEquals([book.position, risk.position, drained(hedger)], [first, first, []]);
      assertEquals([drained(risk), drained(book), drained(risk)], [[], range(first, 7), range(first, 7)]);
      assertEquals([drained(hedger), book.lost, risk.lost, hedger.lost], [range(3, 7), 0, 0, 0]);
    });
  }

  it("begins with nothing that they never received", () => {
    const { pipeline } = pipelineOf({ book: [], risk: ["book"], hedger: ["risk"] }), writer = pipeline.writer();
    for (let n = 0; n < 6; n++) writer.push({ n });
    const risk = pipeline.reader("risk");
    assertEquals(risk.position, 6);
    const early = pipeline.reader("hedger", { from: "oldest" }); // passes, and so may see them
    assertEquals(early.position, 0);
    early.close();
    const hedger = pipeline.reader("hedger", WAIT);
    assertEquals([hedger.position, hedger.lost], [6, 6]); // follows one that was to receive them
    hedger.close();
    const { pipeline: other } = pipelineOf({ book: [], risk: ["book"], hedger: ["risk"] }), feed = other.writer();
    for (let n = 0; n < 6; n++) feed.push({ n });
    const book = other.reader("book");
    const last = other.reader("hedger", { from: "oldest", ...WAIT });
    assertEquals([book.position, last.position, last.lost], [6, 6, 0]);
  });

  it("does not let a reader repeat what it has received already", () => {
    const { pipeline } = pipelineOf({ risk: [], hedger: ["risk"] }), writer = pipeline.writer();
    const risk = pipeline.reader("risk"), hedger = pipeline.reader("hedger", WAIT);
    for (let n = 0; n < 6; n++) writer.push({ n });
    assertEquals([drained(risk, 5), drained(hedger, 2)], [range(0, 5), [0, 1]]);
    risk.close();
    const next = pipeline.reader("risk", { from: 6 }); // would leave out what hedger waits for
    assertEquals([next.position, drained(next), drained(hedger)], [5, [5], range(2, 6)]);
    next.close();
    writer.push({ n: 6 });
    const back = pipeline.reader("risk", { from: 3 });
    assertEquals([drained(hedger), drained(back), drained(hedger)], [[], range(3, 7), [6]]);
  });
});

describe("joining a Pipeline", () => {
  it("takes nothing if it is refused: a dead reader's records stay", () => {
    using one = Segment.anonymous({ byteLength: 2 ** 20 });
    const two = Segment.open(one.name);
    const here = one.create("ticks", Pipeline, { layout: Tick, capacity: 8, readers: { a: [], b: ["a"] } });
    two.open("ticks", Pipeline, { layout: Tick }).reader("a", { from: "oldest" });
    two.open("ticks", Pipeline, { layout: Tick }).writer().push({ n: 0 });
    const words = one.open("ticks", { kind: "Pipeline", ...Raw }, {});
    two.close();
    const before = [...words];
    const bad = [
      { wait: "blok" },
      { whenMissing: "stop" },
      { from: "first" },
      { from: 77 },
      { from: 0.5 },
      { wait: 5 },
      null,
    ];
    for (const options of bad) {
      for (const reader of ["a", "b"]) assertThrows(() => here.reader(reader, options as PipelineReaderOptions));
      assertThrows(() => here.reader("c", options as PipelineReaderOptions));
    }
    assertThrows(() => here.writer({ wait: "blok" as "block" }), TypeError);
    assertEquals([...words], before);
    const writer = here.writer();
    for (let n = 1; n < 5; n++) writer.push({ n });
    const reader = here.reader("a");
    assertEquals([drained(reader), reader.lost], [range(0, 5), 0]);
  });

  it("is completed by a successor if it dies in between: the kept place is accounted for", () => {
    // Dead in each state between taking the place and reading: with and without the writer waiting.
    for (const isWaitedFor of [true, false]) {
      for (const joins of [1, 2, 3]) {
        using one = Segment.anonymous({ byteLength: 2 ** 20 });
        const here = one.create("ticks", Pipeline, { layout: Tick, capacity: 4, readers: { a: [] } });
        const i32 = one.open("ticks", { kind: "Pipeline", ...Raw }, {}), writer = here.writer();
        here.reader("a").close(); // at 0
        for (let n = 0; n < 12; n++) assert(writer.push({ n }));
        for (let i = 0; i < joins; i++) {
          const two = Segment.open(one.name);
          two.open("ticks", Pipeline, { layout: Tick }).reader("a");
          const floats = one.open("ticks", { ...Raw, kind: "Pipeline", attach: (region) => region.views.f64 }, {});
          assertEquals(floats[gateWord(0, KEPT_OFFSET) / 2], 0);
          i32[gateWord(0, PLACE_OFFSET)] = 1; // back to JOINING
          if (!isWaitedFor) i32[gateWord(0, HOLDER_OFFSET)] |= 0x8000_0000;
          two.close();
        }
        const reader = here.reader("a");
        assertEquals([reader.lost, drained(reader)], [8, [8, 9, 10, 11]]);
      }
    }
  });

  it("is right from a place 2^31 records and more ago, while others continue", () => {
    for (const gone of [2 ** 31 - 5, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 3, 2 ** 32, 2 ** 32 + 2]) {
      const { pipeline, region } = pipelineOf({ a: [], b: ["a"] }, 4);
      pipeline.reader("a").close();
      jumpTo(region, gone);
      const writer = pipeline.writer(), b = pipeline.reader("b", { whenMissing: "wait" });
      for (let n = 0; n < 3; n++) assert(writer.push({ n }));
      const a = pipeline.reader("a");
      assertEquals([a.lost, b.length, writer.free], [gone - 4 + 4, 0, 1]);
      assert(writer.push({ n: 3 }));
      assertEquals([writer.push({ n: 4 }), drained(b), drained(a), drained(b)], [false, [], range(0, 4), range(0, 4)]);
    }
  });
});
