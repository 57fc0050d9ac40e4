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
import { Peer } from "../../support/peer.ts";
import { otherRuntime, thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";

const FOLDER = process.env.SHMKIT_CAPTURES;
const skip = FOLDER === undefined && "SHMKIT_CAPTURES names no folder with captures of market data";
if (skip) console.warn(`SKIPPED: an OrderBook on a capture of a real market, as ${skip}`);

const SCRIPT = new URL("./order_book_capture_peer.ts", import.meta.url);

function fill(update: BookUpdate, event: DepthEvent): void {
  update.clear();
  const { first, last, previous, exchangeMs: time, knownBid, knownAsk } = event;
  Object.assign(update, { first, last, previous, time, knownBid, knownAsk });
  for (const side of ["bids", "asks"] as const) {
    for (let i = 0; i < event[side].length; i++) update[side].push(event[side].prices[i], event[side].quantities[i]);
  }
}

describe("an OrderBook on a capture of a real market", { skip, timeout: 120_000 }, () => {
  it("Binance: 6,545 of 6,545 tops, and what three processes read meanwhile is what was written", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 21 });
      const book = segment.create("book", OrderBook, { levels: 8192, priceDigits: 2, quantityDigits: 3 });
      const readers = [thisRuntime, otherRuntime, otherRuntime].map((runtime, i) =>
        Peer.start(runtime, SCRIPT, [name, i === 2 ? "readOnly" : ""])
      );
      for (const reader of readers) assertEquals(await reader.next(), "reading");
      const writer = book.writer(), update = new BookUpdate(), top = new BookReading(1), check = new TopsCheck();
      const source = new CaptureSource(join(FOLDER ?? "", "binance-usdm-btcusdt-20240808.jsonl.gz"));
      const early: DepthEvent[] = [], written = new Map<number, number[]>();
      let applied = 0;
      const apply = (event: DepthEvent): string => {
        fill(update, event);
        const outcome = event.isSnapshot ? writer.snapshot(update) : writer.change(update);
        if (outcome !== "applied") return outcome;
        applied++;
        book.read(top);
        written.set(top.sequence, [top.bid, top.bidQuantity, top.ask, top.askQuantity]);
        return outcome;
      };
      await replay([source], new ReplayClock(Infinity), (event) => {
        if (event.kind === "top") check.told(event);
        if (event.kind !== "depth") return;
        const outcome = apply(event);
        if (outcome === "early") early.push(cloneDepth(event));
        check.book(event, outcome as "applied", top);
        if (event.isSnapshot) { for (const kept of early) apply(kept); }
      }, { order: new OrderReport() });
      check.finish();
      assertEquals([check.compared, check.equal, applied], [6545, 6545, 6548]);
      writer.invalidate();
      for (const reader of readers) {
        const seen = await reader.next<{ reads: number; tops: number[][]; faults: string[] }>();
        await reader.succeeded();
        assertEquals(seen.faults, []);
        assertGreater(seen.tops.length, 20);
        for (const [sequence, ...found] of seen.tops) assertEquals(found, written.get(sequence), `at ${sequence}`);
        console.log(`${seen.reads} readings, ${seen.tops.length} different tops, all as they were written`);
      }
    }));
});
