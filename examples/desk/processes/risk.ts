/**
 * Keeps the positions and watches the limits: `risk.ts <segment>`. Books what clients trade, fills or refuses the
 * desk's orders at the best price of the book (it stands in for the exchange), and pulls the kill switch if it must.
 */
import process from "node:process";
import { Backoff, type ViewOf, type Waitable, WaitSet } from "../../../mod.ts";
import type { MarketEvent } from "../input/events.ts";
import { heldOf } from "../layout/position_rows.ts";
import { lastStore } from "../layout/last_store.ts";
import { coinsOf, gainOf } from "../instrument/contract.ts";
import type { EventPartView } from "../layout/event_part.ts";
import { ORDER_OUTCOMES } from "../layout/order_outcomes.ts";
import { GreeksRow, LimitsRecord, OrderRecord, QuoteRow } from "../layout/records.ts";
import { clientQuantity, openingQuantity } from "../risk/desk_flow.ts";
import { CoinDeltas } from "../risk/coin_deltas.ts";
import { futureValue } from "../risk/future_value.ts";
import type { Exposure } from "../risk/exposure.ts";
import { type Breach, BREACHES, breachesOf, mustStop } from "../risk/limits.ts";
import { scenarioMargin } from "../risk/scenario_margin.ts";
import { isTwoSided } from "../layout/two_sided.ts";
import { dollarsOf } from "../pricing/mark.ts";
import { DeskProcess } from "./desk_process.ts";
import { EventReader } from "./event_reader.ts";
import { InstrumentDirectory } from "./instrument_directory.ts";
import { PositionBook } from "./position_book.ts";
import { takeOver } from "./take_over.ts";

/** How long to wait for events and orders before checking what the supervisor wants. */
const WAIT_MS = 20;
/** Between two valuations of all that is held. */
const VALUE_MS = 50;

const self = new DeskProcess("risk"), { desk, segment } = self;
const directory = new InstrumentDirectory(desk), positions = new PositionBook(desk, directory);
const standings = takeOver(() => desk.standing.writer());
const latency = takeOver(() => desk.latencies.risk.recorder()), fills = takeOver(() => desk.latencies.fill.recorder());
const orders = takeOver(() => desk.orders.reader("risk", { from: "oldest" }));
const tellOutcome = lastStore(OrderRecord, "outcome");
const quote = QuoteRow.alloc(), greeks = GreeksRow.alloc(), limits = LimitsRecord.alloc();
const deltas = new CoinDeltas(), middles: (number | undefined)[] = [];
let breaches: readonly Breach[] = [], timeMs = 0, valuedMs = 0, decided = 0, refused = 0;

using reader = new EventReader(desk, "risk", receive);
/** A blocking wait sleeps for both together; a spinning one checks them in turn. */
const awaited = self.wait === "block" ? new WaitSet<Waitable>([reader.source, orders]) : undefined;
const idle = new Backoff({ yields: Infinity });
self.ready();
while (self.phase !== "end") {
  awaited?.wait({ timeoutMs: WAIT_MS });
  if (reader.receive(0) + orders.drain(decide) > 0) idle.reset();
  else if (awaited === undefined) idle.step();
  if (performance.now() - valuedMs > VALUE_MS) {
    valuedMs = performance.now();
    value();
  }
  reportProgress();
}
value();
reportProgress(true);
orders.close();
reader[Symbol.dispose]();
self[Symbol.dispose]();
process.exit(0);

function reportProgress(isLast = false): void {
  const messages = reader.count + decided;
  self.report({ messages, faults: refused, position: reader.position, lag: reader.length }, isLast);
}

function receive(event: MarketEvent, part: EventPartView): void {
  if (event.exchangeMs === event.exchangeMs) timeMs = event.exchangeMs; // not every message has it
  if (event.kind === "ticker") {
    const { option, model } = directory.at(event.instrument), quantity = openingQuantity(event.instrument);
    if (option === undefined || quantity === 0 || positions.at(event.instrument) !== undefined) return;
    positions.bookEvent(event.instrument, part.number, quantity, dollarsOf(model, event));
  } else if (event.kind === "trade" && event.instrument === directory.hedge?.index) {
    const quantity = clientQuantity(event);
    if (quantity !== 0) positions.bookEvent(event.instrument, part.number, quantity, event.price);
    latency.record(segment.now() - part.fedAt);
  }
}

