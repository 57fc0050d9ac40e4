import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { ClosedError, NotOwnerError, Region, Segment, struct, u32, type ViewOf } from "@shmkit/shmkit";
import { Pipeline } from "../../lib/channel/pipeline/pipeline.ts";
import {
  HIGH_WATER_OFFSET,
  MOVED_EVENT_OFFSET,
  PIPELINE_HEADER_BYTES,
  PUBLISHED_EVENT_OFFSET,
  REFUSALS_OFFSET,
} from "../../lib/channel/pipeline/format.ts";
import { leavesWords } from "./words.ts";

const Tick = struct("Tick", { n: u32, seen: u32 });
const CHAIN = { first: [], second: ["first"] };
/** Words that are statistics, or marks of sleepers. */
const MAY_CHANGE = [
  REFUSALS_OFFSET,
  REFUSALS_OFFSET + 4,
  HIGH_WATER_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  ...[0, 1].map((gate) => PIPELINE_HEADER_BYTES + gate * 256 + MOVED_EVENT_OFFSET),
];

function pipelineOf(capacity = 4) {
  const options = { layout: Tick, capacity, readers: CHAIN };
  const region = Region.over(new SharedArrayBuffer(Pipeline.byteLength(options)));
  Pipeline.init(region, options);
  return { pipeline: Pipeline.attach(region, options), region };
}

