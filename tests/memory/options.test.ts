import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { closeSync, openSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { describe, it } from "node:test";
import {
  array,
  Broadcast,
  bytes,
  f64,
  LatestTable,
  ReadOnlyError,
  type Region,
  Segment,
  SegmentStateError,
  SeqLock,
  struct,
  SystemError,
  u32,
  type Views,
} from "@shmkit/shmkit";
import { OWN_TYPE } from "../../lib/memory/internal.ts";
import { Peer } from "../../support/peer.ts";
import { PAIRS } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";

const Quote = struct("Quote", { bid: f64, ask: f64 });

/** A field of the mapping's entry in /proc/self/smaps, in kB; VmFlags as text. */
function smaps(name: string, field: string): string {
  const text = readFileSync("/proc/self/smaps", "utf8");
  const entry = text.slice(text.indexOf(name));
  return new RegExp(`^${field}:\\s+(.*?)(?: kB)?$`, "m").exec(entry)![1].trim();
}

describe("a read-only attachment", () => {
  it("reads, and refuses every write at the API", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength: 65_536 });
      const options = { layout: Quote, rows: 4 };
      const writer = segment.create("quotes", LatestTable, options).writer();
      writer.write(2, { bid: 1, ask: 2 });

      using reader = Segment.open(name, { readOnly: true });
      assertEquals(reader.readOnly, true);
      assertMatch(smaps(name, "VmFlags"), /rd/);
      const quotes = reader.open("quotes", LatestTable, { layout: Quote });
      const quote = Quote.alloc();
      assertEquals([quotes.read(2, quote), quote.ask, quotes.version(2)], [true, 2, 1]);
      writer.write(2, { ask: 3 });
      assertEquals([quotes.read(2, quote), quote.ask], [true, 3]);
      const raw = { kind: "LatestTable", byteLength: () => 8, init: () => {}, attach: (region: Region) => region };
      const region = reader.open("quotes", raw, {});
      const writes: (() => unknown)[] = [
        () => quotes.writer(),
        () => reader.create("more", LatestTable, options),
        () => reader.openOrCreate("quotes", LatestTable, options),
        () => region.views,
        () => Quote.view(region.source, 256, { readOnly: true }).bid = 1,
        () => Quote.view(region.source as Views, 256).bid = 1,
        () => Quote.view(Quote.viewsOf(Quote.view(region.source as Views, 256)), 256).bid = 1,
      ];
      for (const write of writes) assertThrows(write, ReadOnlyError, "only");
      assertEquals([quotes.read(2, quote), quote.ask], [true, 3]);
    }));

  for (const runtime of ["bun", "deno"] as const) {
    it(`is read by optimised code of ${runtime}, which must not write either`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 65_536 });
        segment.create("quotes", LatestTable, { layout: Quote, rows: 4 }).writer().write(2, { bid: 1, ask: 2 });
        const reader = Peer.start(runtime, new URL("./read_only_peer.ts", import.meta.url), [name]);
        assertEquals(await reader.next(), { read: 3_000_000, empty: 3_000_000, version: 1 });
        await reader.succeeded();
      }));
  }

  for (const runtime of ["bun", "deno"] as const) {
    it(`refuses raw writes in ${runtime}, and reads on`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 65_536 });
        const type = {
          kind: "Bytes",
          byteLength: () => 64,
          init: (region: Region) => void region.views.u8.set([0, 0, 0, 7, 0, 0, 0, 0, 5, 0, 0, 0, 6]),
          attach: () => 0,
        };
        segment.create("bytes", type, {});
        const Record = struct("Record", {
          a: f64,
          inner: struct("Inner", { x: u32 }),
          list: array(u32, 2),
          data: bytes(8),
        });
        const record = { a: 1, inner: { x: 2 }, list: [3, 4], data: new Uint8Array(8).fill(6) };
        segment.create("lock", SeqLock, { payloadBytes: 64 }).write(({ u8 }) => u8.fill(5));
        segment.create("news", Broadcast, { layout: Record, capacity: 4 }).writer().push(record);
        segment.create("table", LatestTable, { layout: Record, rows: 1 }).writer().write(0, record);
        const held = () => readFileSync(`/dev/shm${name}`).subarray(Number(segment.objects()[0].byteOffset));
        const before = held();
        const peer = Peer.start(runtime, new URL("./raw_writes_peer.ts", import.meta.url), [name]);
        assertEquals(await peer.next(), {
          ways: true,
          outcomes: ["refused"],
          hot: ["refused"],
          reads: [7, 64, [0, 7, 0], 3, 18, 7 * 2 ** 24, 5, 6, false],
        });
        assertEquals(held().equals(before), true, "the segment was written");
        assertEquals(await peer.next(), [true, true]);
        await peer.succeeded();
      }));
  }

  it("is raw for the library's own types alone, whatever others promise", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength: 65_536 });
      const type = {
        kind: "Bytes",
        byteLength: () => 64,
        init: () => {},
        attach: (region: Region) => region.source.u8,
      };
      segment.create("bytes", type, {});
      using reader = Segment.open(name, { readOnly: true });
      const own = { ...type, [OWN_TYPE]: true };
      assertEquals(ArrayBuffer.isView(reader.open("bytes", own)), true);
      for (const other of [type, { ...type, readsRaw: true, "own type": true, [Symbol("own type")]: true }]) {
        assertEquals(ArrayBuffer.isView(reader.open("bytes", other)), false);
      }
    }));

  it("takes no slot and is no participant", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength: 65_536, role: "owner" });
      using reader = Segment.open(name, { readOnly: true });
      assertEquals(reader.participants().map(({ role }) => role), ["owner"]);
      assertEquals(segment.participants().length, 1);
    }));

  it("cannot create", () => {
    // deno-lint-ignore no-explicit-any -- what a JavaScript user could pass
    using segment = Segment.anonymous({ byteLength: 4096, readOnly: true } as any);
    assertEquals(segment.readOnly, false);
  });
});

