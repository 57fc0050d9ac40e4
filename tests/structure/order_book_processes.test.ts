import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { BookReading, OrderBook, Segment } from "@shmkit/shmkit";
import { deathsOf, portionsOf } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { mixed, PAIRS } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { BOOK, faultOf } from "./order_book_sample.ts";

const SCRIPT = new URL("./order_book_peer.ts", import.meta.url);
const KILLS = deathsOf(16);

interface Seen {
  readonly reads: number;
  readonly faults: readonly string[];
  readonly backwards: number;
  readonly distinct: number;
}

describe("OrderBook between processes", { timeout: 240_000 }, () => {
  for (const [writer, reader] of PAIRS) {
    it(`${writer} writes at full speed, ${reader} reads: every book is whole, none goes backwards`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 18 });
        segment.create("book", OrderBook, BOOK);
        const write = Peer.start(writer, SCRIPT, ["write", name]);
        await write.next();
        const read = Peer.start(reader, SCRIPT, ["read", name]);
        const { reads, faults, backwards, distinct } = await read.next<Seen>();
        await read.succeeded();
        write.kill();
        await write.exited;
        assertEquals({ faults, backwards }, { faults: [], backwards: 0 });
        assertGreater(reads, 1000);
        assertGreater(distinct, 100, "the reader saw too few different books");
      }));
  }

  it(`kill -9 of ${KILLS} writers: the book is whole and continues where it was`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 18 });
      const book = segment.create("book", OrderBook, BOOK), reading = new BookReading(64);
      let last = 0, seen = 0, made = 0;
      const look = () => {
        if (!book.read(reading)) return assertEquals(last, 0, "a book that was valid is not any more");
        assertEquals(faultOf(reading), undefined);
        assertGreaterOrEqual(reading.sequence, last, "the book went backwards");
        last = reading.sequence;
        seen++;
      };
      const start = async () => {
        const peer = Peer.start(mixed(made++), SCRIPT, ["succeed", name]);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      for (const portion of portionsOf(KILLS)) {
        for (const peer of await Promise.all(Array.from({ length: portion }, start))) {
          look();
          const before = last;
          peer.send("take over");
          const { taken } = await peer.next<{ taken: number }>();
          assertEquals(taken, Math.max(before, 1), "the successor does not go on where the book is");
          for (const deadline = performance.now() + 20_000; last <= taken && performance.now() < deadline;) {
            await delay(0);
            look();
          }
          assertGreater(last, taken, "nothing was written");
          await delay(Math.random() * 3);
          peer.kill();
          for (let j = 0; j < 10; j++) look();
          await peer.exited;
          look();
          assert(!book.hasWriter, "a dead writer counts as alive");
        }
      }
      assertGreater(seen, KILLS * 10);
      using writer = book.writer();
      assertEquals(writer.sequence, last);
    }));
});
