import { BookReading, OrderBook, type OrderBookOptions, type OrderBookWriter, Region } from "../../../mod.ts";
import { type BookCounts, BookFeeder, type Fed, isApplied } from "../book/book_feeder.ts";
import type { DepthEvent, MarketEvent, TickerEvent } from "../input/events.ts";
import type { Instruments } from "../input/instruments.ts";
import { type InstrumentModel, isOption } from "../instrument/instrument_model.ts";
import { bestOf } from "../layout/best.ts";
import { ALL_DIGITS } from "../layout/books.ts";
import { DecimalSum } from "../risk/decimal_sum.ts";
import { ChecksumBook, DIGITS_OPTIONS } from "./checksum_book.ts";
import { type BookState, bookStateOf, type Comparison } from "./coverage.ts";
import { faultText, GreeksCheck } from "./greeks_check.ts";
import { TopsCheck } from "./tops_check.ts";
import { TradeCheck } from "./trade_check.ts";

/** What an instrument is checked with. */
interface Checked {
  readonly model: InstrumentModel;
  readonly book: OrderBook;
  readonly feeder: BookFeeder;
  checksums: ChecksumBook | undefined;
  /** How many checksums, and how many greeks, were compared. */
  checksumCount: number;
  greekCount: number;
  /** The state of its book; undefined if it had no data. */
  state: BookState | undefined;
  readonly tops: TopsCheck;
  readonly trades: TradeCheck;
}

/** How many greeks that differ are kept in words. */
const MOST_FAULTS = 5;

/** What a check found, over all instruments. */
export interface CheckSummary extends BookCounts, Comparison {
  /** Instruments whose book is not valid at the end. */
  invalid: number;
  trades: number;
  tradeHoles: number;
  bought: number;
  sold: number;
  readonly worstGreeks: GreeksCheck["worst"];
}

/**
 * Rebuilds the books of a market in one process, and compares them, and computed greeks, with what the exchange said.
 * It is the baseline that the processes of the desk are measured against, too.
 */
export class CaptureCheck {
  readonly #instruments: Instruments;
  readonly #checked: Checked[] = [];
  readonly #greeks = new GreeksCheck();
  readonly #top = new BookReading(1);
  readonly #faults: string[] = [];
  #crossed = 0;
  #checksums = 0;
  #equalChecksums = 0;

  /** @param instruments Those of the events' source. */
  constructor(instruments: Instruments) {
    this.#instruments = instruments;
  }

  /** Takes an event. */
  accept(event: MarketEvent): void {
    const checked = this.#checked[event.instrument] ?? this.#begin(event.instrument);
    switch (event.kind) {
      case "depth":
        return this.#depth(checked, event);
      case "top":
        checked.feeder.report(event);
        return checked.tops.report(event);
      case "trade":
        return checked.trades.count(event);
      case "ticker":
        checked.tops.report(event);
        this.#compare(checked, event);
    }
  }

  /** Compares the rest, and reports everything. */
  finish(): CheckSummary {
    const { compared, within, worst } = this.#greeks;
    const summary: CheckSummary = {
      applied: 0,
      snapshots: 0,
      stale: 0,
      early: 0,
      gaps: 0,
      restarts: 0,
      tops: 0,
      equalTops: 0,
      unansweredTops: 0,
      unsureTops: 0,
      crossed: this.#crossed,
      invalid: 0,
      trades: 0,
      tradeHoles: 0,
      bought: 0,
      sold: 0,
      checksums: this.#checksums,
      equalChecksums: this.#equalChecksums,
      greeks: compared,
      greeksWithin: within,
      worstGreeks: worst,
      instruments: [],
      examples: [...this.#faults],
    };
    const bought = new DecimalSum(), sold = new DecimalSum();
    for (const { model, feeder, tops, trades, greekCount, checksumCount, state } of this.#checked) {
      tops.finish();
      for (const name of ["applied", "snapshots", "stale", "early", "gaps", "restarts"] as const) {
        summary[name] += feeder.counts[name];
      }
      summary.tops += tops.compared;
      summary.equalTops += tops.equal;
      summary.unansweredTops += tops.unanswered;
      summary.unsureTops += tops.unsure;
      summary.instruments.push({
        name: model.name,
        tops: tops.compared,
        unansweredTops: tops.unanswered,
        greeks: greekCount,
        checksums: checksumCount,
        book: state,
      });
      summary.examples.push(...tops.examples.map((example) => `${model.name}: ${example}`));
      if (feeder.awaitsSnapshot) summary.invalid++;
      summary.trades += trades.trades;
      summary.tradeHoles += trades.holes;
      bought.addSum(trades.bought);
      sold.addSum(trades.sold);
    }
    return { ...summary, bought: bought.value, sold: sold.value };
  }

  #compare(checked: Checked, ticker: TickerEvent): void {
    const { model } = checked, isWithin = this.#greeks.compare(model, ticker);
    if (isWithin !== undefined) checked.greekCount++;
    if (isWithin !== false) return;
    for (const fault of this.#greeks.faults) {
      if (this.#faults.length < MOST_FAULTS) this.#faults.push(faultText(model.name, fault));
    }
  }

  /** Feeds an event, and compares the book with the checksum that it may bear. */
  #feed(checked: Checked, event: DepthEvent): Fed {
    const { feeder, book } = checked, fed = feeder.feed(event), hasChecksum = event.checksum === event.checksum;
    if (!hasChecksum && checked.checksums === undefined) return fed;
    const checksums = checked.checksums ??= new ChecksumBook(book, ...newBook(DIGITS_OPTIONS));
    checksums.feed(event);
    if (!hasChecksum || !isApplied(fed)) return fed;
    this.#checksums++;
    checked.checksumCount++;
    if (checksums.matches(event.checksum)) {
      this.#equalChecksums++;
      return fed;
    }
    feeder.reject();
    checksums.invalidate();
    return "mismatch";
  }

  #depth(checked: Checked, event: DepthEvent): void {
    const { book, tops } = checked;
    const fed = this.#feed(checked, event), top = this.#top;
    if (book.read(top) && isApplied(fed) && top.isCrossed) this.#crossed++;
    checked.state = bookStateOf(checked.state, fed, top);
    tops.book(event, fed, bestOf(top));
  }

  /** Instruments are numbered as they are first seen. */
  #begin(instrument: number): Checked {
    while (this.#checked.length <= instrument) {
      const model = this.#instruments.at(this.#checked.length);
      const options = { levels: isOption(model) ? 512 : 8192, copies: 2, ...ALL_DIGITS };
      const [book, writer] = newBook(options), feeder = new BookFeeder(writer);
      this.#checked.push({
        model,
        book,
        feeder,
        checksums: undefined,
        checksumCount: 0,
        greekCount: 0,
        state: undefined,
        tops: new TopsCheck(),
        trades: new TradeCheck(),
      });
    }
    return this.#checked[instrument];
  }
}

/** A book in memory of its own, and its writer. */
function newBook(options: OrderBookOptions): [OrderBook, OrderBookWriter] {
  const region = Region.over(new SharedArrayBuffer(OrderBook.byteLength(options)));
  OrderBook.init(region, options);
  const book = OrderBook.attach(region, options);
  return [book, book.writer()];
}
