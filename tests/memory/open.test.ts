import { assertEquals, assertGreaterOrEqual, assertLess, assertStringIncludes, assertThrows } from "@std/assert";
import {
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import {
  f64,
  LatestTable,
  LayoutMismatchError,
  Segment,
  SegmentFormatError,
  SegmentStateError,
  struct,
  SystemError,
  u32,
} from "@shmkit/shmkit";
import { isRoot } from "../../support/machine.ts";
import { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { uniqueName, withName } from "../../support/segments.ts";

const Quote = struct("Quote", { bid: f64, ask: f64 });

/** Makes a good segment with two objects, lets its bytes be changed, and opens what came of it. */
function opening(change: (bytes: DataView) => DataView | void, use: (name: string) => void): () => Promise<void> {
  return () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength: 65_536 });
      segment.create("quotes", LatestTable, { layout: Quote, rows: 4 });
      segment.create("more", LatestTable, { layout: Quote, rows: 4 });
      const copy = new Uint8Array(readFileSync(`/dev/shm${name}`));
      const bytes = change(new DataView(copy.buffer)) ?? new DataView(copy.buffer);
      const changed = uniqueName();
      writeFileSync(`/dev/shm${changed}`, new Uint8Array(bytes.buffer, 0, bytes.byteLength), { mode: 0o600 });
      try {
        use(changed);
      } finally {
        Segment.unlink(changed);
      }
    });
}

