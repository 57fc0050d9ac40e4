import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import * as shmkit from "@shmkit/shmkit";
import { Mutex, Region, Segment, ShmkitError, SystemError, UnsupportedError } from "@shmkit/shmkit";
import { exists, uniqueName, withName } from "../../support/segments.ts";

describe("errors", () => {
  it("of every exported class are ShmkitErrors", () => {
    const classes = Object.entries(shmkit).filter(([name]) => name.endsWith("Error"));
    assert(classes.length >= 12);
    for (const [name, ErrorClass] of classes) {
      const { prototype } = ErrorClass as typeof ShmkitError;
      assert(name === "ShmkitError" || prototype instanceof ShmkitError, name);
    }
  });

  it("have a code and a name, whichever part refuses", () =>
    withName((name) => {
      const caught = (use: () => unknown) => {
        const error = assertThrows(use, ShmkitError);
        assertInstanceOf(error, Error);
        return [error.name, error.code];
      };
      assertEquals(caught(() => Segment.open(name)), ["SystemError", "ENOENT"]);
      using segment = Segment.create(name, { byteLength: 8192 });
      assertEquals(caught(() => Segment.create(name, { byteLength: 8192 })), ["SystemError", "EEXIST"]);
      assertEquals(caught(() => segment.open("m", Mutex)), ["SegmentStateError", "NOT_FOUND"]);
      segment.create("m", Mutex, {});
      assertEquals(caught(() => segment.create("m", Mutex, {})), ["SegmentStateError", "EXISTS"]);
      const unsupported = new UnsupportedError("LIBC", "no libc", { cause: "none" });
      assertEquals([unsupported.name, unsupported.code, unsupported.cause], ["UnsupportedError", "LIBC", "none"]);
      assertInstanceOf(unsupported, ShmkitError);
      const system = new SystemError(2, { action: "open", syscall: "open", path: "/x" });
      assertEquals(String(system).startsWith("SystemError: Cannot open '/x' as open failed: ENOENT, "), true);
    }));
});

/** What a program in plain JavaScript could pass. */
// deno-lint-ignore no-explicit-any -- anything
type Anything = any;

describe("plain JavaScript that leaves out or mistakes an argument learns which:", () => {
  const S = Segment as Anything, length = { byteLength: 4096 };
  const ofSegments: [title: string, use: (name: string) => unknown, says: string][] = [
    ["create", (name) => S.create(name), "its options must be an object with a byteLength: received undefined"],
    ["create, null", (name) => S.create(name, null), "with a byteLength: received null"],
    ["create, a number", (name) => S.create(name, 4096), "with a byteLength: received 4096"],
    ["openOrCreate", (name) => S.openOrCreate(name), "with a byteLength: received undefined"],
    ["anonymous", () => S.anonymous(), "with a byteLength: received undefined"],
    ["open", (name) => S.open(name, null), "its options must be an object: received null"],
    ["create's role", (name) => S.create(name, { ...length, role: 5 }), "its role must be a string: received 5"],
    ["openOrCreate's role", (name) => S.openOrCreate(name, { ...length, role: {} }), "received an object"],
    ["anonymous's role", () => S.anonymous({ ...length, role: null }), "its role must be a string: received null"],
    ["open's role", (name) => S.open(name, { role: 1n }), "its role must be a string: received 1n"],
    ["open's timeout", (name) => S.open(name, { timeoutMs: "5" }), 'timeoutMs must be 0 or more: received "5"'],
    ["openOrCreate's timeout", (name) => S.openOrCreate(name, { ...length, timeoutMs: null }), "received null"],
    ["open's timeout, a bigint", (name) => S.open(name, { timeoutMs: 5n }), "received 5n"],
    ["Region.over", () => (Region as Anything).over(), "must be a SharedArrayBuffer or an ArrayBuffer: received undef"],
    ["Region.over, an array", () => (Region as Anything).over([]), "received an array"],
  ];
  for (const [title, use, says] of ofSegments) {
    it(title, () => {
      const name = uniqueName();
      assertThrows(() => use(name), TypeError, says);
      assertEquals(exists(name), false);
    });
  }

  it("objects", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const s = segment as Anything;
    for (const how of ["create", "open", "openOrCreate"]) {
      assertThrows(() => s[how](), TypeError, "its name must be a string: received undefined");
      assertThrows(() => s[how](5, Mutex, {}), TypeError, "its name must be a string: received 5");
      assertThrows(() => s[how]("m"), TypeError, "its type must be a SharedType, such as LatestTable");
      assertThrows(() => s[how]("m", { kind: "M" }, {}), TypeError, "received an object");
      assertThrows(() => s[how]("m", Mutex, {}, null), TypeError, "its options must be an object: received null");
      for (const timeoutMs of ["1", null, 1n, {}]) {
        assertThrows(() => s[how]("m", Mutex, {}, { timeoutMs }), TypeError, "timeoutMs must be 0 or more");
      }
    }
    assertEquals(segment.objects(), []);
    s.create("m", Mutex); // a part without options needs none
    assertEquals(s.openOrCreate("m", Mutex).stats().waiters, 0);
  });

  const parts: [type: Anything, says: string][] = [
    [
      shmkit.SeqLock,
      "Cannot make a seqlock as its options must be an object with a layout or payloadBytes: received undefined",
    ],
    [shmkit.Semaphore, "Cannot make a semaphore as its options must be an object with permits: received undefined"],
    [shmkit.Barrier, "Cannot make a barrier as its options must be an object with parties: received undefined"],
    [shmkit.ByteRing, "Cannot make a byte ring as its options must be an object with a capacity: received undefined"],
    ...[shmkit.LatestTable, shmkit.SpscRing, shmkit.MpmcQueue, shmkit.Broadcast, shmkit.Pipeline].map((
      type,
    ): [Anything, string] => [type, "options must have a 'layout' made by struct(): received undefined as options"]),
  ];
  for (const [type, says] of parts) {
    it(`the options of a ${type.kind}`, () => {
      using segment = Segment.anonymous({ byteLength: 65_536 });
      const s = segment as Anything, region = Region.over(new SharedArrayBuffer(4096));
      for (const how of ["create", "openOrCreate"]) assertThrows(() => s[how]("p", type), TypeError, says);
      assertThrows(() => type.byteLength(), TypeError, says);
      assertThrows(() => type.init(region), TypeError, says);
      assertEquals(segment.objects(), []);
    });
  }

  it("but not options that all have defaults", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const s = segment as Anything;
    const types = [shmkit.RwLock, shmkit.TicketLock, shmkit.SpinLock, shmkit.Condition, shmkit.Event, shmkit.Once];
    for (const type of types) s.create(type.kind, type);
    assertEquals(segment.objects().map(({ kind }) => kind), types.map(({ kind }) => kind));
  });
});
