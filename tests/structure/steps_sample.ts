/**
 * What a process that dies at it does, step by step: the hot paths as they are, over memory whose stores are announced.
 *
 * @module
 */
import { type BookUpdate, Histogram, OrderBook, type Region, type Segment } from "../../mod.ts";
import { ChannelEnd } from "../../lib/channel/internal.ts";
import { HEADER_BYTES } from "../../lib/structure/histogram/format.ts";
import { readGeometry as readHistogram } from "../../lib/structure/histogram/geometry.ts";
import { makeRecordPath } from "../../lib/structure/histogram/record_path.ts";
import { recordPortsOf } from "../../lib/structure/histogram/record_ports.ts";
import { readGeometry as readBook } from "../../lib/structure/order_book/geometry.ts";
import { makeBookWriterPath } from "../../lib/structure/order_book/writer_path.ts";
import { writerPortsOf } from "../../lib/structure/order_book/writer_ports.ts";
import { watchStores } from "./watched_stores.ts";

/** The bare memory of an object, for tests. */
export function regionOf(segment: Segment, name: string, kind: string): Region {
  return segment.open(name, { kind, byteLength: () => 8, init: () => {}, attach: (region: Region) => region }, {});
}

/** Records a value, as the recorder of the only lane. */
export function record(segment: Segment, value: number, before: () => void): void {
  segment.open("latencies", Histogram, {}).recorder(); // the role
  const region = regionOf(segment, "latencies", "Histogram"), { scale } = readHistogram(region, {});
  const { words } = watchStores(region.views.i32, region.views.f64, before);
  const end = new ChannelEnd(region, "record in", "recorder");
  makeRecordPath(recordPortsOf({ region, words, scale, end, laneOffset: HEADER_BYTES })).record(value);
}

/** What is done to a book. */
export type BookStep = "change" | "snapshot" | "invalidate";

/** Does something with a book, as its writer. */
export function changeBook(segment: Segment, what: BookStep, update: BookUpdate, before: () => void): void {
  segment.open("book", OrderBook, {}).writer(); // the role
  const region = regionOf(segment, "book", "OrderBook"), geometry = readBook(region, {});
  const { words, doubles } = watchStores(region.views.i32, region.views.f64, before);
  const path = makeBookWriterPath(
    writerPortsOf({ words, doubles, geometry, end: new ChannelEnd(region, "write", "writer") }),
  );
  if (what === "invalidate") path.invalidate();
  else path[what](update);
}

/** How a small book is made, of which each step of a change is tried with a real process. */
export const SMALL_BOOK = { levels: 4, priceDigits: 0, quantityDigits: 0 } as const;

/** The second bid of a sequence number. */
const OTHERS = [9, 11, 8];

/** The update that leads to a sequence number: two bids, one of them at 10, and an ask have it as their quantity. */
export function fillSmall(update: BookUpdate, sequence: number): void {
  update.clear();
  update.first = update.last = sequence;
  update.previous = sequence - 1;
  update.time = sequence * 2;
  update.bids.push(OTHERS[(sequence - 1) % 3], 0);
  update.bids.push(10, sequence);
  update.bids.push(OTHERS[sequence % 3], sequence);
  update.asks.push(12, sequence);
}
