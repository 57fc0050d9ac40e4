import { BookReading, OrderBook, type PipelineReader, type ViewOf } from "../../../mod.ts";
import { isApplied } from "../book/book_feeder.ts";
import { type BookState, bookStateOf, type Comparison } from "../check/coverage.ts";
import { faultText, GreeksCheck } from "../check/greeks_check.ts";
import { TopsCheck } from "../check/tops_check.ts";
import { TradeCheck } from "../check/trade_check.ts";
import type { DepthEvent, MarketEvent, TickerEvent } from "../input/events.ts";
import { bestOf } from "../layout/best.ts";
import type { Desk } from "../layout/desk.ts";
import { CHECKSUMS, type EventPartView, OUTCOMES, VERDICTS } from "../layout/event_part.ts";
import { LimitsRecord, type OrderRecord, PositionRow } from "../layout/records.ts";
import { EventReader } from "../processes/event_reader.ts";
import { type Instrument, InstrumentDirectory } from "../processes/instrument_directory.ts";
import { DecimalSum } from "../risk/decimal_sum.ts";
import { clientQuantity, openingQuantity } from "../risk/desk_flow.ts";
import { OrderAudit } from "./order_audit.ts";

/** How many wrong greeks are reported in words. */
const MOST_FAULTS = 5;

/** What an instrument is checked with. */
interface Audited {
  readonly instrument: Instrument;
  readonly tops: TopsCheck;
  readonly trades: TradeCheck;
  /** What the desk must hold, its orders left out. */
  readonly expected: DecimalSum;
  hasTicked: boolean;
  /** Greeks compared. */
  greeks: number;
  /** Checksums compared. */
  checksums: number;
  /** What became of its book; undefined if it has none. */
  book: BookState | undefined;
  /** The top that the last change left. */
  last: { sequence: number; bid: number; ask: number } | undefined;
}

/** What the audit found. */
export interface AuditSummary extends Comparison {
  events: number;
  /** Events that were missing on the way. */
  missing: number;
  depth: Record<typeof OUTCOMES[number], number>;
  trades: number;
  tradeHoles: number;
  /** Tickers of options that were not compared. */
  greeksPending: number;
  /** Books in shared memory that are not as their last change left them. */
  wrongBooks: number;
  /** Positions that are not the sum of all that was booked. */
  wrongPositions: number;
  /** What is held of the hedging future, and where it comes from, added up by the audit. */
  future: { name: string; held: number; clients: number; orders: number } | undefined;
  orders: Omit<OrderAudit, "accept" | "judge" | "net" | "examples">;
}

/**
 * The supervisor's own reader: the last to receive each event and each order, with all that the processes found out
 * about them. It compares that with what the exchange said, and adds up what the desk must hold. It is never killed, so
 * it is what the processes' deaths are measured against; and as the writers wait for it, they keep what a dead process
 * missed.
 */