describe("mapping options", () => {
  it("prefault makes every page present", () =>
    withName((name) => {
      using lazy = Segment.create(name, { byteLength: 2 ** 22 });
      assert(Number(smaps(name, "Rss")) < 4096, "a mapping without prefault is not expected to be present");
      lazy.close();
      using _eager = Segment.open(name, { prefault: true });
      assertEquals(smaps(name, "Rss"), "4096");
    }));

  it("prefault works for reading only, too", () =>
    withName((name) => {
      Segment.create(name, { byteLength: 2 ** 20 }).close();
      using _segment = Segment.open(name, { prefault: true, readOnly: true });
      assertEquals(smaps(name, "Rss"), "1024");
    }));

  it("mlock locks, or says what to do", () =>
    withName((name) => {
      try {
        using _segment = Segment.create(name, { byteLength: 2 ** 20, mlock: true });
        assertEquals(smaps(name, "Locked"), "1024");
      } catch (error) {
        assert(error instanceof SystemError);
        assertMatch(error.message, /RLIMIT_MEMLOCK \(ulimit -l\)/);
        assertEquals(readdirSync("/dev/shm").includes(name.slice(1)), false);
      }
    }));

  it("hugePages advises the kernel", () =>
    withName((name) => {
      using _segment = Segment.create(name, { byteLength: 2 ** 22, hugePages: true, prefault: true });
      assertMatch(smaps(name, "VmFlags"), /\bhg\b/);
    }));
});

/**
 * Opens something under a certain descriptor. The kernel gives the lowest free number: that is another one where
 * threads of the runtime have closed something meanwhile.
 */
function openedAs<T>(isWanted: (opened: T) => boolean, open: () => T, close: (opened: T) => void): T {
  const others: T[] = [];
  try {
    for (;;) {
      const opened = open();
      if (isWanted(opened)) return opened;
      others.push(opened);
      assert(others.length < 100, "the kernel never gives this number");
    }
  } finally {
    others.forEach(close);
  }
}

describe("an anonymous segment", () => {
  for (const [parent, child] of PAIRS) {
    it(`is shared by ${parent}, its maker, and ${child}`, async () => {
      const maker = Peer.start(parent, new URL("./anonymous_peer.ts", import.meta.url), ["make"]);
      const handle = await maker.next<string>();
      assertMatch(handle, /^\/proc\/[0-9]+\/fd\/[0-9]+#[0-9a-z]+$/);
      const user = Peer.start(child, new URL("./anonymous_peer.ts", import.meta.url), ["use", handle]);
      assertEquals(await user.next(), { bid: 1, ask: 2, participants: 2, now: true });
      maker.send("end");
      await maker.succeeded();
      user.send("read again");
      assertEquals(await user.next(), { bid: 1, ask: 2, participants: 1, now: true });
      await user.succeeded();
    });
  }

  it("cannot be cut short", () => {
    using segment = Segment.anonymous({ byteLength: 8192 });
    const error = assertThrows(() => truncateSync(segment.name.split("#")[0], 0)) as Error & { code: string };
    assertEquals(error.code, "EPERM");
  });

  it("cannot be opened when its maker has ended", () => {
    const { name } = (() => {
      using segment = Segment.anonymous({ byteLength: 8192 });
      return segment;
    })();
    assertEquals(assertThrows(() => Segment.open(name), SystemError).code, "ENOENT");
  });

  it("is not mistaken for what its maker has under the same descriptor since", () => {
    const first = Segment.anonymous({ byteLength: 8192 });
    const [path] = first.name.split("#"), fd = Number(path.split("/").at(-1));
    first.close();
    const refused = (found: string) => {
      for (const readOnly of [false, true]) {
        const error = assertThrows(() => Segment.open(first.name, { readOnly }), SegmentStateError, "it is gone");
        assertEquals(error.code, "NOT_FOUND");
        assertStringIncludes(error.message, found);
      }
    };
    const second = openedAs(
      ({ name }) => name.startsWith(`${path}#`),
      () => Segment.anonymous({ byteLength: 8192 }),
      (segment) => segment.close(),
    );
    refused("found one of stamp");
    Segment.open(second.name).close();
    Segment.open(path).close(); // a bare path says nothing of identity
    second.close();
    for (const other of ["/dev/null", "/", "/etc/passwd"]) {
      openedAs((opened) => opened === fd, () => openSync(other, "r"), closeSync);
      try {
        const error = assertThrows(() => Segment.open(first.name, { readOnly: true }), SegmentStateError, "it is gone");
        assertStringIncludes(error.message, "found something else");
      } finally {
        closeSync(fd);
      }
    }
  });
});
