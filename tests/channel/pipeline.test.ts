import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  ClosedError,
  NotOwnerError,
  ReadOnlyError,
  Region,
  RoleTakenError,
  Segment,
  SegmentFormatError,
  struct,
  u32,
  type ViewOf,
} from "@shmkit/shmkit";
import { Pipeline } from "../../lib/channel/pipeline/pipeline.ts";
import { HOLDER_OFFSET, MARK, PIPELINE_HEADER_BYTES } from "../../lib/channel/pipeline/format.ts";
import type { PipelineReader } from "../../lib/channel/pipeline/pipeline_reader.ts";
import { startPipelineAt } from "./pipeline_sample.ts";

const Tick = struct("Tick", { n: u32, seen: u32 });
const CHAIN = { first: [], second: ["first"] };

function pipelineOf(readers: Record<string, string[]> = CHAIN, capacity = 4, start = 0) {
  const options = { layout: Tick, capacity, readers };
  const region = Region.over(new SharedArrayBuffer(Pipeline.byteLength(options)));
  Pipeline.init(region, options);
  startPipelineAt(region.views.u32, start, capacity, Object.keys(readers).length);
  return { pipeline: Pipeline.attach(region, options), region };
}

/** Two attachments of one segment, and a pipeline in it. */
function pipelineInSegment(readers: Record<string, string[]> = CHAIN, capacity = 4) {
  const one = Segment.anonymous({ byteLength: 2 ** 20 });
  const two = Segment.open(one.name, { role: "doomed" });
  const here = one.create("ticks", Pipeline, { layout: Tick, capacity, readers });
  return { one, two, here, there: two.open("ticks", Pipeline, { layout: Tick }) };
}

function drained(reader: PipelineReader<typeof Tick>, limit?: number): number[] {
  const numbers: number[] = [];
  assertEquals(reader.drain((tick: ViewOf<typeof Tick>) => void numbers.push(tick.n), limit), numbers.length);
  return numbers;
}

const states = (pipeline: Pipeline<typeof Tick>) => pipeline.gates().map(({ state, drops }) => [state, drops]);

