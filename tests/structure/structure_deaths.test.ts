import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { BookReading, BookUpdate, Histogram, OrderBook, Segment } from "@shmkit/shmkit";
import { wordsOf } from "../../lib/structure/shared/long_count.ts";
import { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { BOOK, faultOf, fillChange, fillSnapshot } from "./order_book_sample.ts";
import { type BookStep, changeBook, fillSmall, record, regionOf, SMALL_BOOK } from "./steps_sample.ts";
import { diesBeforeStore } from "./watched_stores.ts";

const SCRIPT = new URL("./steps_peer.ts", import.meta.url);

/** Lets a process die before its n-th store. Returns whether it did. */
async function isKilled(segment: Segment, what: string, step: number, argument: number): Promise<boolean> {
  const peer = Peer.start(thisRuntime, SCRIPT, [what, segment.name, step, argument]);
  await peer.next();
  const { code, signal } = await peer.exited;
  if (signal !== "SIGKILL") assertEquals(code, 0, peer.errors);
  return signal === "SIGKILL";
}

/** Every second step is tried in this runner, the others in the other one. */
const FIRST_STEP = thisRuntime === "bun" ? 1 : 2;

/** Lets processes die before every second store, four at a time. */
async function eachKill(steps: number, tryStep: (step: number) => Promise<void>): Promise<void> {
  const own = Array.from({ length: steps }, (_, i) => i + 1).filter((step) => step % 2 === FIRST_STEP % 2);
  for (let i = 0; i < own.length; i += 4) await Promise.all(own.slice(i, i + 4).map(tryStep));
}

const AT = (128 + 128) / 4, BEYOND_AT = (128 + 64) / 4, HIGHEST = 1000, BEYOND = 5000;

/** A histogram whose count of 7, of the highest, and of what lies beyond, is at a number. */
function makeHistogram(start: number): { segment: Segment; histogram: Histogram } {
  const segment = Segment.anonymous({ byteLength: 65_536 });
  const histogram = segment.create("latencies", Histogram, { highest: HIGHEST, digits: 2 });
  const { i32 } = regionOf(segment, "latencies", "Histogram").views;
  const highest = histogram.read().counts.length;
  for (let index = 0; index < highest; index++) [i32[AT + index * 2], i32[AT + index * 2 + 1]] = wordsOf(start);
  [i32[BEYOND_AT], i32[BEYOND_AT + 1]] = wordsOf(start);
  return { segment, histogram };
}

/** After a death a value was counted once, or not at all, and the next recorder counts on. */
function checkHistogram(histogram: Histogram, start: number, value: number, title: string): void {
  const counted = Math.min(value, HIGHEST), isBeyond = value > HIGHEST;
  const look = (): number[] => {
    const reading = histogram.read(), own = reading.countAt(counted);
    assertEquals(reading.total - own, (reading.counts.length - 1) * start, `${title}: others`);
    return [own, reading.beyond];
  };
  const before = look();
  assert([start, start + 1].includes(before[0]), `${title}: ${before[0]}`);
  assert(before[1] === start || (isBeyond && before[1] === start + 1), `${title}: ${before[1]} beyond`);
  using heir = histogram.recorder();
  for (let i = 1; i <= 3; i++) {
    heir.record(value);
    assertEquals(look(), [before[0] + i, before[1] + (isBeyond ? i : 0)], `${title}: and ${i} more`);
  }
}

const RECORDS = [[7, 41, 1], [7, 2 ** 31 - 1, 2], [BEYOND, 41, 3], [BEYOND, 2 ** 31 - 1, 4]] as const;

describe("a death within a Histogram's record", { timeout: 240_000 }, () => {
  for (const [value, start, steps] of RECORDS) {
    it(`before each of its stores: ${value}, of which there are ${start}`, () => {
      for (let step = 1;; step++) {
        const { segment, histogram } = makeHistogram(start), other = Segment.open(segment.name);
        const died = diesBeforeStore(step, (before) => record(other, value, before));
        other.close();
        if (died) checkHistogram(histogram, start, value, `step ${step}`);
        segment.close();
        if (died) continue;
        assertEquals(step - 1, steps);
        return;
      }
    });
  }

  it("by kill -9 before each of them", async () => {
    // All of them, one after the other, as steps of one number.
    const all = RECORDS.flatMap(([value, start, steps]) =>
      Array.from({ length: steps }, (_, i) => [value, start, i + 1])
    );
    await eachKill(all.length, async (number) => {
      const [value, start, step] = all[number - 1], { segment, histogram } = makeHistogram(start);
      assert(await isKilled(segment, "record", step, value), `step ${step}`);
      checkHistogram(histogram, start, value, `step ${step}`);
      segment.close();
    });
  });
});

type Fill = (update: BookUpdate, sequence: number) => void;

/** After a death a book is as before the update or after it, and the next writer continues. */
function checkBook(
  book: OrderBook,
  fill: Fill,
  isRight: (book: BookReading) => boolean,
  last: number,
  title: string,
): void {
  const reading = new BookReading(64), update = new BookUpdate();
  if (book.read(reading)) assert(isRight(reading) && [last, last + 1].includes(reading.sequence), `${title}: torn`);
  const isValid = reading.isValid, { sequence } = reading;
  using heir = book.writer();
  assertEquals([heir.sequence, heir.isValid], [sequence, isValid], title);
  for (let next = sequence + 1; next <= sequence + 6; next++) {
    fill(update, next);
    if (!isValid && next === sequence + 1) {
      fillSnapshot(update, next);
      assertEquals(heir.snapshot(update), "applied", title);
    } else assertEquals(heir.change(update), "applied", title);
    assert(book.read(reading) && isRight(reading) && reading.sequence === next, `${title}: ${next} behind it`);
  }
}

const isSmallRight = (
  { sequence, time, bids, asks, bidPrices, bidQuantities, ask, askQuantity }: BookReading,
): boolean => {
  const other = [9, 11, 8][sequence % 3], isFirst = bidPrices[0] === Math.max(10, other);
  return time === sequence * 2 && bids === 2 && asks === 1 && isFirst && bidPrices[1] === Math.min(10, other) &&
    bidQuantities[0] === sequence && bidQuantities[1] === sequence && ask === 12 && askQuantity === sequence;
};

/** A book that its writer left, at a sequence number at which all copies were in use. */
function makeBook(isSmall: boolean, last: number): { segment: Segment; book: OrderBook } {
  const segment = Segment.anonymous({ byteLength: 2 ** 17 }), update = new BookUpdate();
  const book = segment.create("book", OrderBook, isSmall ? SMALL_BOOK : BOOK);
  using writer = book.writer();
  for (let sequence = 1; sequence <= last; sequence++) {
    (isSmall ? fillSmall : sequence === 1 ? fillSnapshot : fillChange)(update, sequence);
    assertEquals(sequence === 1 ? writer.snapshot(update) : writer.change(update), "applied");
  }
  return { segment, book };
}

describe("a death within an update of an OrderBook", { timeout: 240_000 }, () => {
  for (const [what, least] of [["change", 200], ["snapshot", 150], ["invalidate", 5]] as [BookStep, number][]) {
    it(`before each of its stores, every second one here: ${what}`, () => {
      const last = 6, update = new BookUpdate();
      for (let step = FIRST_STEP;; step += 2) {
        const { segment, book } = makeBook(false, last), other = Segment.open(segment.name);
        if (what === "change") fillChange(update, last + 1);
        else fillSnapshot(update, last + 1);
        const died = diesBeforeStore(step, (before) => changeBook(other, what, update, before));
        other.close();
        checkBook(book, fillChange, (reading) => faultOf(reading) === undefined, last, `${what}, step ${step}`);
        segment.close();
        if (died) continue;
        assertGreater(step, least);
        return;
      }
    });
  }

  it("by kill -9 before each store of a change of a small one", async () => {
    let steps = 0;
    const whole = makeBook(true, 6), update = new BookUpdate(), other = Segment.open(whole.segment.name);
    fillSmall(update, 7);
    changeBook(other, "change", update, () => steps++);
    other.close();
    whole.segment.close();
    assertGreater(steps, 20);
    await eachKill(steps, async (step) => {
      const { segment, book } = makeBook(true, 6);
      assert(await isKilled(segment, "change", step, 7), `step ${step}`);
      checkBook(book, fillSmall, isSmallRight, 6, `step ${step}`);
      segment.close();
    });
  });
});
