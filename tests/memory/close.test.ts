import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ClosedError, f64, LatestTable, Segment, SegmentStateError, struct } from "@shmkit/shmkit";
import { descriptorsOf } from "../../support/descriptors.ts";
import { Peer } from "../../support/peer.ts";
import { type Runtime, thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { isByteLocked, tryLockByte } from "../../lib/memory/ofd_lock.ts";
import { OpenFile } from "../../lib/memory/open_file.ts";
import { failing } from "./faults.ts";

const Quote = struct("Quote", { bid: f64, ask: f64 });

const mappings = (name: string): number =>
  readFileSync("/proc/self/maps", "utf8").split("\n").filter((line) => line.includes(name)).length;
const descriptors = (name: string): number => descriptorsOf("self", (path) => path.endsWith(name)).length;

describe("Segment.close", () => {
  it("unmaps, closes the descriptor and leaves the participants", () =>
    withName((name) => {
      const segment = Segment.create(name, { byteLength: 65_536 });
      using other = Segment.open(name);
      assertEquals([mappings(name), descriptors(name), other.participants().length], [2, 2, 2]);
      segment.close();
      assertEquals([mappings(name), descriptors(name), other.participants().length], [1, 1, 1]);
    }));

  it("is not needed where opening was refused: not even addresses are kept", () =>
    withName((name) => {
      const byteLength = 2 ** 24, times = 256;
      using _own = Segment.create(name, { byteLength, maxParticipants: 1 });
      // The addresses of this process, in KiB.
      const addresses = () => Number(/^VmSize:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]);
      const grownBy = () => {
        const before = addresses();
        for (let i = 0; i < times; i++) assertThrows(() => Segment.open(name), SegmentStateError, "at most 1");
        return addresses() - before;
      };
      // The runtime may reserve some for itself at any time.
      assertLess(Math.min(grownBy(), grownBy(), grownBy()), byteLength / 1024 * times / 2);
      assertEquals(mappings(name), 1);
    }));

  it("is fine twice, and by using", () =>
    withName((name) => {
      let kept: Segment;
      {
        using segment = Segment.create(name, { byteLength: 65_536 });
        kept = segment;
        assertEquals(segment.closed, false);
      }
      assertEquals(kept.closed, true);
      kept.close();
      kept[Symbol.dispose]();
      assertEquals(mappings(name), 0);
    }));

  it("a second time releases no lock of the file that has its descriptor's number by then", () => {
    const doing = { action: "make file", path: "of a test" };
    const make = () => system.memfdCreate(doing, "test", linux.MFD_CLOEXEC);
    const first = new OpenFile(make());
    first.close();
    const made: number[] = [];
    do made.push(make()); while (made.at(-1) !== first.fd && made.length < 100);
    assertEquals(made.at(-1), first.fd, "the kernel gives this number again");
    tryLockByte(doing, first.fd, 0);
    first.unlockAndClose();
    const other = system.open(doing, `/proc/self/fd/${first.fd}`, linux.O_RDWR);
    assertEquals(isByteLocked(other, 0), true);
    for (const fd of [...made, other]) system.close(fd);
  });

  it("makes every use of it throw", () =>
    withName((name) => {
      const segment = Segment.create(name, { byteLength: 65_536 });
      const quotes = segment.create("quotes", LatestTable, { layout: Quote, rows: 4 });
      const writer = quotes.writer();
      const row = writer.begin(1);
      row.bid = 1;
      writer.commit();
      writer.begin(1);
      const quote = Quote.alloc();
      segment.close();
      const uses: (() => unknown)[] = [
        () => segment.create("more", LatestTable, { layout: Quote, rows: 4 }),
        () => segment.open("quotes", LatestTable, { layout: Quote }),
        () => segment.openOrCreate("quotes", LatestTable, { layout: Quote, rows: 4 }),
        () => segment.objects(),
        () => segment.participants(),
        () => quotes.read(1, quote),
        () => quotes.read(2, quote),
        () => quotes.version(1),
        () => quotes.writer(),
        () => writer.begin(1),
        () => writer.write(1, { bid: 1 }),
        () => writer.write(1, quote),
        () => writer.commit(),
        () => row.bid,
        () => row.bid = 2,
      ];
      for (const use of uses) assertThrows(use, ClosedError);
      writer.close(); // gives nothing back, as there is nothing
    }));

  it("leaves other attachments as they are", () =>
    withName((name) => {
      const one = Segment.create(name, { byteLength: 65_536 });
      using two = Segment.open(name);
      one.create("quotes", LatestTable, { layout: Quote, rows: 4 }).writer().write(1, { bid: 5, ask: 6 });
      one.close();
      const quote = Quote.alloc();
      const quotes = two.open("quotes", LatestTable, { layout: Quote });
      assertEquals([quotes.read(1, quote), quote.bid], [true, 5]);
      quotes.writer().write(1, { bid: 7 }); // the role went with the attachment
      assertEquals([quotes.read(1, quote), quote.bid, quote.ask], [true, 7, 6]);
    }));

  for (const runtime of ["bun", "deno"] as const) {
    it(`while an asynchronous operation uses its memory lets that reach no process, in ${runtime}`, async () => {
      const peer = Peer.start(runtime, new URL("./async_use_peer.ts", import.meta.url));
      assertEquals(await peer.next(), { cases: 20, wrong: [] });
      await peer.succeeded();
    });
  }

  it("costs addresses, and neither memory nor mappings", async () => {
    // In a process of its own: here, threads that other tests had may end meanwhile, and what they mapped goes.
    const rounds = 1000, peer = Peer.start(thisRuntime, new URL("./addresses_peer.ts", import.meta.url), [rounds]);
    const added = await peer.next<{ addressMib: number; memoryMib: number; mappings: number }>();
    await peer.succeeded();
    assertGreaterOrEqual(added.addressMib, rounds * 0.9);
    assertLess(added.memoryMib, rounds / 2);
    assertLess(added.mappings, rounds / 2);
  });

  it("releases its slot even where the kernel keeps the memory as it was", () =>
    withName((name) => {
      using other = Segment.create(name, { byteLength: 65_536 });
      const segment = Segment.open(name);
      failing("mmap", linux.ENOMEM, () => segment.close());
      assertEquals([mappings(name), other.participants().length], [2, 1]);
      assertThrows(() => segment.objects(), ClosedError);
    }));

  it("happens by itself once the memory is unreachable, and not before", async () => {
    const peer = startCollector(thisRuntime, "collect");
    const { whileViewed, afterwards, sum } = await peer.next<
      { whileViewed: number; afterwards: number; sum: number }
    >();
    assertEquals(whileViewed, 1, "a mapping that a view still sees was unmapped");
    assertEquals(sum, 4096);
    assert(afterwards <= 5, `${afterwards} of 200 unreachable mappings are still there`);
    await peer.succeeded();
  });

  for (const runtime of ["bun", "deno"] as const) {
    it(`by itself never takes memory from under a buffer that was moved, in ${runtime}`, () =>
      withName(async (name) => {
        const peer = startCollector(runtime, "move", name);
        const { participants, early, late } = await peer.next<
          { participants: number; early: number[]; late: number[] }
        >();
        assertEquals([participants, early, late], [1, [8192, 8192], [12_288, 12_288]]);
        await peer.succeeded();
      }));

    it(`by itself leaves descriptors alone that a failed call released, in ${runtime}`, async () => {
      const peer = startCollector(runtime, "fail");
      assertEquals(await peer.next(), 0);
      await peer.succeeded();
    });
  }
});

/** Starts a process that can collect its garbage when it wants to. */
function startCollector(runtime: Runtime, ...args: string[]): Peer {
  const env = { DENO_V8_FLAGS: "--expose-gc" };
  return Peer.start(runtime, new URL("./garbage_peer.ts", import.meta.url), args, env);
}
