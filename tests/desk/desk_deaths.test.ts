/**
 * What a process that died between two steps leaves, made by hand; and what its successor, a real process, makes of it.
 */
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import { BookReading, OrderBook, Segment, SeqLock, type ValueOf } from "@shmkit/shmkit";
import { ChecksumBook, DIGITS_OPTIONS } from "../../examples/desk/check/checksum_book.ts";
import { type DepthEvent, depthEvent, tradeEvent } from "../../examples/desk/input/events.ts";
import { modelOf } from "../../examples/desk/instrument/model_of.ts";
import { BookFeeder } from "../../examples/desk/book/book_feeder.ts";
import { bookOptions } from "../../examples/desk/layout/books.ts";
import { DEFAULT_LIMITS } from "../../examples/desk/layout/desk_limits.ts";
import { type Desk, DESK_BYTES, type DeskRole, openDesk } from "../../examples/desk/layout/desk.ts";
import { InstrumentWriter } from "../../examples/desk/processes/instrument_writer.ts";
import { heldOf } from "../../examples/desk/layout/position_rows.ts";
import { CHECKSUMS, OUTCOMES } from "../../examples/desk/layout/event_part.ts";
import {
  LimitsRecord,
  type OrderRecord,
  PositionRow,
  QuoteRow,
  StandingRow,
} from "../../examples/desk/layout/records.ts";
import { EventReader } from "../../examples/desk/processes/event_reader.ts";
import { EventWriter } from "../../examples/desk/processes/event_writer.ts";
import { PositionBook } from "../../examples/desk/processes/position_book.ts";
import { Peer } from "../../support/peer.ts";
import { otherRuntime } from "../../support/runtimes.ts";
import { until } from "../../support/until.ts";
import { OkxLines } from "./okx_lines.ts";
import { eventsOfText } from "./parse_text.ts";

/** A desk without processes: what is needed to let one of them work. */
async function withDesk(use: (desk: Desk) => Promise<void>): Promise<void> {
  using segment = Segment.anonymous({ byteLength: DESK_BYTES, role: "test" });
  const desk = openDesk(segment);
  desk.limits.set(DEFAULT_LIMITS);
  using control = desk.control.writer();
  control.write(0, { phase: "run", wait: "block" });
  new InstrumentWriter(desk).add(modelOf("BTCUSDT", "binanceFutures"));
  await use(desk);
}

/** Lets a process work until something is there. */
async function work(desk: Desk, role: DeskRole, isDone: () => boolean): Promise<void> {
  const script = new URL(`../../examples/desk/processes/${role}.ts`, import.meta.url);
  const peer = Peer.start(otherRuntime, script, [desk.segment.name]);
  await until(isDone, () => `${role} did not do its work: ${peer.errors}`);
  peer.kill();
  await peer.exited;
}

/** Lets a reader be killed in the middle of a drain: what it had received comes again. See `dying_reader.ts`. */
async function dieWhileReading(desk: Desk, role: "book" | "risk"): Promise<void> {
  const peer = Peer.start(otherRuntime, new URL("./dying_reader.ts", import.meta.url), [desk.segment.name, role]);
  assertEquals((await peer.exited).signal, "SIGKILL", peer.errors);
}

function buy(id: number): Partial<ValueOf<typeof OrderRecord>> {
  return {
    id,
    instrument: 0,
    side: "buy",
    outcome: "open",
    quantity: 2,
    price: 0,
    fedAt: 1,
    sentAt: 1,
    decidedAt: 0,
  };
}

/** A valid quote: no bid or ask is 0. */
function quoteOf(bid: number, ask: number): Partial<ValueOf<typeof QuoteRow>> {
  const quantities = { bidQuantity: bid > 0 ? 1 : 0, askQuantity: ask > 0 ? 1 : 0 };
  return { bid, ask, ...quantities, isValid: true, isBidKnown: true, isAskKnown: true };
}

function positionOf(desk: Desk): ValueOf<typeof PositionRow> & { quantity: number } {
  const row = PositionRow.alloc();
  desk.positions.read(0, row);
  return { ...PositionRow.toObject(row), quantity: heldOf(row) };
}

function change(sequence: number, isSnapshot: boolean): DepthEvent {
  const event = depthEvent();
  event.isSnapshot = isSnapshot;
  event.first = event.last = sequence;
  event.previous = sequence - 1;
  event.bids.push(100, sequence);
  if (isSnapshot) event.asks.push(101, 1);
  return event;
}

