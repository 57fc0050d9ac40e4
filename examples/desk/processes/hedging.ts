/**
 * Keeps the desk's delta near 0: `hedging.ts <segment>`. After each event that may have changed it, the deltas of all
 * that is held of the future's coin are added up, and an order for the future is sent if they are off. Other coins have
 * no hedge.
 */
import process from "node:process";
import { Hedger } from "../hedging/hedger.ts";
import type { MarketEvent } from "../input/events.ts";
import { timesDecimal } from "../input/decimal.ts";
import { heldOf } from "../layout/position_rows.ts";
import { MAX_INSTRUMENTS, SENT_ORDERS } from "../layout/desk.ts";
import { coinsOf, lotOf } from "../instrument/contract.ts";
import type { EventPartView } from "../layout/event_part.ts";
import { GreeksRow, PositionRow, QuoteRow, SentOrderRow } from "../layout/records.ts";
import { isTwoSided } from "../layout/two_sided.ts";
import { DeskProcess } from "./desk_process.ts";
import { EventReader } from "./event_reader.ts";
import { InstrumentDirectory } from "./instrument_directory.ts";
import { takeOver } from "./take_over.ts";

/** How long to wait before checking what the supervisor wants. */
const WAIT_MS = 20;
/** In coins. */
const HEDGE = { band: 0.05, largest: 2 } as const;
/** The most orders on their way at once. */
const MOST_OPEN = 64;
/** Interval between updates of the counters of the orders' channel. */
const OFFER_MS = 100;
/** After a refusal the next order waits so long. */
const REFUSED_NS = 100e6;

const self = new DeskProcess("hedging"), { desk, segment } = self;
const directory = new InstrumentDirectory(desk);
const orders = takeOver(() => desk.orders.writer()), sent = takeOver(() => desk.sentOrders.writer());
const latency = takeOver(() => desk.latencies.hedging.recorder());
const offered = desk.counters.offer("orders", desk.orders);
const position = PositionRow.alloc(), greeks = GreeksRow.alloc(), quote = QuoteRow.alloc(), open = SentOrderRow.alloc();
/** By instrument. A future's delta depends on its price if it is inverse. */
const quantities = new Float64Array(MAX_INSTRUMENTS), deltas = new Float64Array(MAX_INSTRUMENTS);
const held: number[] = [];
let seenPositions = 0, seenGreeks = 0, future = -1, offeredMs = 0;
/**
 * The last order that is in the future's position or was refused; what was reported to the hedger; when the next may be
 * sent.
 */
let decided = 0, closed = 0, notBefore = 0;

readChanges();
closed = decided;
// An order's id is its place in the channel, so the channel shows which comes next, wherever a predecessor died.
const hedger = new Hedger({ ...HEDGE, firstId: orders.position + 1 });
for (let id = closed + 1; id <= orders.position; id++) {
  if (desk.sentOrders.read(id % SENT_ORDERS, open) && open.id === id) hedger.adopt({ id, coins: open.coins });
}
using reader = new EventReader(desk, "hedging", receive, self.wait);
self.ready();
while (self.phase !== "end") {
  reader.receive(WAIT_MS);
  reportProgress();
}
reportProgress(true);
orders.close();
reader[Symbol.dispose]();
self[Symbol.dispose]();
process.exit(0);

function reportProgress(isLast = false): void {
  if (isLast || performance.now() - offeredMs > OFFER_MS) {
    offeredMs = performance.now();
    offered.update();
  }
  self.report({ messages: reader.count, faults: 0, position: reader.position, lag: reader.length }, isLast);
}

function receive(event: MarketEvent, part: EventPartView): void {
  if (event.kind === "top") return; // the book has it
  if (event.kind !== "ticker" && event.instrument !== directory.hedge?.index) return;
  readChanges();
  hedge(part.fedAt);
  latency.record(segment.now() - part.fedAt);
}

/** Reads the changes. A position states with its quantity which orders are in it. */
function readChanges(): void {
  future = directory.hedge?.index ?? -1;
  seenPositions = desk.positions.changedSince(seenPositions, readPosition);
  seenGreeks = desk.greeks.changedSince(seenGreeks, readGreeks);
}

function readPosition(row: number): void {
  if (!desk.positions.read(row, position)) return;
  if (!held.includes(row)) held.push(row);
  quantities[row] = heldOf(position);
  if (row !== future) return;
  decided = position.lastOrderId;
  if (position.lastOutcome === "refused") notBefore = segment.now() + REFUSED_NS;
}

function readGreeks(row: number): void {
  if (desk.greeks.read(row, greeks)) deltas[row] = greeks.delta;
}

function hedge(fedAt: number): void {
  for (; closed < decided; closed++) hedger.close(closed + 1);
  if (future < 0 || orders.position - closed >= MOST_OPEN || segment.now() < notBefore) return;
  if (!desk.quotes.read(future, quote) || !quote.isValid || orders.free === 0) return;
  if (!isTwoSided(quote)) return;
  const { model, contract, coin } = directory.at(future), price = (quote.bid + quote.ask) / 2;
  let delta = 0;
  for (const row of held) if (directory.at(row).coin === coin) delta += deltaOf(row, price);
  if (desk.limits.isStopped) return; // nothing but the order at hand may pass the switch
  const lot = lotOf(model), order = hedger.decide(delta, coinsOf(contract, lot, price));
  if (order === undefined) return;
  if (order.id !== orders.position + 1) throw new Error(`Cannot send order ${order.id} as its place must be its id`);
  sent.write(order.id % SENT_ORDERS, { id: order.id, coins: order.coins });
  const record = orders.claim()!; // there is room, and no other process claims
  record.id = order.id;
  record.instrument = future;
  record.side = order.lots > 0 ? "buy" : "sell";
  record.outcome = "open";
  record.quantity = timesDecimal(Math.abs(order.lots), lot);
  record.price = 0;
  record.decidedAt = 0;
  record.fedAt = fedAt;
  record.sentAt = segment.now();
  orders.publish();
}

/** Coins that what is held moves like. Other futures of the coin are taken to cost what the hedging one does. */
function deltaOf(row: number, price: number): number {
  const { isFuture, contract } = directory.at(row);
  return coinsOf(contract, quantities[row], price) * (isFuture ? 1 : deltas[row]);
}
