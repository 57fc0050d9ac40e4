import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  CapacityError,
  ClosedError,
  COUNT_TYPES,
  Counters,
  type CountersOptions,
  f64,
  LatestTable,
  Mutex,
  NotOwnerError,
  ReadOnlyError,
  Region,
  Segment,
  SegmentFormatError,
  SpscRing,
  struct,
} from "@shmkit/shmkit";
import { Random } from "../../support/random.ts";
import { withName } from "../../support/segments.ts";
import { diesBefore } from "./dying.ts";

function make(options: CountersOptions = { capacity: 4 }): { counters: Counters; region: Region } {
  const region = Region.over(new SharedArrayBuffer(Counters.byteLength(options)));
  Counters.init(region, options);
  return { counters: Counters.attach(region, {}), region };
}

const MOST = Number.MAX_SAFE_INTEGER;

describe("Counters", () => {
  it("are added to, set, read and listed", () => {
    const { counters } = make();
    const a = counters.allocate("a"), b = counters.allocate("Zähler €", { type: 2 ** 32 - 1 });
    a.add();
    a.add(5);
    a.add(-2);
    b.set(MOST);
    b.add(-1);
    assertEquals([a.value, b.value, counters.read(a.id), counters.read(b.id)], [4, MOST - 1, 4, MOST - 1]);
    assertEquals(counters.list().map(({ id, label, type, value, isAlive }) => [id, label, type, value, isAlive]), [
      [0, "a", 0, 4, true],
      [1, "Zähler €", 2 ** 32 - 1, MOST - 1, true],
    ]);
    assertEquals([counters.find("Zähler €")?.id, counters.find("b"), counters.list()[0].owner], [
      1,
      undefined,
      "this attachment",
    ]);
    assertEquals([a.label, b.type, counters.read(2)], ["a", 2 ** 32 - 1, undefined]);
  });

  it("hold integers of 53 bits, past 2^31 and 2^32, and refuse all else", () => {
    const { counters } = make(), counter = counters.allocate("a");
    for (const start of [2 ** 31 - 2, 2 ** 32 - 2, 2 ** 52 - 2, -(2 ** 31) - 2, -(2 ** 32) - 2]) {
      counter.set(start);
      for (let i = 1; i <= 4; i++) {
        counter.add();
        assertEquals([counter.value, counters.read(0)], [start + i, start + i]);
      }
    }
    counter.set(MOST);
    const bad = [() => counter.add(), () => counter.add(1.5), () => counter.set(NaN), () => counter.set(Infinity)];
    for (
      const use of [...bad, () => counter.set(0.5), () => counter.set(-(2 ** 53)), () => counter.set("7" as never)]
    ) {
      assertThrows(use, RangeError, `Cannot set counter "a"`);
      assertEquals([counter.value, counters.read(0)], [MOST, MOST]);
    }
    counter.set(-MOST);
    assertEquals(counters.read(0), -MOST);
  });

  it("keep their values while their versions pass 2^31 and 2^32", () => {
    for (const start of [2 ** 31 - 3, 2 ** 32 - 3]) {
      const { counters, region } = make(), counter = counters.allocate("a"), { u32, f64 } = region.views;
      counter.set(70);
      u32[384 / 4] = start;
      f64[384 / 8 + 1 + start % 2] = 70;
      for (let i = 1; i < 8; i++) {
        counter.add();
        assertEquals([counter.value, counters.read(0)], [70 + i, 70 + i]);
      }
    }
  });

  it("are freed, and begin anew", () => {
    const { counters } = make({ capacity: 2 });
    const [a, b] = ["a", "b"].map((label) => counters.allocate(label));
    a.add(7);
    const error = assertThrows(() => counters.allocate("c"), CapacityError, "their capacity is 2 counters");
    assertEquals(error.code, "CAPACITY");
    a.close();
    a.close();
    for (const use of [() => a.add(), () => a.set(1), () => a.value]) {
      assertThrows(use, NotOwnerError, "this counter was closed");
    }
    assertEquals([counters.read(0), counters.list().length], [undefined, 1]);
    const c = counters.allocate("c", { type: 3 });
    assertEquals([c.id, c.value, counters.read(0), counters.find("a")], [0, 0, 0, undefined]);
    c.close();
    for (let i = 0; i < 50; i++) {
      using again = counters.allocate(i % 2 === 0 ? "same" : "x".repeat(112));
      again.add();
      assertEquals([again.id, counters.read(0), counters.find(again.label)?.value], [0, 1, 1]);
    }
    assertEquals(b.value, 0);
  });

  it("refuse invalid labels and types, and numbers of no counter", () => {
    const { counters } = make({ capacity: 2, labelBytes: 4 });
    for (const label of ["12345", "€€", "a\0", "\ud800", 7 as never, undefined as never]) {
      assertThrows(() => counters.allocate(label), RangeError, "its label must be a text");
    }
    for (const type of [-1, 1.5, 2 ** 32, NaN]) {
      assertThrows(() => counters.allocate("a", { type }), RangeError, "its type");
    }
    for (const id of [-1, 2, 0.5, NaN]) assertThrows(() => counters.read(id), RangeError, "from 0 to 1");
    assertEquals(counters.list({ withDead: true }), []);
    assertEquals([counters.allocate("1234").label, counters.allocate("").label], ["1234", ""]);
  });

  it("refuse options that they cannot be made with", () => {
    for (const capacity of [0, 1.5, 65_537, undefined as never]) {
      assertThrows(() => make({ capacity }), RangeError, "capacity must be an integer from 1 to 65536");
    }
    for (const labelBytes of [0, 385, 1.5]) {
      assertThrows(() => make({ capacity: 1, labelBytes }), RangeError, "labelBytes");
    }
    assertThrows(() => Counters.byteLength(undefined as never), TypeError, "options must be an object");
  });

  it("refuse memory that holds none, contradicts itself, or is not as expected; and list those they find", () => {
    const { counters, region } = make({ capacity: 20 }), random = new Random(2);
    assertThrows(() => Counters.attach(region, { capacity: 21 }), SegmentFormatError, "21 in the options");
    assertThrows(() => Counters.attach(region, { labelBytes: 64 }), SegmentFormatError, "64 in the options");
    assertThrows(() => Counters.attach(Region.over(new ArrayBuffer(64)), {}), SegmentFormatError, "384 or more");
    assertThrows(
      () => Counters.attach(Region.over(new ArrayBuffer(4096)), {}),
      SegmentFormatError,
      "Cannot make counters",
    );
    const cut = Region.over(region.source.buffer as SharedArrayBuffer, 0, region.byteLength - 64);
    assertThrows(() => Counters.attach(cut, {}), SegmentFormatError, "its length");
    for (let round = 0; round < 50; round++) {
      for (let i = 384 / 4; i < region.views.u32.length; i++) region.views.u32[i] = random.u32();
      for (const { label, value } of counters.list({ withDead: true })) {
        assert(typeof label === "string" && typeof value === "number");
      }
      assertEquals(counters.find("no such label"), undefined);
      try {
        counters.allocate("a").add();
      } catch (error) {
        assert(error instanceof CapacityError, `${error}`);
      }
    }
  });
});

