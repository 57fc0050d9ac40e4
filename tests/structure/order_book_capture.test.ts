import { assertEquals, assertGreater } from "@std/assert";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { BookReading, BookUpdate, OrderBook, Segment } from "@shmkit/shmkit";
import { TopsCheck } from "../../examples/desk/check/tops_check.ts";
import { CaptureSource } from "../../examples/desk/input/capture_source.ts";
import { cloneDepth, type DepthEvent } from "../../examples/desk/input/events.ts";
import { OrderReport } from "../../examples/desk/input/order_report.ts";
import { replay } from "../../examples/desk/input/replay.ts";
import { ReplayClock } from "../../examples/desk/input/replay_clock.ts";
import { deathsOf } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { otherRuntime, thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";

const FOLDER = process.env.SHMKIT_CAPTURES;
const skip = FOLDER === undefined && "SHMKIT_CAPTURES names no folder with captures of market data";
if (skip) console.warn(`SKIPPED: an OrderBook on a capture of a real market, as ${skip}`);

const SCRIPT = new URL("./order_book_capture_peer.ts", import.meta.url);

/**
 * How often the capture of 5 m 45 s is replayed: 251 times is a day of it, which is what a soak run does. Each replay
 * begins with the snapshot, and has sequence numbers behind those of the one before.
 */
const REPLAYS = deathsOf(0) > 0 ? 251 : 5, SPAN = 1e9;

function fill(update: BookUpdate, event: DepthEvent, shift: number): void {
  update.clear();
  const { first, last, previous, exchangeMs: time, knownBid, knownAsk } = event;
  Object.assign(update, { time, knownBid, knownAsk });
  Object.assign(update, { first: first + shift, last: last + shift, previous: previous + shift });
  for (const side of ["bids", "asks"] as const) {
    for (let i = 0; i < event[side].length; i++) update[side].push(event[side].prices[i], event[side].quantities[i]);
  }
}

/** What was applied of the capture, in order, and what came of it. */
interface Applied {
  readonly event: DepthEvent;
  readonly top: readonly number[];
}

describe("an OrderBook on a capture of a real market", { skip, timeout: 120_000 + REPLAYS * 1000 }, () => {
  it(`Binance: 6,545 of 6,545 tops, ${REPLAYS} times over, and what three processes read meanwhile is that`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 21 });
      const book = segment.create("book", OrderBook, { levels: 8192, priceDigits: 2, quantityDigits: 3 });
      const readers = [thisRuntime, otherRuntime, otherRuntime].map((runtime, i) =>
        Peer.start(runtime, SCRIPT, [name, i === 2 ? "readOnly" : "", SPAN])
      );
      for (const reader of readers) assertEquals(await reader.next(), "reading");
      const writer = book.writer(), update = new BookUpdate(), top = new BookReading(1), check = new TopsCheck();
      const source = new CaptureSource(join(FOLDER ?? "", "binance-usdm-btcusdt-20240808.jsonl.gz"));
      const early: DepthEvent[] = [], written = new Map<number, readonly number[]>(), applied: Applied[] = [];
      const apply = (event: DepthEvent, shift: number): string => {
        fill(update, event, shift);
        return event.isSnapshot ? writer.snapshot(update) : writer.change(update);
      };
      const topNow = (): number[] => {
        book.read(top);
        return [top.bid, top.bidQuantity, top.ask, top.askQuantity];
      };
      const applyFirst = (event: DepthEvent): string => {
        const outcome = apply(event, 0);
        if (outcome !== "applied") return outcome;
        const now = topNow();
        applied.push({ event: cloneDepth(event), top: now });
        written.set(top.sequence % SPAN, now);
        return outcome;
      };
      await replay([source], new ReplayClock(Infinity), (event) => {
        if (event.kind === "top") check.report(event);
        if (event.kind !== "depth") return;
        const outcome = applyFirst(event);
        if (outcome === "early") early.push(cloneDepth(event));
        check.book(event, outcome as "applied", top);
        if (event.isSnapshot) { for (const kept of early) applyFirst(kept); }
      }, { order: new OrderReport() });
      check.finish();
      assertEquals([check.compared, check.equal, applied.length], [6545, 6545, 6548]);
      const start = performance.now();
      for (let pass = 1, different = 0; pass < REPLAYS; pass++) {
        for (const { event, top } of applied) {
          if (apply(event, pass * SPAN) !== "applied") different++;
          if (topNow().some((value, i) => value !== top[i])) different++;
        }
        assertEquals(different, 0, `replay ${pass + 1}`);
      }
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(
        `${REPLAYS - 1} more replays in ${seconds} s: ${(REPLAYS * 345 / 3600).toFixed(1)} hours of this market`,
      );
      writer.invalidate();
      for (const reader of readers) {
        const seen = await reader.next<{ reads: number; tops: number[][]; different: number; faults: string[] }>();
        await reader.succeeded();
        assertEquals(seen.faults, []);
        assertGreater(seen.tops.length, 20);
        for (const [place, ...found] of seen.tops) assertEquals(found, written.get(place), `at ${place}`);
        console.log(`${seen.reads} readings, ${seen.different} different books, all as they were written`);
      }
    }));
});