describe("Segment.open refuses", () => {
  // Offsets are those of the diagrams in header_format.ts, participants_format.ts and catalog_format.ts.
  const catalog = 128 + 64 * 64, entry = catalog + 64;
  const cases: [title: string, change: (bytes: DataView) => DataView | void, code: string, says: string][] = [
    ["a foreign file", (b) => b.setUint8(0, 0x58), "FOREIGN", "was not made by shmkit"],
    ["text", () => new DataView(new TextEncoder().encode("hello, this is no segment").buffer), "FOREIGN", '"hello, t"'],
    ["a file cut inside the header", (b) => new DataView(b.buffer, 0, 100), "TRUNCATED", "cut short"],
    [
      "a file cut behind the header",
      (b) => new DataView(b.buffer, 0, 8192),
      "TRUNCATED",
      "says 65536 bytes: found 8192",
    ],
    [
      "a file that grew",
      (b) => new DataView(new Uint8Array([...new Uint8Array(b.buffer), 0]).buffer),
      "HEADER",
      "65537",
    ],
    ["a version from tomorrow", (b) => b.setUint32(8, 2, true), "VERSION", "must be 1: found 2; update shmkit here"],
    ["a version of old", (b) => b.setUint32(8, 0, true), "VERSION", "must be 1: found 0; create the segment anew"],
    ["another byte length", (b) => b.setUint32(16, 4096, true), "HEADER", "must be the file's 65536: found 4096"],
    ["a byte length beyond 2^32", (b) => b.setUint32(20, 1, true), "TRUNCATED", "says 4295032832 bytes"],
    ["no participant slots", (b) => b.setUint32(24, 0, true), "HEADER", "from 1 to 1024: received 0"],
    ["too many participant slots", (b) => b.setUint32(24, 0xffffffff, true), "HEADER", "received 4294967295"],
    ["catalog entries that do not fit", (b) => b.setUint32(28, 60_000, true), "HEADER", "byteLength must be more than"],
    ["another offset of the participants", (b) => b.setUint32(32, 256, true), "HEADER", "must be 128: found 256"],
    ["another offset of the catalog", (b) => b.setUint32(40, 0, true), "HEADER", `must be ${catalog}: found 0`],
    ["another offset of the objects", (b) => b.setUint32(48, 65536, true), "HEADER", "found 65536"],
    ["a creation time that is none", (b) => b.setUint32(96, 2e9, true), "HEADER", "nanoseconds within the second"],
    ["a catalog count beyond its entries", (b) => b.setUint32(catalog, 65, true), "CATALOG", "counts 65 entries of 64"],
    ["an entry that was never written", (b) => b.setUint32(catalog, 3, true), "CATALOG", "has no name of its own"],
    ["an object outside", (b) => b.setUint32(entry + 12, 1, true), "CATALOG", "must end by 65536"],
    ["an object of no length", (b) => b.setUint32(entry + 8, 0, true), "CATALOG", "must end by 65536: found"],
    ["an object at another place", (b) => b.setUint32(entry, 64, true), "CATALOG", "must follow offset"],
    ["a schema outside", (b) => b.setUint32(entry + 24, 0xffff0000, true), "CATALOG", "must follow offset"],
    [
      "two objects of one name",
      (b) => b.setUint32(entry + 128 + 64, b.getUint32(entry + 64), false),
      "CATALOG",
      "name",
    ],
    ["an object without a kind", (b) => b.setUint8(entry + 32, 0), "CATALOG", "has no name of its own"],
  ];
  for (const [title, change, code, says] of cases) {
    if (title === "two objects of one name") continue; // below: it needs the whole name
    it(
      title,
      opening(change, (name) => {
        const error = assertThrows(() => Segment.open(name), SegmentFormatError, says);
        assertEquals(error.code, code);
        assertStringIncludes(error.message, name);
        // The other way in says the same, and neither repairs anything.
        assertEquals(
          assertThrows(() => Segment.openOrCreate(name, { byteLength: 4096 }), SegmentFormatError).code,
          code,
        );
      }),
    );
  }

  it(
    "two objects of one name",
    opening((b) => {
      for (let i = 0; i < 64; i++) b.setUint8(entry + 128 + 64 + i, b.getUint8(entry + 64 + i));
    }, (name) => void assertThrows(() => Segment.open(name), SegmentFormatError, "has no name of its own")),
  );

  it("a name that does not exist", () => {
    const error = assertThrows(() => Segment.open(uniqueName()), SystemError, "it does not exist");
    assertEquals([error.code, error.syscall], ["ENOENT", "shm_open"]);
  });

  it("a name that does not appear in time", () => {
    const start = performance.now();
    assertThrows(() => Segment.open(uniqueName(), { timeoutMs: 100 }), SystemError, "ENOENT");
    assertGreaterOrEqual(performance.now() - start, 99);
  });

  it("a bad timeout", () => {
    assertThrows(() => Segment.open("/x", { timeoutMs: -1 }), RangeError, "timeoutMs must be 0 or more: received -1");
    assertThrows(() => Segment.open("/x", { timeoutMs: NaN }), RangeError, "received NaN");
  });

  it("a directory", () => {
    const name = uniqueName();
    mkdirSync(`/dev/shm${name}`);
    try {
      assertEquals(assertThrows(() => Segment.open(name), SystemError, "directory").code, "EINVAL");
    } finally {
      rmdirSync(`/dev/shm${name}`);
    }
  });

  it("a symbolic link", () => {
    const name = uniqueName();
    symlinkSync("/etc/passwd", `/dev/shm${name}`);
    try {
      assertEquals(assertThrows(() => Segment.open(name), SystemError, "symbolic link").code, "ELOOP");
    } finally {
      rmSync(`/dev/shm${name}`);
    }
  });

  it("a FIFO, without waiting for its other end", async () => {
    const name = uniqueName();
    assertEquals(spawnSync("mkfifo", [`/dev/shm${name}`]).status, 0);
    // In a process that can be ended: one that waits for the other end does so in the kernel.
    const peer = Peer.start(thisRuntime, new URL("./fifo_peer.ts", import.meta.url), [name]);
    const limit = setTimeout(() => peer.kill(), 30_000);
    try {
      assertEquals(await peer.next(), ["FOREIGN", "FOREIGN", "FOREIGN", "not listed"]);
      await peer.succeeded();
    } finally {
      clearTimeout(limit);
      rmSync(`/dev/shm${name}`);
    }
  });

  it(
    `another owner than us or root${isRoot ? "" : " (skipped: needs root to give a file away)"}`,
    { skip: !isRoot },
    () =>
      withName((name) => {
        Segment.create(name, { byteLength: 4096 }).close();
        chownSync(`/dev/shm${name}`, 65_534, 65_534);
        const error = assertThrows(() => Segment.open(name), SegmentStateError, "found user 65534; pass owner: 65534");
        assertEquals(error.code, "FOREIGN_OWNER");
        assertThrows(() => Segment.openOrCreate(name, { byteLength: 4096 }), SegmentStateError, "found user 65534");
        assertThrows(() => Segment.open(name, { owner: 1000 }), SegmentStateError);
        Segment.open(name, { owner: 65_534 }).close();
        Segment.open(name, { owner: "any" }).close();
      }),
  );

  it("a participant more than there are slots", () =>
    withName((name) => {
      using _one = Segment.create(name, { byteLength: 4096, maxParticipants: 2 });
      using two = Segment.open(name);
      const error = assertThrows(() => Segment.open(name), SegmentStateError, "at most 2 may be attached at once");
      assertEquals(error.code, "FULL");
      Segment.open(name, { readOnly: true }).close(); // takes no slot
      two.close();
      Segment.open(name).close();
    }));

  it("to take a smaller segment for a larger one", () =>
    withName((name) => {
      using _segment = Segment.create(name, { byteLength: 4096 });
      const error = assertThrows(
        () => Segment.openOrCreate(name, { byteLength: 8192 }),
        SegmentStateError,
        "must have 8192 bytes: found 4096",
      );
      assertEquals(error.code, "TOO_SMALL");
    }));
});

