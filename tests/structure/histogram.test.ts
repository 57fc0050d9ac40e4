import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as hdr from "hdr-histogram-js";
import { describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import {
  ClosedError,
  Histogram,
  type HistogramEntry,
  type HistogramOptions,
  HistogramReading,
  NotOwnerError,
  ReadOnlyError,
  Region,
  RoleTakenError,
  Segment,
  SegmentFormatError,
} from "@shmkit/shmkit";
import { deflateStored, inflate } from "../../lib/structure/histogram/inflate.ts";
import { Scale } from "../../lib/structure/histogram/scale.ts";
import { countFrom, readCount, wordsOf } from "../../lib/structure/shared/long_count.ts";
import { Random } from "../../support/random.ts";
import { withName } from "../../support/segments.ts";

const SCALES: readonly HistogramOptions[] = [
  { highest: 2 },
  { highest: 1e9, digits: 3 },
  { highest: 3_600_000_000_000, digits: 2 },
  { lowest: 1000, highest: 1e9, digits: 4 },
  { lowest: 5, highest: 1e6, digits: 1 },
  { highest: 140_000, digits: 5 },
  { lowest: 2 ** 30, highest: 2 ** 46, digits: 2 },
];

function make(options: HistogramOptions): { histogram: Histogram; region: Region } {
  const region = Region.over(new SharedArrayBuffer(Histogram.byteLength(options)));
  Histogram.init(region, options);
  return { histogram: Histogram.attach(region, {}), region };
}

function reference({ lowest = 1, highest, digits = 3 }: HistogramOptions): hdr.Histogram {
  return hdr.build({
    lowestDiscernibleValue: lowest,
    highestTrackableValue: highest,
    numberOfSignificantValueDigits: digits as 3,
    bitBucketSize: 64,
    useWebAssembly: false,
  });
}

/** Values of all sizes: the ends of the range, powers of two and their neighbours, and what is in between. */
function valuesOf({ highest }: HistogramOptions, random: Random): number[] {
  const values = [0, 1, highest, highest - 1];
  for (let power = 1; power <= highest; power *= 2) values.push(power - 1, power, power + 1);
  for (let i = 0; i < 200; i++) {
    values.push(Math.floor(highest ** (random.u32() / 2 ** 32)), Math.floor(random.u32() / 2 ** 32 * highest));
  }
  return values.filter((value) => value <= highest);
}

describe("Histogram", () => {
  for (const options of SCALES) {
    it(`agrees with hdr-histogram-js: ${JSON.stringify(options)}`, () => {
      const random = new Random(options.digits ?? 3), { histogram } = make(options), other = reference(options);
      const recorder = histogram.recorder(), own = new HistogramReading(options);
      for (const value of valuesOf(options, random)) {
        recorder.record(value);
        own.record(value);
        other.recordValue(value);
      }
      const reading = histogram.read();
      assertEquals([...reading.counts], [...own.counts], "what the hot path counts");
      assertEquals([reading.total, reading.beyond], [other.totalCount, 0]);
      assertEquals([reading.min, reading.max], [0, other.getValueAtPercentile(100)]);
      for (let percent = 0; percent <= 100; percent += 12.5) {
        assertEquals(reading.percentile(percent), other.getValueAtPercentile(percent), `${percent} %`);
      }
      assertAlmostEquals(reading.mean, other.mean, other.mean * 1e-9);
      assertAlmostEquals(reading.stdDev, other.stdDeviation, other.stdDeviation * 1e-6);
      const counts = [...reading.entries()],
        isApart = ({ lowest }: HistogramEntry, i: number) => i === 0 || lowest > counts[i - 1].highest;
      assertEquals([counts.reduce((sum, { count }) => sum + count, 0), counts.every(isApart)], [reading.total, true]);
      for (const { lowest, highest, count } of counts) {
        const index = new Scale(options).indexOf(lowest);
        assertEquals([index, reading.counts[index]], [new Scale(options).indexOf(highest), count]);
      }
      // There and back, both ways.
      const theirs = hdr.decodeFromCompressedBase64(reading.toBase64());
      const same = hdr.decodeFromCompressedBase64(hdr.encodeIntoCompressedBase64(other));
      assertEquals(theirs.outputPercentileDistribution(), same.outputPercentileDistribution());
      assertEquals(theirs.totalCount, other.totalCount);
      const back = HistogramReading.fromBase64(hdr.encodeIntoCompressedBase64(other));
      assertEquals([...back.counts], [...reading.counts]);
      assertEquals([back.lowest, back.highest, back.digits], [reading.lowest, reading.highest, reading.digits]);
      assertEquals([...HistogramReading.fromBase64(reading.toBase64()).counts], [...reading.counts]);
    });
  }

  it("takes the values that clocks produce: fractions, values below 0, and values above the highest", () => {
    const { histogram } = make({ highest: 1000 }), recorder = histogram.recorder();
    for (const value of [1.9, 0.5, -0.5, -7, -Infinity, -0, 1000.9, 1001, 2 ** 40, Infinity]) recorder.record(value);
    const { counts, total, beyond, max } = histogram.read();
    assertEquals([counts[0], counts[1], total, beyond, max], [5, 1, 10, 4, 1000]);
    for (const value of [NaN, undefined, "seven"] as number[]) {
      assertThrows(() => recorder.record(value), RangeError, "must be a number");
    }
    assertEquals(histogram.read().total, 10);
  });

  it("computes the difference of two readings, and their sum", () => {
    const { histogram } = make({ highest: 1e6, recorders: 2 });
    const [one, two] = [histogram.recorder(), histogram.recorder()];
    for (let i = 0; i < 100; i++) one.record(i);
    const before = histogram.read();
    for (let i = 0; i < 50; i++) two.record(1000 + i);
    const after = histogram.read(), sum = before.clone();
    after.subtract(before);
    assertEquals([after.total, after.min, after.max], [50, 1000, 1049]);
    sum.add(after);
    assertEquals([...sum.counts], [...histogram.read().counts]);
    assertEquals(histogram.read(after), after);
    assertEquals(after.total, 150);
    const other = new HistogramReading({ highest: 1e7 });
    for (const use of [() => sum.add(other), () => sum.subtract(other), () => histogram.read(other)]) {
      assertThrows(use, TypeError, "1 to 1000000 with 3 digits: received 1 to 10000000 with 3 digits");
    }
    sum.clear();
    assertEquals([sum.total, sum.percentile(50), sum.min, sum.max, sum.mean, sum.stdDev], [0, 0, 0, 0, 0, 0]);
    sum.record(7, 3);
    assertEquals([sum.total, sum.countAt(7)], [3, 3]);
    for (const use of [() => sum.record(-1), () => sum.record(1e7), () => sum.countAt(NaN), () => sum.record(1, -1)]) {
      assertThrows(use, RangeError);
    }
    for (const percent of [-1, 101, NaN]) assertThrows(() => sum.percentile(percent), RangeError, `${percent}`);
  });

  it("counts past 2^31 and 2^32, and continues after a death between two words", () => {
    for (const start of [2 ** 31 - 2, 2 ** 32 - 2, 2 ** 33 - 2, 2 ** 52 - 2]) {
      const { histogram, region } = make({ highest: 1000 }), words = region.views.i32;
      const recorder = histogram.recorder(), at = (128 + 128) / 4 + 7 * 2, beyondAt = (128 + 64) / 4;
      [words[at], words[at + 1]] = wordsOf(start);
      [words[beyondAt], words[beyondAt + 1]] = wordsOf(start);
      for (let i = 1; i <= 5; i++) {
        const before = histogram.read().countAt(7);
        if (i === 2) {
          // A process stored the high word and died: nothing has changed.
          words[at + 1] = (words[at + 1] + 1) | 0;
          assertEquals(histogram.read().countAt(7), before);
        }
        recorder.record(7);
        recorder.record(5000);
        const reading = histogram.read();
        assertEquals([reading.countAt(7), reading.beyond], [start + i, start + i], `${start} and ${i}`);
      }
      const { total } = histogram.read();
      assertEquals(HistogramReading.fromBase64(histogram.read().toBase64()).total, total);
    }
  });

  it("refuses invalid scales", () => {
    const bad: [options: Partial<HistogramOptions>, says: string][] = [
      [{ highest: 1 }, "highest must be an integer from 2 to"],
      [{ highest: 1.5 }, "received 1.5"],
      [{ highest: 2 ** 53 }, "9007199254740991"],
      [{ highest: 100, lowest: 51 }, "from 102 to"],
      [{ highest: 100, lowest: 0 }, "lowest must be an integer from 1 to"],
      [{ highest: 100, digits: 0 }, "digits must be an integer from 1 to 5"],
      [{ highest: 100, digits: 6 }, "received 6"],
      [{ highest: 100, recorders: 0 }, "recorders must be an integer from 1 to 1024"],
      [{}, "highest"],
    ];
    for (const [options, says] of bad) assertThrows(() => make(options as HistogramOptions), RangeError, says);
    assertEquals(new Scale({ highest: Number.MAX_SAFE_INTEGER }).highest, 2 ** 53 - 1);
    assertThrows(() => Histogram.byteLength(undefined as never), TypeError, "options must be an object");
  });

  it("refuses memory that is not a histogram, contradicts itself, or is not as expected", () => {
    const { region } = make({ highest: 1000, recorders: 2 });
    const wrong = [{ highest: 1001 }, { lowest: 2 }, { digits: 2 }, { recorders: 1 }];
    for (const options of wrong) {
      assertThrows(() => Histogram.attach(region, options), SegmentFormatError, "in the options");
    }
    assertThrows(() => Histogram.attach(Region.over(new ArrayBuffer(64)), {}), SegmentFormatError, "128 or more");
    assertThrows(
      () => Histogram.attach(Region.over(new ArrayBuffer(4096)), {}),
      SegmentFormatError,
      "Cannot make a histogram",
    );
    const cut = Region.over(region.source.buffer as SharedArrayBuffer, 0, region.byteLength - 128);
    assertThrows(() => Histogram.attach(cut, {}), SegmentFormatError, "its length");
    const { u32, f64 } = region.views;
    const garbage = [[u32, 0, 9], [u32, 1, 0], [u32, 1, 2000], [u32, 2, 5], [f64, 2, NaN], [f64, 3, Infinity]] as const;
    for (const [array, index, value] of garbage) {
      const before = array[index];
      array[index] = value;
      assertThrows(() => Histogram.attach(region, {}), SegmentFormatError);
      array[index] = before;
    }
    // Counts may be anything: they are numbers.
    for (let i = 64; i < u32.length; i++) u32[i] = 0xffff_ffff - i * 7919;
    const reading = Histogram.attach(region, {}).read();
    assert(Number.isFinite(reading.total) && reading.percentile(50) >= 0);
  });

  it("refuses invalid texts, whatever they are", () => {
    const random = new Random(3), good = new HistogramReading({ highest: 1e6 });
    for (let i = 0; i < 100; i++) good.record(random.below(1e6), random.below(1e6));
    const text = good.toBase64();
    const zipped = hdr.encodeIntoCompressedBase64(reference({ highest: 1e6 }));
    for (const bad of ["", "x", "%%%", text.slice(0, 40), text.slice(8), "HISTFAAAAA", zipped.slice(0, 30)]) {
      assertThrows(() => HistogramReading.fromBase64(bad), RangeError, "must be HdrHistogram's, version 2");
    }
    for (let i = 0; i < 200; i++) {
      const from = i % 2 === 0 ? text : zipped, at = random.below(from.length - 2);
      const changed = from.slice(0, at) + "ABCDEFGHabcdefgh0123+/"[random.below(22)] + from.slice(at + 1);
      try {
        HistogramReading.fromBase64(changed);
      } catch (error) {
        assert(error instanceof RangeError && error.message.startsWith("Cannot read a histogram"), `${error}`);
      }
    }
  });
});

describe("zlib data", () => {
  it("are read as zlib makes them, and written as it reads them", () => {
    const random = new Random(5);
    for (const length of [0, 1, 5, 300, 70_000]) {
      for (const values of [1, 3, 256]) {
        const bytes = Uint8Array.from({ length }, () => random.below(values));
        for (const level of [0, 1, 6, 9]) assertEquals(inflate(deflateSync(bytes, { level }), 1e6), bytes);
        assertEquals(inflate(deflateStored(bytes), 1e6), bytes);
      }
    }
    assertThrows(() => inflate(deflateSync(new Uint8Array(1000)), 999), RangeError, "more than 999");
  });
});

describe("a count of two words", () => {
  it("comes back as it was, also while its high word is one ahead", () => {
    for (const count of [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33 + 7, 2 ** 53 - 1]) {
      const [low, high] = wordsOf(count), words = Int32Array.of(low, high);
      assertEquals([readCount(words, 0), countFrom(low, high + 1)], [count, count]);
    }
  });

  it("has as many values as its scale says", () => {
    for (const options of SCALES) {
      const scale = new Scale(options);
      assertEquals(scale.indexOf(scale.highest) < scale.length, true);
      for (let i = 0; i < scale.length; i += 1 + (scale.length >> 8)) {
        assertEquals([scale.indexOf(scale.lowestOf(i)), scale.indexOf(scale.highestOf(i))], [i, i]);
      }
    }
  });
});

describe("a Histogram in a segment", () => {
  it("has as many recorders as it was made for, and takes over those of the dead", () => {
    using one = Segment.anonymous({ byteLength: 2 ** 20, role: "feed" });
    const two = Segment.open(one.name);
    const here = one.create("latencies", Histogram, { highest: 1e6, recorders: 2 });
    const there = two.open("latencies", Histogram, {});
    const first = here.recorder();
    there.recorder().record(5);
    assertThrows(() => here.recorder(), RoleTakenError, "recorder 2 of 2");
    two.close();
    const third = here.recorder();
    third.record(5);
    assertEquals(here.read().countAt(5), 2);
    first.close();
    first.close();
    assertThrows(() => first.record(1), NotOwnerError, "this recorder was closed");
    assertThrows(() => first.record(1e9), NotOwnerError);
    using _ = here.recorder();
    assertEquals(here.read().total, 2);
  });

  it("is read, and not written, where it is attached for reading only; refuses use after a close", () =>
    withName((name) => {
      const segment = Segment.create(name, { byteLength: 2 ** 20 });
      const histogram = segment.create("latencies", Histogram, { highest: 1e6 }), recorder = histogram.recorder();
      for (let i = 0; i < 10_000; i++) recorder.record(i);
      {
        using reading = Segment.open(name, { readOnly: true });
        const view = reading.open("latencies", Histogram, {}), into = view.read();
        for (let i = 0; i < 50; i++) view.read(into);
        assertEquals([into.total, into.max], [10_000, 9_999]);
        assertThrows(() => view.recorder(), ReadOnlyError);
      }
      segment.close();
      for (
        const use of [
          () => recorder.record(1),
          () => recorder.record(1e9),
          () => histogram.read(),
          () => histogram.recorder(),
        ]
      ) {
        assertThrows(use, ClosedError);
      }
      recorder.close();
    }));
});
