import { OrderBook, type OrderBookOptions, Region } from "@shmkit/shmkit";
import { BookFeeder } from "../../examples/desk/book/book_feeder.ts";
import { type DepthEvent, depthEvent } from "../../examples/desk/input/events.ts";

/** Levels of a side. */
export type Pairs = readonly (readonly [price: number, quantity: number])[];

/** A book over a `SharedArrayBuffer`, and its feeder. */
export function fedBook(options: OrderBookOptions): { book: OrderBook; feeder: BookFeeder } {
  const region = Region.over(new SharedArrayBuffer(OrderBook.byteLength(options)));
  OrderBook.init(region, options);
  const book = OrderBook.attach(region, options);
  return { book, feeder: new BookFeeder(book.writer()) };
}

/** A change of a book that follows the one numbered before it. */
export function change(last: number, bids: Pairs, asks: Pairs, rest: Partial<DepthEvent> = {}): DepthEvent {
  const event = Object.assign(depthEvent(), { first: last, last, previous: last - 1 }, rest);
  for (const [price, quantity] of bids) event.bids.push(price, quantity);
  for (const [price, quantity] of asks) event.asks.push(price, quantity);
  return event;
}