describe("Segment objects refuse", () => {
  const other = struct("Quote", { bid: f64, ask: u32, size: u32 });
  const inSegment = (use: (segment: Segment) => void) => () => {
    using segment = Segment.anonymous({ byteLength: 65_536, maxObjects: 3 });
    segment.create("quotes", LatestTable, { layout: Quote, rows: 4 });
    use(segment);
  };

  it(
    "another layout, and show both field by field",
    inSegment((segment) => {
      const error = assertThrows(() => segment.open("quotes", LatestTable, { layout: other }), LayoutMismatchError);
      assertEquals([error.code, error.found, error.expected], ["LAYOUT_MISMATCH", Quote.schema, other.schema]);
      assertStringIncludes(error.message, "! ask       f64 @8    u32 @8");
      assertStringIncludes(error.message, "! size      -         u32 @12");
      assertThrows(() => segment.openOrCreate("quotes", LatestTable, { layout: other, rows: 4 }), LayoutMismatchError);
    }),
  );
  it(
    "another kind",
    inSegment((segment) => {
      const type = { kind: "Bytes", byteLength: () => 8, init: () => {}, attach: () => 0 };
      const error = assertThrows(() => segment.open("quotes", type, {}), SegmentStateError, "found a LatestTable");
      assertEquals(error.code, "OTHER_KIND");
    }),
  );
  it(
    "a name that is taken",
    inSegment((segment) => {
      const options = { layout: Quote, rows: 4 };
      const error = assertThrows(
        () => segment.create("quotes", LatestTable, options),
        SegmentStateError,
        "exists already",
      );
      assertEquals(error.code, "EXISTS");
      assertEquals(segment.openOrCreate("quotes", LatestTable, options).rows, 4);
      assertEquals(segment.objects().length, 1);
    }),
  );
  it(
    "a name that is not there, naming those that are",
    inSegment((segment) => {
      const error = assertThrows(
        () => segment.open("quote", LatestTable, { layout: Quote }),
        SegmentStateError,
        "'quotes'",
      );
      assertEquals(error.code, "NOT_FOUND");
      const start = performance.now();
      assertThrows(() => segment.open("quote", LatestTable, { layout: Quote }, { timeoutMs: 50 }), SegmentStateError);
      assertGreaterOrEqual(performance.now() - start, 49);
    }),
  );
  it("a name that is not there among many, naming some", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 20, maxObjects: 400 });
    const type = { kind: "Bytes", byteLength: () => 8, init: () => {}, attach: () => 0 };
    for (let i = 0; i < 300; i++) segment.create(`object ${i}`, type, {});
    const error = assertThrows(() => segment.open("none", type), SegmentStateError, "'object 31' and 268 more");
    assertLess(error.message.length, 1000);
  });
  it(
    "names that no catalog can hold",
    inSegment((segment) => {
      for (const name of ["", "x".repeat(65), "é".repeat(33), "a\0b"]) {
        const create = () => segment.create(name, LatestTable, { layout: Quote, rows: 4 });
        assertThrows(create, RangeError, "its name must be 1 to 64 bytes of UTF-8 without NUL");
      }
      segment.create("x".repeat(64), LatestTable, { layout: Quote, rows: 1 });
      assertEquals(segment.open("x".repeat(64), LatestTable, { layout: Quote }).rows, 1);
    }),
  );
  it(
    "one more than the catalog holds, and more bytes than there are",
    inSegment((segment) => {
      segment.create("b", LatestTable, { layout: Quote, rows: 4 });
      const tooLong = () => segment.create("c", LatestTable, { layout: Quote, rows: 10_000 });
      assertThrows(tooLong, SegmentStateError, "create it with a larger byteLength");
      segment.create("c", LatestTable, { layout: Quote, rows: 4 });
      const tooMany = () => segment.create("d", LatestTable, { layout: Quote, rows: 4 });
      assertThrows(tooMany, SegmentStateError, "its catalog has 3 entries; create it with a larger maxObjects");
      assertEquals(segment.objects().map(({ name }) => name), ["quotes", "b", "c"]);
    }),
  );
  it("names that would not come back as they went in, and objects made inside another's init", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const options = { layout: Quote, rows: 1 };
    segment.create("\ufeffmark", LatestTable, options);
    using other = Segment.open(segment.name);
    assertEquals(other.openOrCreate("\ufeffmark", LatestTable, options).rows, 1);
    assertThrows(() => segment.create("\ud800", LatestTable, options), RangeError, "UTF-8");
    const nested = {
      kind: "Nested",
      byteLength: () => 8,
      init: () => void segment.create("inner", LatestTable, options),
      attach: () => 0,
    };
    assertThrows(() => segment.create("outer", nested, {}), TypeError, "while another one's init runs");
    Segment.open(segment.name).close();
    assertEquals(segment.objects().length, 1);
  });

  it("to take over a foreign file that begins with zeros", () => {
    const name = uniqueName(), bytes = new Uint8Array(100_000).fill(7, 40);
    writeFileSync(`/dev/shm${name}`, bytes, { mode: 0o640 });
    try {
      assertThrows(() => Segment.openOrCreate(name, { byteLength: 8192 }), SegmentFormatError, "not made by shmkit");
      assertEquals(readFileSync(`/dev/shm${name}`).length, 100_000);
    } finally {
      Segment.unlink(name);
    }
  });

  it(
    "an object whose maker failed, and use its bytes again, zeroed",
    inSegment((segment) => {
      const dirty = {
        kind: "Bytes",
        byteLength: () => 64,
        init(region: { views: { u8: Uint8Array } }) {
          region.views.u8.fill(255);
          throw new Error("half-way");
        },
        attach: () => 0,
      };
      assertThrows(() => segment.create("b", dirty, {}), Error, "half-way");
      const clean = {
        ...dirty,
        init: () => {},
        attach: (region: { source: { u8: Uint8Array } }) => [...region.source.u8].every((byte) => byte === 0),
      };
      assertEquals(segment.create("b", clean, {}), true);
    }),
  );
});

