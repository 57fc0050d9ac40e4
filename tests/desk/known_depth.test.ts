import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { BookReading, OrderBook, Region } from "@shmkit/shmkit";
import { BookFeeder } from "../../examples/desk/book/book_feeder.ts";
import { CaptureCheck, type CheckSummary } from "../../examples/desk/check/capture_check.ts";
import { CaptureParser } from "../../examples/desk/input/capture_parser.ts";
import { type DepthEvent, topEvent } from "../../examples/desk/input/events.ts";
import { BinanceLines } from "./binance_lines.ts";
import { change, fedBook } from "./fed_book.ts";
import { eventsOfText } from "./parse_text.ts";

function make(levels = 16) {
  return fedBook({ levels, copies: 4 });
}

/** A snapshot of two levels a side that covers bids down to 98 and asks up to 103. */
function snapshot(): DepthEvent {
  const rest = { isSnapshot: true, knownBid: 98, knownAsk: 103 };
  return change(10, [[100, 1], [98, 1]], [[101, 1], [103, 1]], rest);
}

function topOf(book: OrderBook): BookReading {
  const top = new BookReading(4);
  assert(book.read(top));
  return top;
}

function known({ isBidKnown, isAskKnown, knownBids, knownAsks }: BookReading): unknown[] {
  return [isBidKnown, isAskKnown, knownBids, knownAsks];
}

describe("a book knows each side down to the worst price that its snapshot covered", () => {
  it("beyond, changes report levels, but not all: the best of those may not be the best", () => {
    const { book, feeder } = make();
    feeder.feed(snapshot());
    assertEquals(known(topOf(book)), [true, true, 2, 2]);
    feeder.feed(change(11, [[97, 5], [100, 0]], [[104, 5]]));
    assertEquals(known(topOf(book)), [true, true, 1, 2]);
    feeder.feed(change(12, [[98, 0]], []));
    assertEquals([known(topOf(book)), topOf(book).bid], [[false, true, 0, 2], 97]);
    feeder.feed(change(13, [[97, 0]], [[101, 0], [103, 0], [104, 0]]));
    assertEquals(
      [known(topOf(book)), topOf(book).bids, topOf(book).asks],
      [[false, false, 0, 0], 0, 0],
      "not empty, but unknown",
    );
    feeder.feed(change(14, [[99, 1]], [[102, 1]]));
    assertEquals(known(topOf(book)), [true, true, 1, 1], "back where it is known");
  });

  it("an empty side of which all is known is empty", () => {
    const { book, feeder } = make();
    feeder.feed(change(1, [], [[101, 1]], { isSnapshot: true }));
    assertEquals(known(topOf(book)), [true, true, 0, 1]);
    feeder.feed(change(2, [], [[101, 0]]));
    assertEquals(known(topOf(book)), [true, true, 0, 0]);
  });

  it("what the exchange says is the best is the best: nothing is better, and changes have reported it", () => {
    const { book, feeder } = make(), ticker = topEvent();
    const report = (sequence: number, bid: number, ask: number) =>
      feeder.report(Object.assign(ticker, { sequence, bid, ask }));
    feeder.feed(snapshot());
    report(9, 97, 101); // from before the snapshot: what came in between is not known
    report(12, 97, 101);
    feeder.feed(change(11, [[97, 5], [100, 0], [98, 0]], []));
    assertEquals(known(topOf(book))[0], false, "told of a later book");
    feeder.feed(change(12, [], [[101, 2]]));
    assertEquals([known(topOf(book)), topOf(book).knownBid, topOf(book).knownAsk], [[true, true, 1, 2], 97, 103]);
    report(13, 95, 101);
    feeder.feed(change(13, [[97, 0], [96, 1]], []));
    assertEquals([known(topOf(book))[0], topOf(book).knownBid], [false, 97], "the exchange names another one");
    feeder.feed(change(14, [[97, 1]], []));
    assertEquals(known(topOf(book))[0], true);
  });

  it("what finds no room is not known any more", () => {
    const { book, feeder } = make(2);
    feeder.feed(change(1, [[100, 1], [99, 1]], [[101, 1], [102, 1]], { isSnapshot: true }));
    assertEquals([topOf(book).knownBid, topOf(book).knownAsk], [-Infinity, Infinity]);
    feeder.feed(change(2, [[98, 1]], [[100.5, 1]]));
    assertEquals([topOf(book).knownBid, topOf(book).knownAsk, topOf(book).dropped], [99, 101, 2]);
    feeder.feed(change(3, [[100, 0], [99, 0]], []));
    assertEquals(known(topOf(book)), [false, true, 0, 2]);
    feeder.feed(change(4, [[90, 1]], [], { isSnapshot: true }));
    assertEquals([topOf(book).knownBid, known(topOf(book))], [-Infinity, [true, true, 1, 0]]);
  });

  it("a successor of a dead writer knows what it knew", () => {
    const { book, feeder } = make();
    feeder.feed(snapshot());
    const options = { levels: 16, copies: 4 },
      region = Region.over(new SharedArrayBuffer(OrderBook.byteLength(options)));
    OrderBook.init(region, options);
    const other = OrderBook.attach(region, options), first = other.writer();
    new BookFeeder(first).feed(snapshot());
    first.close();
    const second = new BookFeeder(other.writer());
    second.feed(change(11, [[100, 0], [98, 0], [97, 1]], []));
    assertEquals(known(topOf(other)), [false, true, 0, 2]);
    assertEquals(known(topOf(book)), [true, true, 2, 2]);
  });
});

