/**
 * Events as JSON, as they would go over a socket: prices and quantities as the numbers that the desk has.
 *
 * @module
 */
import { type DepthEvent, depthEvent, type MarketEvent } from "../../examples/desk/input/events.ts";
import type { Levels } from "../../examples/desk/input/levels.ts";

/** What a process sends to the next one: an event, and the results so far. */
export interface SentEvent {
  readonly number: number;
  readonly event: MarketEvent;
  outcome?: string;
  sequence?: number;
  bid?: number;
  bidQuantity?: number;
  ask?: number;
  askQuantity?: number;
}

/** A line, with its end. */
export function toLine(sent: SentEvent): string {
  const { event } = sent;
  if (event.kind !== "depth") return JSON.stringify(sent) + "\n";
  const { bids, asks, ...rest } = event;
  return JSON.stringify({ ...sent, event: { ...rest, bids: pairs(bids), asks: pairs(asks) } }) + "\n";
}

/** The contents of a line. */
export function fromLine(line: string): SentEvent {
  const sent = JSON.parse(line);
  if (sent.event.kind !== "depth") return sent;
  const event: DepthEvent = depthEvent(), { bids, asks, ...rest } = sent.event;
  Object.assign(event, rest);
  for (const [price, quantity] of bids) event.bids.push(price, quantity);
  for (const [price, quantity] of asks) event.asks.push(price, quantity);
  return { ...sent, event };
}

function pairs({ prices, quantities, length }: Levels): [number, number][] {
  return Array.from({ length }, (_, i) => [prices[i], quantities[i]]);
}
