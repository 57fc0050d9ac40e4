import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { build } from "hdr-histogram-js";
import { LatestTable, NotOwnerError, Region, RoleTakenError, Segment, SegmentFormatError } from "@shmkit/shmkit";
import { bucketOf, BUCKETS, largestOf } from "../../examples/desk/layout/latency_buckets.ts";
import { LatencyHistogram } from "../../examples/desk/layout/latency_histogram.ts";
import { LatencySnapshot } from "../../examples/desk/layout/latency_snapshot.ts";
import * as records from "../../examples/desk/layout/records.ts";
import { Random } from "../../support/random.ts";

function make(): LatencyHistogram {
  const region = Region.over(new SharedArrayBuffer(LatencyHistogram.byteLength()));
  LatencyHistogram.init(region);
  return LatencyHistogram.attach(region);
}

describe("LatencyHistogram", () => {
  it("has a bucket for each value, in order, without a hole", () => {
    assertEquals(largestOf(BUCKETS - 1), 2 ** 40 - 1);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      assertEquals(bucketOf(largestOf(bucket)), bucket);
      if (bucket > 0) assertEquals(bucketOf(largestOf(bucket - 1) + 1), bucket);
    }
    for (const value of [-1, NaN, 0, 0.9]) assertEquals(bucketOf(value), 0);
    for (const value of [2 ** 40, 2 ** 60, Infinity]) assertEquals(bucketOf(value), BUCKETS - 1);
  });

  it("tells the percentiles that a well-known histogram tells, to 0.8 %", () => {
    const random = new Random(4), histogram = make(), seen = new LatencySnapshot();
    const known = build({ highestTrackableValue: 2 ** 41, numberOfSignificantValueDigits: 3 });
    using recorder = histogram.recorder();
    for (let i = 0; i < 20_000; i++) {
      const value = Math.floor(100 * 2 ** (random.below(3000) / 100));
      recorder.record(value);
      known.recordValue(value);
    }
    histogram.read(seen);
    assertEquals(seen.total, 20_000);
    for (const percent of [0.1, 10, 50, 90, 99, 99.9, 100]) {
      const expected = known.getValueAtPercentile(percent), found = seen.percentile(percent);
      assertGreaterOrEqual(found, expected * 0.998);
      assertLessOrEqual(found, expected * 1.008 + 1);
    }
  });

  it("counts on after a change of recorders, and tells what came between two looks", () => {
    const histogram = make(), before = new LatencySnapshot(), after = new LatencySnapshot();
    assertEquals(before.percentile(50), 0);
    const recorder = histogram.recorder();
    recorder.record(10);
    assertThrows(() => histogram.recorder(), RoleTakenError);
    recorder.close();
    recorder.close();
    assertThrows(() => recorder.record(1), NotOwnerError);
    histogram.read(before);
    using next = histogram.recorder();
    next.record(20);
    histogram.read(after);
    assertEquals([after.total, after.percentile(50), after.percentile(100)], [2, 10, 20]);
    after.subtract(before);
    assertEquals([after.total, after.percentile(50)], [1, 20]);
    after.add(before);
    assertEquals(after.total, 2);
    after.clear();
    assertEquals(after.total, 0);
    assertThrows(() => LatencyHistogram.attach(Region.over(new SharedArrayBuffer(64))), SegmentFormatError);
  });

  it("lives in a segment", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 17 });
    segment.create("latency", LatencyHistogram, {}).recorder().record(5);
    const seen = new LatencySnapshot();
    segment.open("latency", LatencyHistogram, {}).read(seen);
    assertEquals(seen.percentile(50), 5);
  });
});

describe("the desk's records", () => {
  it("fit tables, and keep prices exactly", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 17 });
    for (const [name, layout] of Object.entries(records)) {
      assertEquals(layout.name, name);
      assert(layout.byteLength <= 128, `${name} takes ${layout.byteLength} bytes`);
    }
    const quotes = segment.create("quotes", LatestTable, { layout: records.QuoteRow, rows: 2 });
    using writer = quotes.writer();
    writer.write(1, {
      bid: 61800.3,
      bidQuantity: 332_200_000,
      ask: 0.0000070301,
      sequence: 5123107852948,
      isValid: true,
    });
    const quote = records.QuoteRow.alloc();
    assert(quotes.read(1, quote));
    assertEquals([quote.bid, quote.bidQuantity, quote.ask], [61800.3, 332_200_000, 0.0000070301]);
    assertEquals([quote.sequence, quote.isValid], [5123107852948, true]);
  });
});