describe("a process of the desk, and the successor of one that died between two steps", () => {
  // The word that commits an order's fill is the version of the future's position: it holds the order's id.
  const fills: Record<string, (desk: Desk, order: (id: number) => void) => void | Promise<void>> = {
    "before it booked an order": () => {},
    "after it booked an order, before it reported it": (_desk, order) => {
      order(1);
    },
    "after it reported an order, before it freed it": (desk, order) => {
      order(1);
      return dieWhileReading(desk, "risk");
    },
  };
  for (const [when, leave] of Object.entries(fills)) {
    it(`risk, ${when}: each order is filled once`, () =>
      withDesk(async (desk) => {
        using quotes = desk.quotes.writer();
        quotes.write(0, quoteOf(100, 101));
        using audit = desk.orders.reader("audit", { from: "oldest", whenMissing: "wait" });
        using orders = desk.orders.writer();
        for (const id of [1, 2]) orders.push(buy(id));
        await leave(desk, (id) => {
          const book = new PositionBook(desk), record = desk.orders.layout.alloc();
          desk.orders.layout.assign(record, buy(id));
          book.bookOrder(record, 2, 101);
          book[Symbol.dispose]();
        });
        quotes.write(0, quoteOf(200, 201)); // the first one's price must stay
        const first = when.startsWith("before") ? 201 : 101;
        const seen: unknown[] = [];
        await work(desk, "risk", () => {
          audit.drain(({ id, outcome, price }) => seen.push([id, outcome, price]));
          return seen.length >= 2;
        });
        assertEquals(seen, [[1, "filled", first], [2, "filled", 201]]);
        const { quantity, lastOrderId, averagePrice } = positionOf(desk);
        assertEquals([quantity, lastOrderId, averagePrice], [4, 2, (first + 201) / 2]);
      }));
  }

  // The word that sends an order is the orders' tail: an order's id is its place behind it.
  for (const isSent of [false, true]) {
    it(`hedging, ${isSent ? "after" : "before"} it sent an order it had noted: the order goes out once`, () =>
      withDesk(async (desk) => {
        using quotes = desk.quotes.writer(), positions = desk.positions.writer();
        const noted = desk.sentOrders.writer(), orders = desk.orders.writer();
        quotes.write(0, quoteOf(100, 101));
        positions.write(0, { units: -2, averagePrice: 100, lastEvent: 1 });
        noted.write(1, { id: 1, coins: 2 });
        const sent: unknown[] = [];
        using audit = desk.orders.reader("audit", { from: "oldest" });
        if (isSent) orders.push(buy(1));
        orders.close();
        noted.close();
        let received = 0;
        using events = new EventReader(desk, "audit", () => void received++);
        const others = ["book", "pricing", "risk"].map((name) => desk.events.reader(name));
        using writer = new EventWriter(desk, 1);
        const trade = tradeEvent();
        for (const id of [1, 2, 3]) {
          trade.id = id;
          writer.write(trade, () => false);
        }
        await work(desk, "hedging", () => {
          for (const each of others) each.drain(() => {});
          events.receive(0);
          return received === 3;
        });
        audit.drain(({ id, side, quantity }) => sent.push([id, side, quantity]));
        assertEquals(sent, [[1, "buy", 2]]);
        for (const each of others) each.close();
      }));
  }

  it("risk, after it booked a client's trade: it is booked once", () =>
    withDesk(async (desk) => {
      const seen = { count: 0 };
      using audit = new EventReader(desk, "audit", () => void seen.count++);
      using book = desk.events.reader("book"), pricing = desk.events.reader("pricing"); // stand-ins
      using hedging = desk.events.reader("hedging");
      using writer = new EventWriter(desk, 1);
      const trade = tradeEvent();
      trade.quantity = 1;
      trade.price = 100;
      for (const id of [20, 40]) {
        trade.id = id; // every fourth is the desk's
        writer.write(trade, () => false);
      }
      const positions = new PositionBook(desk);
      positions.bookEvent(0, 1, 1, 100);
      positions[Symbol.dispose]();
      await work(desk, "risk", () => {
        for (const each of [book, pricing, hedging]) each.drain(() => {});
        audit.receive(0);
        return seen.count === 2;
      });
      const { quantity, lastEvent } = positionOf(desk);
      assertEquals([quantity, lastEvent], [2, 2]);
    }));

  it("risk pulls the kill switch when the margin is not backed, and refuses what comes after", () =>
    withDesk(async (desk) => {
      desk.limits.set({ ...DEFAULT_LIMITS, collateral: 0 });
      using quotes = desk.quotes.writer(), orders = desk.orders.writer();
      quotes.write(0, quoteOf(100, 101));
      const positions = desk.positions.writer();
      positions.write(0, { units: 5, averagePrice: 100 });
      positions.close();
      using audit = desk.orders.reader("audit", { from: "oldest", whenMissing: "wait" });
      const seen: unknown[] = [];
      await work(desk, "risk", () => {
        if (desk.limits.isStopped && orders.position === 0) orders.push(buy(1));
        audit.drain(({ id, outcome }) => seen.push([id, outcome]));
        return seen.length > 0;
      });
      assertEquals(seen, [[1, "refused"]]);
      assertEquals(positionOf(desk).quantity, 5);
    }));

  it("orders stop at the time from which no process is allowed to continue, however long the switch was waited for", () =>
    withDesk(async (desk) => {
      const limits = desk.segment.open("limits", SeqLock, { layout: LimitsRecord });
      desk.limits.set({ ...DEFAULT_LIMITS, collateral: 0 });
      const positions = desk.positions.writer();
      positions.write(0, { units: 5, averagePrice: 100 });
      positions.close();
      let heldUntil = Infinity;
      limits.lock();
      await work(desk, "risk", () => {
        if (heldUntil === Infinity && limits.stats().waiters > 0) {
          assert(!desk.limits.isStopped);
          heldUntil = desk.segment.now();
          limits.unlock();
        }
        return desk.limits.isStopped;
      });
      assertGreaterOrEqual(limits.read(({ stoppedAt }) => stoppedAt), heldUntil);
    }));

  it("risk values what it holds of a future whose book is not valid, and one that has no bids", () =>
    withDesk(async (desk) => {
      using quotes = desk.quotes.writer(), positions = desk.positions.writer();
      const standing = StandingRow.alloc();
      const until = (isDone: () => boolean) => () => desk.standing.read(0, standing) && isDone();
      positions.write(0, { units: 5, averagePrice: 100 });
      positions.close();
      quotes.write(0, { bid: 0, ask: 0, isValid: false });
      let step = 0;
      await work(
        desk,
        "risk",
        until(() => {
          if (step === 0 && standing.delta === 5) {
            assertEquals([standing.profit, standing.maintenanceMargin], [0, 5 * 100 * 0.16], "at what it cost");
            quotes.write(0, quoteOf(109, 111));
            step = 1;
          } else if (step === 1 && standing.profit === 50) {
            quotes.write(0, quoteOf(0, 300));
            step = 2;
          } else if (step === 2) {
            step = standing.writtenAt;
            quotes.write(0, { bid: 0, ask: 0, isValid: false });
          }
          return step > 2 && standing.writtenAt > step + 200e6;
        }),
      );
      assertEquals([standing.delta, standing.profit], [5, 50]);
    }));

  it("book, after it applied a change and before it reported it: it counts as applied", () =>
    withDesk(async (desk) => {
      const seen: string[] = [];
      using audit = new EventReader(desk, "audit", (_, part) => void seen.push(OUTCOMES[part.outcome]));
      const others = ["pricing", "risk", "hedging"].map((name) => desk.events.reader(name));
      using writer = new EventWriter(desk, 1);
      const book = desk.segment.create("book BTCUSDT", OrderBook, bookOptions(false)), dying = book.writer();
      for (const sequence of [1, 2, 3]) writer.write(change(sequence, sequence === 1), () => false);
      using reader = desk.events.reader("book", { from: "oldest" });
      reader.drain((part) => {
        new BookFeeder(dying).feed(change(1, true));
        part.outcome = OUTCOMES.indexOf("applied");
      }, 1);
      new BookFeeder(dying).feed(change(2, false));
      dying.close();
      reader.close();
      await work(desk, "book", () => {
        for (const each of others) each.drain(() => {});
        audit.receive(0);
        return seen.length === 3;
      });
      assertEquals(seen, ["applied", "applied", "applied"]);
      const top = new BookReading(1), quote = QuoteRow.alloc();
      book.read(top);
      desk.quotes.read(0, quote);
      assertEquals([top.sequence, top.bidQuantity, quote.bidQuantity], [3, 3, 3]);
      for (const each of others) each.close();
    }));

  // Digits lie in a book of their own, one step behind.
  for (const hasDigits of [false, true]) {
    it(`book, after it applied a change that bears a checksum, ${hasDigits ? "and" : "before"} its digits: all match`, () =>
      withDesk(async (desk) => {
        const lines = new OkxLines("BTC-USDT", true).book("snapshot", [["100.50", "3"]], [["101", "1.0"]]);
        lines.book("update", [["100.50", "2.000"]], []).book("update", [], [["101.0", "7"]]);
        const events = eventsOfText(lines.text) as DepthEvent[], seen: string[] = [];
        using audit = new EventReader(desk, "audit", (_, part) => {
          seen.push(`${OUTCOMES[part.outcome]} ${CHECKSUMS[part.checksum]}`);
        });
        const others = ["pricing", "risk", "hedging"].map((name) => desk.events.reader(name));
        using writer = new EventWriter(desk, 1);
        for (const event of events) writer.write(event, () => false);
        const book = desk.segment.create("book BTCUSDT", OrderBook, bookOptions(false)), dying = book.writer();
        const digits = desk.segment.create("digits BTCUSDT", OrderBook, DIGITS_OPTIONS);
        const checksums = new ChecksumBook(book, digits, digits.writer());
        using reader = desk.events.reader("book", { from: "oldest" });
        reader.drain((part) => {
          new BookFeeder(dying).feed(events[0]);
          checksums.feed(events[0]);
          part.outcome = OUTCOMES.indexOf("applied");
          part.checksum = CHECKSUMS.indexOf("equal");
        }, 1);
        new BookFeeder(dying).feed(events[1]);
        if (hasDigits) checksums.feed(events[1]);
        dying.close();
        checksums[Symbol.dispose]();
        reader.close();
        await work(desk, "book", () => {
          for (const each of others) each.drain(() => {});
          audit.receive(0);
          return seen.length === 3;
        });
        assertEquals(seen, ["applied equal", "applied equal", "applied equal"]);
        for (const each of others) each.close();
      }));
  }

  it("book, after it kept changes that came before their snapshot: they are kept again, and reported once", () =>
    withDesk(async (desk) => {
      const seen: string[] = [];
      using audit = new EventReader(desk, "audit", (_, part) => void seen.push(OUTCOMES[part.outcome]));
      const others = ["pricing", "risk", "hedging"].map((name) => desk.events.reader(name));
      using writer = new EventWriter(desk, 1);
      for (const sequence of [2, 3, 1]) writer.write(change(sequence, sequence === 1), () => false);
      await dieWhileReading(desk, "book");
      await work(desk, "book", () => {
        for (const each of others) each.drain(() => {});
        audit.receive(0);
        return seen.length === 3;
      });
      assertEquals(seen, ["early", "early", "applied"]);
      const top = new BookReading(1);
      desk.segment.open("book BTCUSDT", OrderBook).read(top);
      assertEquals([top.sequence, top.bidQuantity], [3, 3]);
      for (const each of others) each.close();
    }));

  it("feed, before and after it published: each event is there once", () =>
    withDesk((desk) => {
      const numbers: number[] = [];
      using audit = new EventReader(desk, "audit", (_, part) => void numbers.push(part.number));
      const others = ["book", "pricing", "risk", "hedging"].map((name) => desk.events.reader(name));
      const drain = () => {
        for (const each of others) each.drain(() => {});
        audit.receive(0);
      };
      const first = new EventWriter(desk, 1);
      first.write(change(1, true), () => false);
      first[Symbol.dispose]();
      // It noted what it was going to publish, and died.
      const progress = desk.feedProgress.writer();
      progress.write(0, { eventsBefore: 1, events: 2, position: desk.events.position });
      progress.close();
      const second = new EventWriter(desk, 1);
      assertEquals(second.published, 1);
      second.write(change(2, false), () => false);
      second[Symbol.dispose]();
      const third = new EventWriter(desk, 1);
      assertEquals(third.published, 2);
      third[Symbol.dispose]();
      drain();
      assertEquals(numbers, [1, 2]);
      for (const each of others) each.close();
      return Promise.resolve();
    }));
});