export class Audit implements Disposable {
  readonly #desk: Desk;
  readonly #directory: InstrumentDirectory;
  readonly #events: EventReader;
  readonly #orders: PipelineReader<typeof OrderRecord>;
  readonly #orderAudit = new OrderAudit();
  readonly #audited: Audited[] = [];
  readonly #limits = LimitsRecord.alloc();
  readonly #depth: AuditSummary["depth"];
  readonly #checksums = { none: 0, equal: 0, different: 0 };
  readonly #verdicts = { pending: 0, outside: 0, within: 0 };
  /** Computes a reported fault again, to describe it. */
  readonly #greeks = new GreeksCheck();
  readonly #faults: string[] = [];
  readonly #takeOrder = (order: ViewOf<typeof OrderRecord>) => this.#orderAudit.accept(order);
  #crossed = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#depth = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as AuditSummary["depth"];
    this.#directory = new InstrumentDirectory(desk);
    this.#events = new EventReader(desk, "audit", (event, part) => this.#accept(event, part));
    this.#orders = desk.orders.reader("audit", { from: "oldest", whenMissing: "wait" });
  }

  /** Takes what there is. Never blocks. @returns How many records there were. */
  step(): number {
    const parts = this.#events.receive(0), orders = this.#orders.drain(this.#takeOrder);
    // Only now: a process that stopped orders before one of these was sent, or filled, is seen.
    if (orders > 0 && this.#desk.limits.read(this.#limits)) this.#orderAudit.judge(this.#limits.stoppedAt);
    return parts + orders;
  }

  /** Events received. */
  get events(): number {
    return this.#events.count;
  }

  /** Whether all that was published was received. */
  get isDone(): boolean {
    return this.#events.position === this.#desk.events.position && this.#orders.position === this.#desk.orders.position;
  }

  /**
   * Compares the rest, and reports everything. Call it once, at the end.
   *
   * @param isComplete Whether the market came to its end. If it was left, what would have answered the last questions
   * did not come: they stay open.
   */
  finish(isComplete: boolean): AuditSummary {
    const { within, outside, pending } = this.#verdicts, { equal, different } = this.#checksums;
    const { net, examples, ...orders } = this.#orderAudit;
    const summary: AuditSummary = {
      events: this.#events.count,
      missing: this.#events.gaps,
      depth: this.#depth,
      tops: 0,
      equalTops: 0,
      unansweredTops: 0,
      unsureTops: 0,
      crossed: this.#crossed,
      trades: 0,
      tradeHoles: 0,
      checksums: equal + different,
      equalChecksums: equal,
      greeks: within + outside,
      greeksWithin: within,
      greeksPending: pending,
      wrongBooks: 0,
      wrongPositions: 0,
      future: undefined,
      orders,
      instruments: [],
      examples: [...examples, ...this.#faults],
    };
    for (const audited of this.#audited.filter((each) => each !== undefined)) {
      const { instrument: { name }, tops, trades, greeks, checksums, book } = audited;
      if (isComplete) tops.finish();
      summary.tops += tops.compared;
      summary.equalTops += tops.equal;
      summary.unansweredTops += tops.unanswered;
      summary.unsureTops += tops.unsure;
      summary.trades += trades.trades;
      summary.tradeHoles += trades.holes;
      summary.examples.push(...tops.examples.map((example) => `${name}: ${example}`));
      const { compared, unanswered: unansweredTops } = tops;
      summary.instruments.push({ name, tops: compared, unansweredTops, greeks, checksums, book });
      this.#checkBook(audited, summary);
      this.#checkPosition(audited, net.get(audited.instrument.index) ?? new DecimalSum(), summary);
    }
    return summary;
  }

  /** Releases its places. */
  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
    this.#orders.close();
  }

  #accept(event: MarketEvent, part: EventPartView): void {
    const audited = this.#audited[event.instrument] ??= this.#begin(event.instrument);
    switch (event.kind) {
      case "depth":
        return this.#acceptDepth(audited, event, part);
      case "top":
        return audited.tops.report(event);
      case "trade":
        audited.trades.count(event);
        if (event.instrument === this.#directory.hedge?.index) audited.expected.add(clientQuantity(event));
        return;
      case "ticker":
        audited.tops.report(event);
        if (audited.instrument.option === undefined) return;
        this.#verdicts[VERDICTS[part.verdict]]++;
        if (VERDICTS[part.verdict] !== "pending") audited.greeks++;
        if (VERDICTS[part.verdict] === "outside") this.#explain(audited.instrument, event);
        if (!audited.hasTicked) audited.expected.add(openingQuantity(event.instrument));
        audited.hasTicked = true;
    }
  }

  #acceptDepth(audited: Audited, event: DepthEvent, part: EventPartView): void {
    const outcome = OUTCOMES[part.outcome];
    this.#depth[outcome]++;
    audited.last = undefined;
    audited.tops.book(event, outcome, part);
    const checksum = CHECKSUMS[part.checksum];
    this.#checksums[checksum]++;
    if (checksum !== "none") audited.checksums++;
    if (checksum === "different") this.#explainChecksum(audited.instrument, event);
    audited.book = bookStateOf(audited.book, outcome, part);
    if (!isApplied(outcome)) return;
    const { sequence, bid, bidQuantity, ask, askQuantity } = part;
    audited.last = { sequence, bid, ask };
    if (bidQuantity > 0 && askQuantity > 0 && bid >= ask) this.#crossed++;
  }

  /** Says which greek is off, and by how much. */
  #explain({ name, model }: Instrument, ticker: TickerEvent): void {
    if (this.#faults.length >= MOST_FAULTS) return;
    const isWithin = this.#greeks.compare(model, ticker);
    const texts = isWithin
      ? [`${name}: pricing says that its greeks are off, and they are not`]
      : this.#greeks.faults.map((fault) => faultText(name, fault));
    this.#faults.push(...texts.slice(0, MOST_FAULTS - this.#faults.length));
  }

  #explainChecksum({ name }: Instrument, { checksum, exchangeMs }: DepthEvent): void {
    if (this.#faults.length >= MOST_FAULTS) return;
    const time = new Date(exchangeMs).toISOString();
    this.#faults.push(`${name}: at ${time} its book does not have the checksum ${checksum} that the exchange says`);
  }

  #checkBook({ instrument, last }: Audited, summary: AuditSummary): void {
    if (last === undefined) return;
    const top = new BookReading(1);
    this.#desk.segment.open(`book ${instrument.name}`, OrderBook).read(top);
    const { sequence, bid, ask } = bestOf(top);
    if (sequence === last.sequence && bid === last.bid && ask === last.ask) return;
    summary.wrongBooks++;
    summary.examples.push(
      `the book of ${instrument.name} is ${JSON.stringify({ sequence, bid, ask })}, not ${JSON.stringify(last)}`,
    );
  }

  #checkPosition({ instrument, expected }: Audited, orders: DecimalSum, summary: AuditSummary): void {
    const row = PositionRow.alloc(), sum = new DecimalSum(expected.units, expected.digits);
    this.#desk.positions.read(instrument.index, row);
    const held = new DecimalSum(row.units, row.digits);
    const quantities = { held: held.value, clients: expected.value, orders: orders.value };
    if (instrument.index === this.#directory.hedge?.index) summary.future = { name: instrument.name, ...quantities };
    if (sum.addSum(orders) && held.equals(sum)) return;
    summary.wrongPositions++;
    summary.examples.push(
      `${quantities.held} of ${instrument.name} are held, not ${quantities.clients} and ${quantities.orders} by orders`,
    );
  }

  #begin(index: number): Audited {
    return {
      instrument: this.#directory.at(index),
      tops: new TopsCheck(),
      trades: new TradeCheck(),
      expected: new DecimalSum(),
      hasTicked: false,
      greeks: 0,
      checksums: 0,
      book: undefined,
      last: undefined,
    };
  }
}