describe("Pipeline", () => {
  it("shows each reader every record, after those it comes after", () => {
    const { pipeline } = pipelineOf(), writer = pipeline.writer();
    const first = pipeline.reader("first"), second = pipeline.reader("second"), tick = Tick.alloc();
    for (let n = 1; n <= 4; n++) assert(writer.push({ n }));
    assertEquals([writer.push({ n: 5 }), writer.free, pipeline.length, pipeline.free], [false, 0, 4, 0]);
    assertEquals([drained(second), second.length, first.length], [[], 0, 4]);
    assertEquals([drained(first, 2), second.length], [[1, 2], 2]);
    assertEquals([second.shift(tick), tick.n, drained(second)], [true, 1, [2]]);
    assertEquals([writer.free, writer.push({ n: 5 }), pipeline.length], [2, true, 3]);
    assertEquals([drained(first), drained(second), pipeline.length, pipeline.refusals], [[3, 4, 5], [3, 4, 5], 0, 1]);
    assertEquals(pipeline.highWater, 4);
    assertEquals(
      pipeline.gates().map(({ name, after, position, lag }) => [name, after, position, lag]),
      [["first", [], 5, 0], ["second", ["first"], 5, 0]],
    );
  });

  it("runs readers in parallel, and one after both", () => {
    const { pipeline } = pipelineOf({ last: ["left", "right"], left: [], right: [] }, 8), writer = pipeline.writer();
    const [last, left, right] = ["last", "left", "right"].map((name) => pipeline.reader(name));
    for (let n = 0; n < 6; n++) writer.push({ n });
    assertEquals([drained(left, 5), drained(last)], [[0, 1, 2, 3, 4], []]);
    assertEquals([drained(right, 2), drained(last)], [[0, 1], [0, 1]]);
    assertEquals([drained(right), drained(last)], [[2, 3, 4, 5], [2, 3, 4]]);
  });

  it("does not wait for a missing reader, and names it", () => {
    const { pipeline } = pipelineOf(), writer = pipeline.writer();
    for (let n = 0; n < 10; n++) assert(writer.push({ n }));
    const second = pipeline.reader("second");
    assertEquals([second.missing, states(pipeline)], [["first"], [["absent", 0], ["reading", 0]]]);
    writer.push({ n: 10 });
    assertEquals(drained(second), [10]);
    const first = pipeline.reader("first");
    writer.push({ n: 11 });
    assertEquals([second.missing, drained(second), drained(first), drained(second)], [[], [], [11], [11]]);
    first.close();
    first.close();
    writer.push({ n: 12 });
    assertEquals([second.missing, drained(second)], [["first"], [12]]);
    second.close();
    for (let n = 0; n < 10; n++) assert(writer.push({ n }));
  });

  it("waits for a missing reader on request", () => {
    const { pipeline } = pipelineOf(), writer = pipeline.writer();
    const second = pipeline.reader("second", { whenMissing: "wait" });
    for (let n = 0; n < 4; n++) assert(writer.push({ n }));
    assertEquals([drained(second), writer.push({ n: 4 })], [[], false]);
    const first = pipeline.reader("first", { from: "oldest" });
    assertEquals([drained(first, 3), drained(second)], [[0, 1, 2], [0, 1, 2]]);
    assertThrows(() => pipeline.reader("none"), RangeError, 'must be one of first, second: received "none"');
    first.close();
    assertThrows(() => pipeline.reader("first", { whenMissing: "stop" as "wait" }), TypeError, "whenMissing");
    for (const from of [5, -1, 2.5, 2 ** 32, 2 ** 32 - 1, NaN, "first" as "oldest", null as unknown as "oldest"]) {
      assertThrows(() => pipeline.reader("first", { from }), RangeError, "'from'");
    }
    assertEquals(states(pipeline)[0], ["absent", 0]);
  });

  it("begins with the newest or the oldest that is safe", () => {
    for (const start of [0, 2 ** 31 - 2, 2 ** 32 - 2]) {
      const { pipeline } = pipelineOf({ a: [], b: [], c: [] }, 4, start), writer = pipeline.writer();
      const a = pipeline.reader("a", { from: "oldest" });
      for (let n = 0; n < 3; n++) writer.push({ n });
      const b = pipeline.reader("b", { from: "oldest" }), c = pipeline.reader("c");
      writer.push({ n: 3 });
      assertEquals([drained(a), drained(b), drained(c)], [[0, 1, 2, 3], [0, 1, 2, 3], [3]]);
      assertEquals([a.lost, b.lost, c.lost, a.position], [0, 0, 0, (start + 4) % 2 ** 32]);
    }
  });

  it("never shows a record that is only claimed, however late a reader comes", () => {
    const { pipeline } = pipelineOf({ a: [] }, 4), writer = pipeline.writer();
    for (let n = 0; n < 6; n++) writer.push({ n });
    for (const n of [6, 7]) writer.claim()!.n = n;
    for (const from of ["oldest", "newest"] as const) {
      const reader = pipeline.reader("a", { from });
      assert(drained(reader).every((n) => n < 6));
      reader.close();
    }
    writer.publish();
  });

  it("counts on past 2^31 and 2^32, at every capacity", () => {
    for (const capacity of [2, 3, 5, 64]) {
      for (const start of [2 ** 31, 2 ** 32]) {
        const { pipeline } = pipelineOf(CHAIN, capacity, start - 3), writer = pipeline.writer();
        const first = pipeline.reader("first"), second = pipeline.reader("second");
        let next = 0;
        for (let round = 0; round < 5; round++) {
          while (writer.push({ n: next })) next++;
          assertEquals([pipeline.length, writer.free], [capacity, 0]);
          const expected = Array.from({ length: capacity }, (_, i) => round * capacity + i);
          assertEquals([drained(first), drained(second)], [expected, expected]);
        }
        assertEquals([pipeline.position, next], [(start - 3 + next) % 2 ** 32, 5 * capacity]);
      }
    }
  });

  it("lets a reader throw, and refuses to be used by its own function", () => {
    const { pipeline } = pipelineOf(), writer = pipeline.writer(), first = pipeline.reader("first");
    for (let n = 0; n < 3; n++) writer.push({ n });
    assertThrows(
      () =>
        first.drain((tick) => {
          if (tick.n === 1) throw new Error("enough");
        }),
      Error,
      "enough",
    );
    assertThrows(() => first.drain(() => void first.drain(() => {})), TypeError, "its drain is running");
    assertThrows(() => first.drain(() => first.close()), TypeError, "its drain is running");
    assertEquals(drained(first), [1, 2]);
    assertThrows(() => writer.publish(), TypeError, "nothing was claimed");
    assertThrows(() => first.drain(() => {}, 0), RangeError, "1 or more");
    writer.claim();
    writer.abort();
    assertEquals([writer.claimed, drained(first)], [0, []]);
  });

  const bad: [what: string, options: Partial<{ capacity: number; readers: unknown }>, message: string][] = [
    ["a capacity of 1", { capacity: 1 }, "received 1"],
    ["a capacity of 2.5", { capacity: 2.5 }, "received 2.5"],
    ["no reader", { readers: {} }, "1 to 32: received 0"],
    ["33 readers", { readers: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`r${i}`, []])) }, "received 33"],
    ["an unknown dependency", { readers: { a: ["b"] } }, "what 'a' comes after must be a reader: received \"b\""],
    ["a circle", { readers: { a: ["c"], b: ["a"], c: ["b"] } }, "a after c after b after a"],
    ["a reader after itself", { readers: { a: ["a"] } }, "a after a"],
    ["an empty name", { readers: { "": [] } }, "not empty"],
    ["a long name", { readers: { ["é".repeat(25)]: [] } }, "at most 48 bytes"],
  ];
  for (const [what, options, message] of bad) {
    it(`refuses ${what}`, () =>
      void assertThrows(
        () => Pipeline.byteLength({ layout: Tick, capacity: 4, readers: CHAIN, ...options } as never),
        RangeError,
        message,
      ));
  }

  it("refuses memory that holds no pipeline, or another one", () => {
    const { region } = pipelineOf(), { u32: words } = region.views;
    const attach = (options = {}) => Pipeline.attach(region, { layout: Tick, ...options });
    assertThrows(() => Pipeline.attach(Region.over(new ArrayBuffer(64)), { layout: Tick }), SegmentFormatError, "512");
    assertThrows(() => Pipeline.attach(Region.over(new ArrayBuffer(4096)), { layout: Tick }), SegmentFormatError);
    assertThrows(() => attach({ capacity: 8 }), SegmentFormatError, "8 in the options");
    assertThrows(
      () => attach({ readers: { first: [] } }),
      SegmentFormatError,
      `first, second after first": found "first" in the options`,
    );
    for (
      const [word, value] of [[0, 1], [1, 7], [2, 0], [2, 40], [0, 2 ** 30], [(512 + 136) / 4, 4], [(512 + 136) / 4, 2]]
    ) {
      const before = words[word];
      words[word] = value;
      assertThrows(attach, SegmentFormatError, "Cannot attach to pipeline");
      words[word] = before;
    }
    assertEquals(attach().readers, ["first", "second"]);
  });
});