describe("a schema", () => {
  const typeOf = (schema: unknown) => ({
    kind: "Text",
    byteLength: () => 8,
    schema: () => schema as string,
    init: () => {},
    attach: () => true,
  });

  it("is no longer than what any program reads", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 20 });
    for (const [title, text] of [["ascii", "x".repeat(65_536)], ["utf-8", "é".repeat(32_768)], ["none", ""]]) {
      segment.create(title, typeOf(text), {});
      assertEquals(segment.open(title, typeOf(text)), true);
    }
    using other = Segment.open(segment.name);
    assertEquals(other.objects().map(({ schema }) => schema.length), [65_536, 32_768, 0]);
    for (const text of ["x".repeat(65_537), "é".repeat(32_769), 5, {}]) {
      assertThrows(
        () => segment.create("more", typeOf(text), {}),
        RangeError,
        "a text of at most 65536 bytes: received",
      );
    }
    assertEquals(segment.objects().length, 3);
  });

  it("that a peer made longer is not read", () =>
    withName((name) => {
      const length = 2 ** 29, entry = 128 + 64 * 256 + 64;
      {
        using segment = Segment.create(name, { byteLength: 2 ** 20 });
        segment.create("text", typeOf("S{a:u8}"), {});
      }
      const schemaOffset = readFileSync(`/dev/shm${name}`).readUInt32LE(entry + 16);
      // As a segment of half a gibibyte would look, nearly all of it the schema of one object.
      truncateSync(`/dev/shm${name}`, length);
      const fd = openSync(`/dev/shm${name}`, "r+"), word = new DataView(new ArrayBuffer(8));
      const put = (byteOffset: number, value: number) => {
        word.setUint32(0, value, true);
        writeSync(fd, new Uint8Array(word.buffer), 0, 8, byteOffset);
      };
      put(16, length);
      const byteLength = length - schemaOffset - 4096;
      put(entry, Math.ceil((schemaOffset + byteLength) / 128) * 128);
      put(entry + 24, byteLength);
      closeSync(fd);
      const times = [1, 2, 3].map(() => {
        const start = performance.now();
        const error = assertThrows(
          () => Segment.open(name),
          SegmentFormatError,
          "a schema of at most 65536 bytes: found 5",
        );
        assertEquals(error.code, "CATALOG");
        return performance.now() - start;
      });
      assertLess(Math.min(...times), 1000); // some milliseconds alone
    }));
});

describe("a file cut short after it was opened", () => {
  it("is refused by the next opener", () =>
    withName((name) => {
      using _segment = Segment.create(name, { byteLength: 16_384 });
      truncateSync(`/dev/shm${name}`, 4096);
      assertThrows(() => Segment.open(name), SegmentFormatError, "cut short");
      truncateSync(`/dev/shm${name}`, 16_384); // so that closing touches only what is there
    }));
});