describe("a capture whose price leaves what its snapshot covered", () => {
  const check = (text: string): CheckSummary => {
    const parser = new CaptureParser(), check = new CaptureCheck(parser.instruments);
    for (const event of eventsOfText(text, parser)) check.accept(event);
    assertEquals(parser.report.broken, 0);
    return check.finish();
  };
  const bids = [["100", "1"], ["99", "1"]] as const, asks = [["101", "1"], ["102", "1"]] as const;

  /**
   * The price falls to 90; the exchange knows of a bid at 95 that is older than the snapshot, and that no change tells
   * of.
   */
  function falling(hasHidden: boolean, hasTickers: boolean): string {
    const lines = new BinanceLines().ticker(1000, ["100", "1"], ["101", "1"]).snapshot(1000, bids, asks);
    let u = 1000;
    for (let price = 100; price > 90; price--) {
      lines.depth(++u, [[`${price}`, "0"], [`${price - 2}`, "3"]], [[`${price + 1}`, "0"], [`${price}`, "2"]]);
      const isHidden = hasHidden && price - 1 < 95;
      if (hasTickers) lines.ticker(u, [isHidden ? "95" : `${price - 1}`, price === 100 ? "1" : "3"], [`${price}`, "2"]);
    }
    return lines.text;
  }

  it("is compared as far as that goes: what is confirmed is right, what differs is not known to be wrong", () => {
    const all = check(falling(false, true));
    assertEquals([all.tops, all.equalTops, all.unsureTops, all.crossed], [10, 10, 0, 0]);
    const hidden = check(falling(true, true));
    assertEquals([hidden.tops, hidden.equalTops, hidden.unsureTops, hidden.examples], [5, 5, 5, []]);
    const untold = check(falling(false, false));
    assertEquals([untold.tops, untold.unansweredTops], [0, 10]);
  });

  it("was requested with a limit, and has less: then all is known", () => {
    const rest = (limit: number) =>
      `https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=${limit} -> 1723161255.000: {"lastUpdateId":1000,"T":1,"E":1,"bids":[["100","1"],["99","1"]],"asks":[["101","1"]]}\n`;
    for (const [limit, knownBid, knownAsk] of [[2, 99, Infinity], [3, -Infinity, Infinity], [1, 99, 101]]) {
      const [event] = eventsOfText(rest(limit));
      assert(event.kind === "depth");
      assertEquals([event.knownBid, event.knownAsk], [knownBid, knownAsk], `${limit}`);
    }
  });
});