describe("a Pipeline's roles", () => {
  it("have one live holder each", () => {
    const { one, two, here, there } = pipelineInSegment();
    using _one = one;
    using _two = two;
    const writer = here.writer(), first = here.reader("first");
    assertThrows(() => there.writer(), RoleTakenError, "which is alive");
    assertThrows(() => there.reader("first"), RoleTakenError, "'first' of 'ticks'");
    there.reader("second");
    writer.close();
    first.close();
    for (const use of [() => writer.claim(), () => writer.push({ n: 1 }), () => writer.publish()]) {
      assertThrows(use, NotOwnerError, "call writer() again");
    }
    assertThrows(() => first.drain(() => {}), NotOwnerError, "call reader() again");
    there.writer().push({ n: 1 });
    there.reader("first");
    assertThrows(() => here.reader("first"), RoleTakenError, "(doomed), which is alive");
  });

  it("end with their attachment: a successor in time loses nothing, and receives the drained records again", () => {
    const { one, two, here, there } = pipelineInSegment();
    using _one = one;
    const writer = here.writer(), first = there.reader("first"), second = here.reader("second");
    for (let n = 0; n < 4; n++) writer.push({ n });
    assertEquals(drained(first, 1), [0]);
    two.close();
    assertThrows(() => first.drain(() => {}), ClosedError);
    assertEquals(here.gates()[0].state, "dead");
    const next = here.reader("first"); // no process had to wait meanwhile
    assertEquals([next.lost, drained(next), drained(second), states(here)[0]], [0, [1, 2, 3], [0, 1, 2, 3], [
      "reading",
      0,
    ]]);
  });

  it("are dropped when they die and another process waits; the successor knows what it lost", () => {
    const { one, two, here, there } = pipelineInSegment();
    using _one = one;
    const writer = here.writer(), second = here.reader("second");
    there.reader("first");
    for (let n = 0; n < 4; n++) writer.push({ n });
    assertEquals([writer.push({ n: 4 }), drained(second)], [false, []]); // alive: everyone waits
    two.close();
    for (let n = 4; n < 20; n++) {
      assert(second.drainWait(() => {}, 4, { timeoutMs: 10_000 }) > 0);
      assert(writer.pushWait({ n }, { timeoutMs: 10_000 }));
    }
    assertEquals([second.missing, states(here)], [["first"], [["dropped", 1], ["reading", 0]]]);
    const next = here.reader("first");
    const received = drained(next);
    assertEquals(received.at(-1), 19);
    assertEquals([next.lost + received.length, states(here)[0]], [20, ["reading", 1]]);
    assertEquals(received, received.map((_, i) => 20 - received.length + i));
  });

  it("survive a death in the middle of joining", () => {
    const { one, two, here, there } = pipelineInSegment({ only: [] });
    using _one = one;
    const writer = here.writer(),
      words = one.open("ticks", {
        kind: "Pipeline",
        byteLength: () => 8,
        init: () => {},
        attach: (region: Region) => region.views.i32,
      }, {});
    const holder = (PIPELINE_HEADER_BYTES + HOLDER_OFFSET) / 4;
    there.reader("only");
    words[holder] |= MARK; // as if it had not come to where the writer waits for it
    for (let n = 0; n < 9; n++) assert(writer.push({ n }));
    assertThrows(() => here.reader("only"), RoleTakenError, "which is alive");
    two.close();
    assertEquals(here.gates()[0].state, "absent");
    const reader = here.reader("only");
    assertEquals(reader.lost + drained(reader).length, 9);
  });

  it("can be inspected, and nothing else, through a read-only attachment", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 20 });
    const pipeline = segment.create("ticks", Pipeline, { layout: Tick, capacity: 4, readers: CHAIN });
    pipeline.reader("first");
    pipeline.writer().push({ n: 1 });
    using other = Segment.open(segment.name, { readOnly: true });
    const seen = other.open("ticks", Pipeline, { layout: Tick });
    assertEquals([seen.position, seen.length, seen.gates()[0].lag], [1, 1, 1]);
    assertThrows(() => seen.writer(), ReadOnlyError);
    assertThrows(() => seen.reader("second"), ReadOnlyError);
    other.close();
    assertThrows(() => seen.gates(), ClosedError);
  });
});