/**
 * Decides about an order. One that comes again was decided by a predecessor, which may have died before it reported it.
 */
function decide(order: ViewOf<typeof OrderRecord>): void {
  if (order.outcome !== "open") return;
  const { id, instrument, quantity } = order;
  const signed = order.side === "buy" ? quantity : -quantity;
  const price = isAllowed(order, signed) ? bestFor(signed) : 0;
  if (positions.bookOrder(order, price > 0 ? signed : 0, price)) {
    decided++;
    if (price === 0) refused++;
    else {
      const { coin, contract } = directory.at(instrument);
      deltas.add(coin, coinsOf(contract, signed, price));
    }
  }
  const booked = positions.at(instrument);
  // Only the last one booked can have been left unreported: its outcome is reported right after it was booked.
  if (booked?.lastOrderId !== id) throw new Error(`Cannot report order ${id} as it must be the last one booked`);
  order.price = booked.lastPrice;
  order.decidedAt = segment.now();
  tellOutcome(order, ORDER_OUTCOMES.indexOf(booked.lastOutcome));
  fills.record(order.decidedAt - order.fedAt);
}

/** The price of the other side, at which an order is filled; 0 if none is known. */
function bestFor(signed: number): number {
  const { bid, bidQuantity, isBidKnown, ask, askQuantity, isAskKnown } = quote;
  if (signed > 0) return isAskKnown && askQuantity > 0 ? ask : 0;
  return isBidKnown && bidQuantity > 0 ? bid : 0;
}

/** Checks the switch last, so nothing is filled once it was seen pulled. */
function isAllowed({ instrument }: ViewOf<typeof OrderRecord>, signed: number): boolean {
  if (!desk.quotes.read(instrument, quote) || !quote.isValid) return false;
  const isReducing = Math.sign(signed) !== Math.sign(deltas.of(directory.at(instrument).coin));
  return (breaches.length === 0 || isReducing) && !desk.limits.isStopped;
}

/**
 * Between the best bid and ask when both were last known: what is held is worth something while a book is not valid,
 * too.
 */
function middleOf(instrument: number): number | undefined {
  if (desk.quotes.read(instrument, quote) && quote.isValid && isTwoSided(quote)) {
    middles[instrument] = (quote.bid + quote.ask) / 2;
  }
  return middles[instrument];
}

/** Values all positions, and checks the limits. */
function value(): void {
  if (!desk.limits.read(limits)) return; // a process died while it changed them: no order goes out
  const exposures: Exposure[] = [];
  let vega = 0, profit = 0;
  deltas.clear();
  for (const { index, option, isFuture, contract, coin } of directory.all()) {
    const position = positions.at(index);
    if (position === undefined) continue;
    const quantity = heldOf(position), { averagePrice, realised, lastPrice } = position;
    if (isFuture) {
      const price = middleOf(index) ?? (averagePrice > 0 ? averagePrice : lastPrice);
      const value = futureValue(contract, { quantity, averagePrice, realised }, price);
      deltas.add(coin, value.coins);
      profit += value.profit;
      exposures.push({ quantity: value.coins, forward: price });
    } else if (option !== undefined && desk.greeks.read(index, greeks)) {
      const coins = coinsOf(contract, quantity, greeks.forward);
      deltas.add(coin, coins * greeks.delta);
      vega += coins * greeks.vega;
      profit += realised + quantity * gainOf(contract, averagePrice, greeks.price);
      exposures.push({ quantity: coins, forward: greeks.forward, option, volatility: greeks.volatility });
    }
  }
  const { initial, maintenance } = scenarioMargin(exposures, timeMs);
  const equity = limits.collateral + profit;
  const found = { delta: deltas.largest, vega, profit, equity, initialMargin: initial, maintenanceMargin: maintenance };
  breaches = breachesOf(found, limits);
  if (mustStop(breaches)) desk.limits.stop();
  const bits = breaches.reduce((bits, breach) => bits | (1 << BREACHES.indexOf(breach)), 0);
  standings.write(0, { ...found, breaches: bits, writtenAt: segment.now() });
}
