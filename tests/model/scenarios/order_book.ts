import { BookReading } from "../../../lib/structure/order_book/book_reading.ts";
import { BookUpdate } from "../../../lib/structure/order_book/book_update.ts";
import { OrderBook } from "../../../lib/structure/order_book/order_book.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const OPTIONS = { levels: 2, copies: 2, priceDigits: 0, quantityDigits: 0 } as const;

/** The second bid of a sequence number: a book's copy is never two versions old with the same one. */
const OTHERS = [9, 11, 8];

/** The update to a sequence number, which is the quantity of two bids, one of them at 10, and of an ask. */
function fillUpdate(update: BookUpdate, sequence: number): void {
  update.clear();
  update.first = update.last = sequence;
  update.previous = sequence - 1;
  update.time = sequence * 2;
  update.bids.push(OTHERS[(sequence - 1) % 3], 0);
  update.bids.push(10, sequence);
  update.bids.push(OTHERS[sequence % 3], sequence);
  update.asks.push(12, sequence);
}

/** Describes how a reading differs from what it must be; undefined if it is right. */
function faultOf(book: BookReading): string | undefined {
  const { sequence } = book, other = OTHERS[sequence % 3];
  const prices = [...book.bidPrices], quantities = [...book.bidQuantities], ask = [book.ask, book.askQuantity];
  const isRight = book.time === sequence * 2 && book.bids === 2 && book.asks === 1 &&
    prices[0] === Math.max(10, other) && prices[1] === Math.min(10, other) &&
    quantities[0] === sequence && quantities[1] === sequence && ask[0] === 12 && ask[1] === sequence;
  return isRight ? undefined : `${prices} with ${quantities}, and ${ask}, at ${sequence}`;
}

/** A reading is one version of the book, and never older than one that was read before. */
export const changing: Scenario = {
  part: "OrderBook",
  title: "one changes a book of two copies twice, another reads it",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 2 }, {
    preemptions: 1,
    memory: "arm64",
    delays: 1,
  }],
  start() {
    const book = share(OrderBook, OPTIONS), writer = book.as("ann").writer(), reader = book.as("bob");
    const update = new BookUpdate(), into = new BookReading(2);
    fillUpdate(update, 1);
    writer.snapshot(update);
    let last = 1, begun = 1;
    const read = (own: OrderBook): void => {
      const isValid = own.read(into), fault = isValid ? faultOf(into) : "not valid";
      must(fault === undefined, `read ${fault}`);
      must(into.sequence >= last && into.sequence <= begun, `read ${into.sequence}`);
      last = into.sequence;
    };
    return {
      actors: {
        ann() {
          for (let i = 2; i <= 3; i++) {
            fillUpdate(update, begun = i);
            must(writer.change(update) === "applied", "the change follows");
          }
        },
        bob: () => read(reader),
      },
      check({ dead }) {
        const eve = book.as("eve");
        read(eve);
        must(dead.includes("ann") || last === 3, `the book is at ${last}`);
        const heir = dead.includes("ann") ? eve.writer() : writer;
        must(heir.sequence === last, `the next writer continues from ${heir.sequence}`);
        for (let i = last + 1; i <= last + 3; i++) {
          fillUpdate(update, begun = i);
          must(heir.change(update) === "applied", "the heir's change follows");
          eve.read(into);
          must(faultOf(into) === undefined && into.sequence === i, `the heir's book: ${faultOf(into)}`);
        }
      },
    };
  },
};

/** Each reading of a book of one bid is one version of it, for all readers. */
function shortly(
  title: string,
  changes: number,
  readers: readonly string[],
  settings: Scenario["settings"],
): Scenario {
  return {
    part: "OrderBook",
    title,
    settings,
    start() {
      const book = share(OrderBook, { ...OPTIONS, levels: 1 }), writer = book.as("ann").writer();
      const update = new BookUpdate(), actors: Record<string, () => void> = {};
      let begun = 0, done = 0;
      const write = (own: typeof writer, version: number): void => {
        update.clear();
        update.first = update.last = begun = version;
        update.previous = version - 1;
        update.time = version * 2;
        update.bids.push(10, version);
        if (version === 1) own.snapshot(update);
        else must(own.change(update) === "applied", "the change follows");
        done = version;
      };
      const read = (own: OrderBook, into: BookReading): number => {
        const least = done, isValid = own.read(into), { sequence } = into;
        const isRight = isValid && into.time === sequence * 2 && into.bids === 1 && into.asks === 0 &&
          into.bidPrices[0] === 10 && into.bidQuantities[0] === sequence;
        must(isRight, `read ${into.bidQuantities[0]} at ${into.bidPrices[0]}, at ${sequence}`);
        must(sequence >= least && sequence <= begun, `read ${sequence}`);
        return sequence;
      };
      write(writer, 1);
      actors.ann = () => {
        for (let version = 2; version <= 1 + changes; version++) write(writer, version);
      };
      for (const who of readers) {
        const own = book.as(who), into = new BookReading(1);
        actors[who] = () => void read(own, into);
      }
      return {
        actors,
        check({ dead }) {
          const eve = book.as("eve"), into = new BookReading(1), last = read(eve, into);
          const heir = dead.includes("ann") ? eve.writer() : writer;
          for (let version = last + 1; version <= last + 2; version++) {
            write(heir, version);
            must(read(eve, into) === version, "the heir's change is read");
          }
        },
      };
    },
  };
}

export const short: readonly Scenario[] = [
  shortly("one changes a book of one bid twice, another reads it", 2, ["bob"], [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    { preemptions: 1, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ]),
  shortly("one changes a book of one bid, another reads it", 1, ["bob"], [
    { preemptions: 2 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ]),
  shortly("one changes a book of one bid, two read it", 1, ["bob", "cid"], [
    { preemptions: 1 },
    { preemptions: 0, deaths: 1 },
  ]),
];
