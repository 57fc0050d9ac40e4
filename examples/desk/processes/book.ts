/** Keeps the order books: `book.ts <segment>`. The first to receive an event; writes into it what became of it. */
import process from "node:process";
import { BookReading, OrderBook, type OrderBookWriter } from "../../../mod.ts";
import { BookFeeder, type Fed, isApplied } from "../book/book_feeder.ts";
import { ChecksumBook, DIGITS_OPTIONS } from "../check/checksum_book.ts";
import type { DepthEvent, MarketEvent } from "../input/events.ts";
import { isOption } from "../instrument/instrument_model.ts";
import { bestOf } from "../layout/best.ts";
import { bookOptions } from "../layout/books.ts";
import { CHECKSUMS, EventPart, type EventPartView, OUTCOMES } from "../layout/event_part.ts";
import { lastStore } from "../layout/last_store.ts";
import { DeskProcess } from "./desk_process.ts";
import { EventReader } from "./event_reader.ts";
import { InstrumentDirectory } from "./instrument_directory.ts";
import { takeOver } from "./take_over.ts";

/** How long to wait before checking what the supervisor wants. */
const WAIT_MS = 20;

/** What an instrument's book is kept with. */
interface Kept {
  readonly book: OrderBook;
  readonly writer: OrderBookWriter;
  readonly feeder: BookFeeder;
  /** Once the exchange sends checksums. */
  checksums: ChecksumBook | undefined;
}

const self = new DeskProcess("book"), { desk, segment } = self;
const directory = new InstrumentDirectory(desk);
const quotes = takeOver(() => desk.quotes.writer()), latency = takeOver(() => desk.latencies.book.recorder());
const tellOutcome = lastStore(EventPart, "outcome");
const kept: (Kept | undefined)[] = [];
const top = new BookReading(1);
let gaps = 0, faults = 0;
/** Whether the next unreported change may be one that a predecessor applied before it died. */
let isFirst = true;

using reader = new EventReader(desk, "book", receive, self.wait);
self.ready();
while (self.phase !== "end") {
  reader.receive(WAIT_MS);
  self.report({ messages: reader.count, faults, position: reader.position, lag: reader.length });
}
self.report({ messages: reader.count, faults, position: reader.position, lag: reader.length }, true);
reader[Symbol.dispose]();
self[Symbol.dispose]();
process.exit(0);

function receive(event: MarketEvent, part: EventPartView): void {
  if (reader.gaps !== gaps) {
    gaps = reader.gaps;
    for (const { index } of directory.all()) keptOf(index).writer.invalidate();
    for (const each of kept) each?.checksums?.invalidate();
  }
  if (event.kind === "depth") apply(event, part);
  // A book that is not there yet has nothing to learn.
  else if (event.kind === "top") kept[event.instrument]?.feeder.report(event);
}

function apply(event: DepthEvent, part: EventPartView): void {
  const done = OUTCOMES[part.outcome];
  if (done === "applied" || done === "restarted" || done === "stale") return; // a predecessor did it
  const found = keptOf(event.instrument), { book, writer, feeder } = found;
  if (done !== "pending") { // and kept it in its own memory only
    if (!event.isSnapshot) feeder.keep(event);
    return;
  }
  let applied: Fed = feeder.feed(event);
  // A snapshot may have been applied with newer changes after it.
  if (isFirst && applied === "stale" && (event.isSnapshot || event.last === writer.sequence)) applied = "applied";
  isFirst = false;
  if (event.checksum === event.checksum || found.checksums !== undefined) {
    applied = compare(found, event, applied, part);
  }
  if (applied === "mismatch" || applied === "gap" || applied === "restart") faults++;
  const isValid = book.read(top), best = bestOf(top);
  const quote = quotes.begin(event.instrument);
  quote.bid = best.bid;
  quote.bidQuantity = best.bidQuantity;
  quote.ask = best.ask;
  quote.askQuantity = best.askQuantity;
  quote.sequence = best.sequence;
  quote.isValid = isValid;
  quote.isBidKnown = isValid && best.isBidKnown;
  quote.isAskKnown = isValid && best.isAskKnown;
  quote.fedAt = part.fedAt;
  const now = segment.now();
  quote.writtenAt = now;
  quotes.commit();
  part.sequence = best.sequence;
  part.bid = best.bid;
  part.bidQuantity = best.bidQuantity;
  part.ask = best.ask;
  part.askQuantity = best.askQuantity;
  part.isBidKnown = best.isBidKnown;
  part.isAskKnown = best.isAskKnown;
  tellOutcome(part, OUTCOMES.indexOf(applied)); // a successor trusts what was written before it
  latency.record(now - part.fedAt);
}

/**
 * Compares a book with the checksum that a change may bear. The result is reported even if this process dies of it.
 */
function compare(found: Kept, event: DepthEvent, applied: Fed, part: EventPartView): Fed {
  found.checksums ??= checksumsOf(event.instrument, found.book);
  found.checksums.feed(event);
  if (event.checksum !== event.checksum || !isApplied(applied)) return applied;
  const matches = found.checksums.matches(event.checksum);
  part.checksum = CHECKSUMS.indexOf(matches ? "equal" : "different");
  if (matches) return applied;
  found.feeder.reject();
  found.checksums.invalidate();
  return "mismatch";
}

function checksumsOf(instrument: number, book: OrderBook): ChecksumBook {
  const digits = segment.openOrCreate(`digits ${directory.at(instrument).name}`, OrderBook, DIGITS_OPTIONS);
  return new ChecksumBook(book, digits, takeOver(() => digits.writer()));
}

function keptOf(instrument: number): Kept {
  const found = kept[instrument];
  if (found !== undefined) return found;
  const { name, model } = directory.at(instrument);
  const book = segment.openOrCreate(`book ${name}`, OrderBook, bookOptions(isOption(model)));
  const writer = takeOver(() => book.writer());
  return kept[instrument] = { book, writer, feeder: new BookFeeder(writer), checksums: undefined };
}
