/**
 * Prices the options: `pricing.ts <segment>`. On every ticker the option that it is about; on every move of the future
 * all options on the same coin, with forwards that have moved as it did. Compares with what the exchange says.
 */
import process from "node:process";
import { isApplied } from "../book/book_feeder.ts";
import { GreeksCheck } from "../check/greeks_check.ts";
import type { MarketEvent, TickerEvent } from "../input/events.ts";
import type { OptionTerms } from "../instrument/option_terms.ts";
import { type EventPartView, OUTCOMES, VERDICTS } from "../layout/event_part.ts";
import { GreeksRow } from "../layout/records.ts";
import { black76, emptyGreeks, YEAR_MS } from "../pricing/black76.ts";
import { isTwoSided } from "../layout/two_sided.ts";
import { dollarsOf } from "../pricing/mark.ts";
import { DeskProcess } from "./desk_process.ts";
import { EventReader } from "./event_reader.ts";
import { InstrumentDirectory } from "./instrument_directory.ts";
import { takeOver } from "./take_over.ts";

/** How long to wait before checking what the supervisor wants. */
const WAIT_MS = 20;

/** An option and what it is priced with. */
interface Priced {
  readonly index: number;
  readonly option: OptionTerms;
  /** From its last ticker. */
  forward: number;
  volatility: number;
  timeMs: number;
  /** The future's price then; 0 if it was not known. */
  underlying: number;
}

const self = new DeskProcess("pricing"), { desk, segment } = self;
const directory = new InstrumentDirectory(desk), check = new GreeksCheck();
const rows = takeOver(() => desk.greeks.writer()), latency = takeOver(() => desk.latencies.pricing.recorder());
const greeks = emptyGreeks(), row = GreeksRow.alloc();
const priced: Priced[] = [], byIndex: (Priced | undefined)[] = [];
/** The future's last price. */
let middle = 0;

for (const { index, option } of directory.all()) {
  if (option !== undefined && desk.greeks.read(index, row)) {
    const { forward, volatility, underlying, timeMs } = row;
    add({ index, option, forward, volatility, underlying, timeMs });
    middle = underlying;
  }
}
using reader = new EventReader(desk, "pricing", receive, self.wait);
self.ready();
while (self.phase !== "end") {
  reader.receive(WAIT_MS);
  reportProgress();
}
reportProgress(true);
reader[Symbol.dispose]();
self[Symbol.dispose]();
process.exit(0);

function reportProgress(isLast = false): void {
  const faults = check.compared - check.within;
  self.report({ messages: reader.count, faults, position: reader.position, lag: reader.length }, isLast);
}

function receive(event: MarketEvent, part: EventPartView): void {
  if (event.kind === "ticker") {
    priceTicker(event, part);
    latency.record(segment.now() - part.fedAt);
  } else if (event.kind === "depth" && event.instrument === directory.hedge?.index) {
    if (!isApplied(OUTCOMES[part.outcome]) || !isTwoSided(part)) return;
    const now = (part.bid + part.ask) / 2;
    if (now === middle) return;
    middle = now;
    const { coin } = directory.at(event.instrument);
    for (const each of priced) if (each.option.currency === coin) move(each, part.fedAt);
    latency.record(segment.now() - part.fedAt);
  }
}

function priceTicker(ticker: TickerEvent, part: EventPartView): void {
  const { option, model } = directory.at(ticker.instrument);
  if (option === undefined) return;
  const each = byIndex[ticker.instrument] ??
    add({ index: ticker.instrument, option, forward: 0, volatility: 0, timeMs: 0, underlying: 0 });
  each.forward = ticker.underlyingPrice;
  each.volatility = ticker.markVolatility;
  each.timeMs = ticker.exchangeMs;
  each.underlying = middle;
  write(each, each.forward, part.fedAt, dollarsOf(model, ticker));
  part.verdict = VERDICTS.indexOf(check.judge(model, option, greeks, ticker) ? "within" : "outside");
}

function move(each: Priced, fedAt: number): void {
  if (each.underlying === 0) each.underlying = middle;
  write(each, each.forward * middle / each.underlying, fedAt);
}

/** Computes and publishes. Seconds since the last ticker do not matter, so its time is the option's. */
function write(each: Priced, forward: number, fedAt: number, mark?: number): void {
  const { index, option, volatility, timeMs } = each;
  black76(greeks, option.isCall, forward, option.strike, (option.expiryMs - timeMs) / YEAR_MS, volatility);
  const row = rows.begin(index);
  row.price = greeks.price;
  row.delta = greeks.delta;
  row.gamma = greeks.gamma;
  row.vega = greeks.vega;
  row.theta = greeks.theta;
  row.rho = greeks.rho;
  row.forward = forward;
  row.volatility = volatility;
  row.timeMs = timeMs;
  row.underlying = middle;
  if (mark !== undefined) row.mark = mark;
  row.fedAt = fedAt;
  row.writtenAt = segment.now();
  rows.commit();
}

function add(each: Priced): Priced {
  priced.push(each);
  return byIndex[each.index] = each;
}