describe("what a Pipeline refuses", () => {
  for (const wait of ["spin", "yield", "block"] as const) {
    it(`leaves no word changed, and no wait that runs out of time does, with ${wait}`, () => {
      const { pipeline, region } = pipelineOf(), writer = pipeline.writer({ wait });
      const first = pipeline.reader("first", { wait }),
        second = pipeline.reader("second", { wait, whenMissing: "wait" });
      const tick = Tick.alloc(), soon = { timeoutMs: 2 };
      const nothing = () => {
        assertEquals([second.drain(() => {}), second.shift(tick), second.next()], [0, false, undefined]);
        assertEquals([second.drainWait(() => {}, 1, soon), second.shiftWait(tick, soon)], [0, false]);
        assertEquals([second.nextWait(soon), second.length], [undefined, 0]);
      };
      leavesWords(region, MAY_CHANGE, nothing);
      leavesWords(region, MAY_CHANGE, () => {
        assertThrows(() => writer.publish(), TypeError);
        assertThrows(() => writer.push({ n: -1 }), RangeError);
        assertThrows(() => writer.pushWait({ n: -1 }), RangeError);
        assertThrows(() => first.drain(() => {}, 0), RangeError);
        assertThrows(() => first.shiftWait(tick, { timeoutMs: -1 }), RangeError);
        assertThrows(() => first.nextWait({ timeoutMs: NaN }), RangeError);
      });
      for (let n = 0; n < 4; n++) writer.push({ n });
      leavesWords(region, MAY_CHANGE, () => {
        nothing();
        assertEquals([writer.claim(), writer.push({ n: 4 }), writer.free], [undefined, false, 0]);
        assertEquals([writer.claimWait(soon), writer.pushWait({ n: 4 }, soon)], [undefined, false]);
        assertThrows(() => writer.claimWait({ timeoutMs: -1 }), RangeError);
        assertThrows(() => first.shift(struct("Other", { a: u32 }).alloc() as never), TypeError);
      });
      const fail = () => {
        throw new Error("enough");
      };
      leavesWords(region, MAY_CHANGE, () => void assertThrows(() => first.drain(fail), Error, "enough"));
      assertEquals([first.drain(() => {}), second.drain(() => {}), pipeline.refusals], [4, 4, 2]);
    });
  }

  it("is a function that is asynchronous: the record stays", () => {
    const { pipeline, region } = pipelineOf(), writer = pipeline.writer(), first = pipeline.reader("first");
    const seen: number[] = [];
    for (let n = 0; n < 3; n++) writer.push({ n });
    const later = async (tick: ViewOf<typeof Tick>) => {
      await 0;
      seen.push(tick.n);
    };
    leavesWords(region, [], () => {
      // @ts-expect-error: a promise is nothing to return
      assertThrows(() => first.drain(later), TypeError, "must have done its work");
      // @ts-expect-error: a promise is nothing to return
      assertThrows(() => first.drainWait((tick) => later(tick), 2), TypeError, "must have done its work");
      // @ts-expect-error: nor is anything that can be waited for
      assertThrows(() => first.drain(() => ({ then: () => {} })), TypeError, "must have done its work");
    });
    assertEquals(first.drain((tick) => seen.push(tick.n)), 3);
    assertEquals(writer.push({ n: 3 }) && first.drain(() => ({ any: "object" })), 1);
  });

  it("is the use of a reader by the function that its drain calls", () => {
    const { pipeline, region } = pipelineOf(), writer = pipeline.writer(), first = pipeline.reader("first");
    const second = pipeline.reader("second"), tick = Tick.alloc();
    for (let n = 0; n < 3; n++) writer.push({ n });
    assertEquals(first.next()!.n, 0);
    first.release();
    const uses = [
      () => first.drain(() => {}),
      () => first.drainWait(() => {}),
      () => first.shift(tick),
      () => first.shiftWait(tick),
      () => first.next(),
      () => first.nextWait(),
      () => first.release(),
      () => first.close(),
    ];
    for (const use of uses) {
      leavesWords(region, [], () => assertThrows(() => first.drain(use), TypeError, "its drain is running"));
    }
    assertEquals(first.drain(() => assertEquals([first.position, first.length], [1, 2]), 1), 1);
    // The others may be used.
    first.drain((tick) => {
      writer.push({ n: tick.n + 10 });
      second.drain(() => {});
    });
    assertEquals([first.drain(() => {}), second.position, first.position], [1, 2, 4]);
  });

  it("is everything, once an end or the segment is closed, whatever was known", () => {
    for (const isSegmentClosed of [false, true]) {
      using one = Segment.anonymous({ byteLength: 2 ** 20 });
      one.create("ticks", Pipeline, { layout: Tick, capacity: 4, readers: CHAIN });
      const two = Segment.open(one.name), pipeline = two.open("ticks", Pipeline, { layout: Tick });
      const writer = pipeline.writer(), ends = [pipeline.reader("first"), pipeline.reader("second")];
      for (let n = 0; n < 3; n++) writer.push({ n });
      assertEquals([ends[0].next()!.n, ends[1].next()], [0, undefined]);
      writer.claim();
      if (isSegmentClosed) two.close();
      else [writer, ...ends].forEach((end) => end.close());
      const tick = Tick.alloc(), view = Tick.alloc();
      const uses = [
        () => writer.claim(),
        () => writer.claimWait(),
        () => writer.push({ n: 1 }),
        () => writer.push(view),
        () => writer.pushWait({ n: 1 }),
        () => writer.publish(),
        () => writer.free,
        ...ends.flatMap((reader) => [
          () => reader.drain(() => {}),
          () => reader.drain(() => {}, 8),
          () => reader.drainWait(() => {}),
          () => reader.shift(tick),
          () => reader.shiftWait(tick),
          () => reader.next(),
          () => reader.nextWait(),
          () => reader.length,
          () => reader.missing,
        ]),
      ];
      for (const use of uses) {
        assertThrows(use, isSegmentClosed ? ClosedError : NotOwnerError, isSegmentClosed ? "was closed" : "again");
      }
      for (const end of [writer, ...ends]) end.close();
      if (!isSegmentClosed) two.close();
    }
  });

  it("is a value that cannot be copied, and a batch of more than the capacity, even without readers", () => {
    using one = Segment.anonymous({ byteLength: 2 ** 16 });
    const { pipeline } = pipelineOf(), writer = pipeline.writer();
    const gone = Tick.view(one.create("x", RAW, {}).views);
    one.close();
    assertThrows(() => writer.push(gone as ViewOf<typeof Tick>), ClosedError);
    assertEquals([writer.claimed, writer.position], [0, 0]);
    for (let n = 0; n < 4; n++) writer.claim()!.n = n;
    assertEquals([writer.claim(), writer.claimed, writer.free], [undefined, 4, 0]);
    writer.publish();
    assertEquals(writer.free, 4);
  });

  it("is nothing that a getter of a pushed value pushes: it comes first", () => {
    const { pipeline } = pipelineOf(), writer = pipeline.writer(), first = pipeline.reader("first");
    const value = {
      get n() {
        writer.push({ n: 1, seen: 1 });
        return 2;
      },
      seen: 2,
    };
    writer.push(value);
    const seen: number[][] = [];
    first.drain((tick) => seen.push([tick.n, tick.seen]));
    assertEquals(seen, [[1, 1], [2, 2]]);
  });
});

/** A part of a segment. */
const RAW = {
  kind: "Raw",
  byteLength: (): number => 64,
  init: (): void => {},
  attach: (region: Region): Region => region,
};

describe("pulling from a Pipeline", () => {
  it("shows each record once, in order, and lets others continue when it is released", () => {
    const { pipeline } = pipelineOf(8), writer = pipeline.writer();
    const first = pipeline.reader("first"), second = pipeline.reader("second");
    for (let n = 0; n < 8; n++) writer.push({ n });
    const pulled: number[] = [];
    for (let tick; (tick = first.next()) !== undefined && pulled.length < 3;) {
      pulled.push(tick.n);
      tick.seen = tick.n + 1;
      if (pulled.length === 2) first.release();
    }
    assertEquals([pulled, second.next()?.seen, second.next()?.seen], [[0, 1, 2], 1, 2]);
    second.release();
    first.release();
    const rest: number[] = [];
    for (let tick; (tick = first.nextWait({ timeoutMs: 0 })) !== undefined;) rest.push(tick.n);
    assertEquals([rest, first.position, second.position], [[4, 5, 6, 7], 8, 2]);
    let count = 0;
    while (second.next() !== undefined) count++;
    assertEquals([count, writer.free, pipeline.length], [6, 8, 0]);
  });
});