describe("Counters in a segment", () => {
  it("of a dead owner are left out, and taken by others when there is no room", () => {
    using one = Segment.anonymous({ byteLength: 65_536, role: "tool" });
    const two = Segment.open(one.name, { role: "feed" });
    const here = one.create("counters", Counters, { capacity: 2 }), there = two.open("counters", Counters, {});
    const messages = there.allocate("messages");
    messages.add(7);
    assert(here.find("messages")?.owner.includes("(feed)"));
    two.close();
    assertThrows(() => messages.add(), ClosedError);
    assertEquals([here.list(), here.find("messages"), here.read(0)], [[], undefined, 7]);
    assertEquals(here.list({ withDead: true }).map(({ value, isAlive }) => [value, isAlive]), [[7, false]]);
    const [own, last] = [here.allocate("own"), here.allocate("last")];
    assertEquals([own.id, last.id, last.value, here.read(0)], [1, 0, 0, 0]);
    assertThrows(() => here.allocate("more"), CapacityError);
  });

  it("are taken over from a dead owner, with number and value, if label and type are the same", () => {
    using one = Segment.anonymous({ byteLength: 65_536 });
    const here = one.create("counters", Counters, { capacity: 4 });
    const first = Segment.open(one.name), second = Segment.open(one.name);
    const old = first.open("counters", Counters, {}).allocate("feed: messages", { type: 7 });
    old.set(41);
    const beside = here.allocate("feed: messages", { type: 7, takeOver: true });
    assertEquals([beside.id, beside.value], [1, 0], "its owner lives");
    beside.close();
    first.close();
    const other = here.allocate("feed: messages", { type: 8, takeOver: true });
    assertEquals([other.id, other.value], [1, 0], "another type");
    const heir = second.open("counters", Counters, {}).allocate("feed: messages", { type: 7, takeOver: true });
    heir.add();
    assertEquals([heir.id, heir.value, here.read(0), here.find("feed: messages")?.value], [0, 42, 42, 42]);
    second.close();
    const last = here.allocate("feed: messages", { type: 7, takeOver: true });
    assertEquals([last.id, last.value], [0, 42]);
    const again = here.allocate("feed: messages", { type: 7, takeOver: true });
    assertEquals([again.id, again.value], [2, 0]);
  });

  it("survive a death before each write of an allocation, of a taking over and of a free", () => {
    for (const what of ["allocate", "take", "take over", "free"]) {
      for (let step = 1;; step++) {
        using one = Segment.anonymous({ byteLength: 65_536 });
        const here = one.create("counters", Counters, { capacity: 2, labelBytes: 16 });
        here.allocate("stays").set(5);
        if (what.startsWith("take")) {
          const gone = Segment.open(one.name);
          gone.open("counters", Counters, {}).allocate("gone").set(7);
          gone.close();
        }
        const other = Segment.open(one.name), there = other.open("counters", Counters, {});
        const counter = what === "free" ? there.allocate("new") : undefined;
        const died = diesBefore(step, () => {
          if (counter) counter.close();
          else if (what === "take over") there.allocate("gone", { takeOver: true });
          else there.allocate("new");
        });
        other.close();
        if (!died) {
          assert(step > ({ free: 1, "take over": 3 }[what] ?? 8), `${what} has ${step - 1} writes`);
          break;
        }
        const left = here.list({ withDead: true }).map(({ label, value }) => `${label} ${value}`);
        assert(
          left[0] === "stays 5" && (left.length === 1 || ["new 0", "gone 7"].includes(left[1])),
          `step ${step}: ${left}`,
        );
        const again = here.allocate("again");
        assertEquals([again.id, again.value, here.list().map(({ label }) => label)], [1, 0, ["stays", "again"]]);
        again.add(3);
        assertEquals(here.read(1), 3);
      }
    }
  });

  it("offer the counts of the library's parts, and take over those of a dead program", () => {
    using one = Segment.anonymous({ byteLength: 2 ** 18 });
    const here = one.create("counters", Counters, { capacity: 20 }), two = Segment.open(one.name, { role: "feed" });
    const there = two.open("counters", Counters, {}), layout = struct("Tick", { price: f64 });
    const shown = () => here.list({ withDead: true }).map(({ label, type, value }) => [label, type, value]);
    const ring = two.create("ticks", SpscRing, { layout, capacity: 4 }), producer = ring.producer();
    for (let i = 0; i < 6; i++) producer.push({ price: i });
    const offered = there.offer("ticks", ring);
    assertEquals(shown(), [["ticks: length", 1, 4], ["ticks: high water", 3, 4], ["ticks: refusals", 4, 2]]);
    producer.push({ price: 7 });
    assertEquals(shown()[2][2], 2);
    offered.update();
    assertEquals(shown()[2][2], 3);
    assertEquals(offered.counters.map(({ type }) => type), [COUNT_TYPES.length, COUNT_TYPES.highWater, 4]);
    two.close();
    using again = here.offer("ticks", one.open("ticks", SpscRing, { layout }));
    assertEquals([again.counters.map(({ id }) => id), shown()[2]], [[0, 1, 2], ["ticks: refusals", 4, 3]]);
    const mutex = one.create("mutex", Mutex, {}), table = one.create("quotes", LatestTable, { layout, rows: 2 });
    mutex.lock();
    table.writer().write(1, { price: 1 });
    const counted = { lost: 5, position: 2 ** 40, other: 3 };
    using _locks = here.offer("mutex", mutex), _tables = here.offer("quotes", table);
    using _own = here.offer("own", counted);
    assertEquals(shown().slice(3), [
      ["mutex: waiters", 11, 0],
      ["mutex: acquisitions", 12, 1],
      ["mutex: contended", 13, 0],
      ["mutex: recoveries", 14, 0],
      ["quotes: changes", 9, 1],
      ["own: position", 2, 2 ** 40],
      ["own: lost", 5, 5],
    ]);
    again.close();
    again.close();
    assertThrows(() => again.update(), NotOwnerError);
    assertEquals(shown().length, 7);
    assertThrows(() => here.offer("none", {}), TypeError, "must have one of length, position, highWater");
    const small = one.create("small", Counters, { capacity: 2 });
    assertThrows(() => small.offer("ticks", one.open("ticks", SpscRing, { layout })), CapacityError);
    assertEquals(small.list(), [], "what was begun is given back");
    assertThrows(() => small.offer("bad", { lost: 0.5 }), RangeError, "must be an integer");
    assertEquals(small.list(), []);
  });

  it("are read, and not written, where they are attached for reading only; refuse use after a close", () =>
    withName((name) => {
      const segment = Segment.create(name, { byteLength: 65_536 });
      const counters = segment.create("counters", Counters, { capacity: 4 }), counter = counters.allocate("a");
      counter.add(3);
      {
        using reading = Segment.open(name, { readOnly: true });
        const view = reading.open("counters", Counters, {});
        for (let i = 0; i < 5000; i++) assert(view.read(0) === 3);
        assertEquals(view.list().map(({ label, value }) => [label, value]), [["a", 3]]);
        assertThrows(() => view.allocate("b"), ReadOnlyError);
      }
      segment.close();
      const uses = [
        () => counter.add(),
        () => counter.set(1),
        () => counter.value,
        () => counters.read(0),
        () => counters.list(),
        () => counters.find("a"),
        () => counters.allocate("b"),
      ];
      for (const [i, use] of uses.entries()) assertThrows(use, ClosedError, "", `use ${i}`);
      counter.close();
    }));
});
