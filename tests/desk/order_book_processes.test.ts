import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { OrderBook } from "../../examples/desk/book/order_book.ts";
import { Segment } from "@shmkit/shmkit";
import { deathsOf, portionsOf } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { otherRuntime, PAIRS, type Runtime, thisRuntime } from "../../support/runtimes.ts";
import { exists, withName } from "../../support/segments.ts";
import { BOOK, faultOf } from "./order_book_sample.ts";

const SCRIPT = new URL("./order_book_peer.ts", import.meta.url);

/** Writers killed here: 100 in the whole suite, of which each succession of runtimes sees a quarter. */
const KILLS = deathsOf(50);
/** Who writes in turn: each runtime follows each. */
const WRITERS = [thisRuntime, thisRuntime, otherRuntime, otherRuntime] as const;

interface Seen {
  readonly reads: number;
  readonly faults: readonly string[];
  readonly backwards: number;
  readonly distinct: number;
}

/** The processes of a test: none of them outlives it, not even if it fails. */
class Peers {
  readonly #living: Set<Peer> = new Set();

  start(runtime: Runtime, what: string, name: string): Peer {
    const peer = Peer.start(runtime, SCRIPT, [what, name]);
    this.#living.add(peer);
    peer.exited.then(() => this.#living.delete(peer));
    return peer;
  }

  async endAfter<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } finally {
      const living = [...this.#living];
      for (const peer of living) peer.kill();
      await Promise.all(living.map(({ exited }) => exited));
    }
  }
}

describe("OrderBook between processes", { timeout: 240_000 + KILLS * 4000 }, () => {
  for (const [writer, reader] of PAIRS) {
    it(`${writer} writes at full speed, ${reader} reads: every book is whole, none goes backwards`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 18 });
        segment.create("book", OrderBook, BOOK);
        const peers = new Peers();
        const { reads, faults, backwards, distinct } = await peers.endAfter(async () => {
          await peers.start(writer, "write", name).next();
          const read = peers.start(reader, "read", name);
          const seen = await read.next<Seen>();
          await read.succeeded();
          return seen;
        });
        assertEquals({ faults, backwards }, { faults: [], backwards: 0 });
        assertGreater(reads, 1000);
        assertGreater(distinct, 100, "the reader saw too few different books");
      }));
  }

  it(`kill -9 of ${KILLS} writers of both runtimes: the book is whole and goes on, nothing is left`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 18 });
      const book = segment.create("book", OrderBook, BOOK);
      const top = OrderBook.top(64);
      let last = 0, seen = 0;
      const look = () => {
        if (!book.read(top)) return assertEquals(last, 0, "a book that was valid is not any more");
        assertEquals(faultOf(top), undefined);
        assertGreaterOrEqual(top.sequence, last, "the book went backwards");
        last = top.sequence;
        seen++;
      };
      const peers = new Peers();
      let made = 0;
      const start = async () => {
        const peer = peers.start(WRITERS[made++ % WRITERS.length], "succeed", name);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      await peers.endAfter(async () => {
        for (const portion of portionsOf(KILLS)) {
          for (const peer of await Promise.all(Array.from({ length: portion }, start))) {
            look();
            const before = last;
            peer.send("take over");
            const { taken } = await peer.next<{ taken: number }>();
            assertEquals(taken, Math.max(before, 1), "the successor does not go on where the book is");
            const deadline = performance.now() + 20_000;
            while (last <= taken && performance.now() < deadline) {
              await delay(0);
              look();
            }
            assertGreater(last, taken, "nothing was written");
            await delay(Math.random() * 3);
            for (let j = 0; j < 10; j++) look();
            peer.kill("SIGKILL");
            for (let j = 0; j < 10; j++) look();
            await peer.exited;
            look();
            assert(!book.hasWriter, "a dead writer counts as alive");
          }
        }
      });
      assertGreater(seen, KILLS * 20);
      assertEquals(segment.participants().length, 1);
      // The test's process can write, too.
      using writer = book.writer();
      assertEquals(writer.sequence, last);
      segment.close();
      Segment.unlink(name);
      assertEquals(exists(name), false);
    }));
});
