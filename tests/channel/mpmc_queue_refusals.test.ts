import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  array,
  ClosedError,
  f64,
  LatestTable,
  NotOwnerError,
  ReadOnlyError,
  Region,
  Segment,
  struct,
  u32,
  u8,
  type ViewOf,
  Views,
} from "@shmkit/shmkit";
import { MpmcQueue } from "../../lib/channel/mpmc_queue/mpmc_queue.ts";
import {
  CELL_BYTES,
  CELL_HIGH_WATER_OFFSET,
  CELL_REFUSALS_OFFSET,
  FREED_EVENT_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  QUEUE_HEADER_BYTES,
} from "../../lib/channel/mpmc_queue/format.ts";
import { ASLEEP } from "../../lib/sync/event_count.ts";
import type { RoleOptions } from "../../lib/channel/shared/wait_strategy.ts";
import { QueueWords } from "./mpmc_queue_sample.ts";

/*
 * Whatever is refused, runs out of time or throws leaves the queue's words as they were: all of them, the cells' and
 * the slots' too. What may change is what counts refusals, and the bit that says that a waiter may have been asleep.
 */
const Tick = struct("Tick", { price: f64, size: u32 });
const Other = struct("Other", { a: u8 });
const CAPACITY = 4, CELLS = 8;
type Wait = RoleOptions["wait"];
// deno-lint-ignore no-explicit-any -- of any class
type ErrorClass = new (...args: any[]) => Error;

function scene(wait: Wait = "spin", start = 2 ** 32 - 2) {
  const options = { layout: Tick, capacity: CAPACITY, maxParticipants: CELLS };
  const region = Region.over(new SharedArrayBuffer(MpmcQueue.byteLength(options)));
  MpmcQueue.init(region, options);
  new QueueWords(region.views.i32, options).startAt(start);
  const queue = MpmcQueue.attach(region, options), producer = queue.producer({ wait });
  const other = queue.producer(), consumer = queue.consumer({ wait }), another = queue.consumer();
  return { queue, region, producer, other, consumer, another };
}

/** All words but those that count refusals. */
function wordsOf({ source }: Region): number[] {
  const words = [...source.u32];
  for (let cell = 0; cell < CELLS; cell++) {
    const at = (QUEUE_HEADER_BYTES + cell * CELL_BYTES) / 4;
    words[at + CELL_HIGH_WATER_OFFSET / 4] = 0;
    words[at + CELL_REFUSALS_OFFSET / 4] = words[at + CELL_REFUSALS_OFFSET / 4 + 1] = 0;
  }
  for (const event of [PUBLISHED_EVENT_OFFSET, FREED_EVENT_OFFSET]) words[event / 4] &= ~ASLEEP;
  return words;
}

/** What is done changes no word. */
function changesNothing(region: Region, title: string, act: () => void): void {
  const before = wordsOf(region);
  act();
  assertEquals(wordsOf(region), before, title);
}

const good = Tick.alloc();
/** Values that cannot be pushed, and what is said of them. */
const badValues: [title: string, value: () => unknown, type: ErrorClass, message: string][] = [
  ["a value out of range", () => ({ price: 1, size: -1 }), RangeError, "Tick.size"],
  ["a value of another type", () => ({ price: "1" }), TypeError, "Tick.price"],
  ["an unknown field", () => ({ prize: 1 }), TypeError, "prize"],
  ["nothing", () => undefined, TypeError, "must be an object"],
  ["null", () => null, TypeError, "must be an object"],
  ["a view of another struct", () => Other.alloc(), TypeError, "Tick"],
  [
    "a getter that throws",
    () => ({
      get price() {
        throw new TypeError("no price");
      },
    }),
    TypeError,
    "no price",
  ],
  ["a view in a closed segment", closedView, ClosedError, "closed"],
  ["a view that was given up", committedView, RangeError, "given up"],
];

function closedView(): ViewOf<typeof Tick> {
  const segment = Segment.anonymous({ byteLength: 65_536 });
  const view = segment.create("ticks", LatestTable, { layout: Tick, rows: 1 }).writer().begin(0);
  segment.close();
  return view;
}

function committedView(): ViewOf<typeof Tick> {
  const region = Region.over(new ArrayBuffer(LatestTable.byteLength({ layout: Tick, rows: 1 })));
  LatestTable.init(region, { layout: Tick, rows: 1 });
  const writer = LatestTable.attach(region, { layout: Tick }).writer(), view = writer.begin(0);
  writer.commit();
  return view;
}

/** Views that cannot be shifted to. */
const badTargets: [title: string, target: () => unknown, type: ErrorClass][] = [
  ["nothing", () => undefined, TypeError],
  ["an object", () => ({ price: 0, size: 0 }), TypeError],
  ["a view of another struct", () => Other.alloc(), TypeError],
  ["a view for reading", () => Tick.view(new Views(new ArrayBuffer(16)), 0, { readOnly: true }), ReadOnlyError],
  ["a view in a closed segment", closedView, ClosedError],
  ["a view that was given up", committedView, RangeError],
];

/** Options that no wait accepts. */
const badWaits = [{ timeoutMs: -1 }, { timeoutMs: NaN }];

/** Functions that a drain refuses. */
const badFunctions: [title: string, fn: unknown, message: string][] = [
  ["an async function", async () => {}, "an AsyncFunction"],
  ["an async method", { async fn() {} }.fn, "an AsyncFunction"],
  ["a generator", function* () {}, "a GeneratorFunction"],
  ["an async generator", async function* () {}, "an AsyncGeneratorFunction"],
  ["nothing", undefined, "received undefined"],
  ["null", null, "received null"],
  ["an object", {}, "received object"],
];

describe("a refusal by a MpmcQueue's producer changes no word", () => {
  for (const claims of [0, 1, 2]) {
    it(`where the queue is full, ${claims} of it claimed and not published`, () => {
      const { queue, region, producer, other } = scene();
      for (let i = 0; i < claims; i++) i === 1 ? (other.push({ price: 1 }), producer.claim()) : producer.claim();
      while (other.push({ price: 1 }));
      const refused = [
        () => assertEquals(producer.push({ price: 2 }), false),
        () => assertEquals(producer.push(good), false),
        () => assertEquals(producer.claim(), undefined),
        () => assertEquals(producer.claim(3), undefined),
        () => assertEquals(producer.claim(256), undefined),
      ];
      const before = queue.refusals;
      for (const refuse of refused) changesNothing(region, refuse.toString(), refuse);
      assertEquals([queue.refusals - before, producer.claimed, queue.length], [refused.length, claims, CAPACITY]);
    });
  }

  for (const wait of ["spin", "yield", "block"] as const) {
    it(`where a wait that ${wait}s ran out of time`, () => {
      const { queue, region, producer, other } = scene(wait);
      producer.claim();
      while (other.push({ price: 1 }));
      for (const timeoutMs of [0, 10]) {
        changesNothing(region, "claimWait", () => assertEquals(producer.claimWait({ timeoutMs }), undefined));
        changesNothing(region, "pushWait", () => assertEquals(producer.pushWait({ price: 2 }, { timeoutMs }), false));
        changesNothing(region, "pushWait", () => assertEquals(producer.pushWait(good, { timeoutMs }), false));
      }
      assertEquals([producer.claimed, queue.length], [1, CAPACITY]);
    });
  }

  for (const [title, value, type, message] of badValues) {
    it(`where the value is ${title}`, () => {
      const { queue, region, producer, consumer } = scene();
      const bad = value() as ViewOf<typeof Tick>;
      for (const claims of [0, 1]) {
        if (claims > 0) producer.claim()!.price = 1;
        changesNothing(region, "push", () => void assertThrows(() => producer.push(bad), type, message));
        changesNothing(region, "pushWait", () => void assertThrows(() => producer.pushWait(bad), type, message));
        assertEquals([producer.claimed, queue.length], [claims, claims]);
      }
      assert(producer.push({ price: 2, size: 2 }));
      assertEquals([consumer.next()!.price, consumer.next()!.price, consumer.next()], [1, 2, undefined]);
    });
  }

  it("where options, numbers and turns are wrong", () => {
    const { region, producer } = scene();
    for (const options of badWaits) {
      changesNothing(region, "claimWait", () => void assertThrows(() => producer.claimWait(options), RangeError));
      changesNothing(region, "pushWait", () => void assertThrows(() => producer.pushWait(good, options), RangeError));
    }
    for (const ahead of [0, 257, 0.5, NaN, -1, null as unknown as number]) {
      changesNothing(region, `claim(${ahead})`, () => void assertThrows(() => producer.claim(ahead), RangeError));
    }
    changesNothing(
      region,
      "publish",
      () => void assertThrows(() => producer.publish(), TypeError, "nothing was claimed"),
    );
    changesNothing(region, "abort", () => producer.abort());
    producer.claim(2);
    // of two reserved ones, too
    for (const ahead of [0, 257, 0.5]) assertThrows(() => producer.claim(ahead), RangeError);
    assertEquals(producer.claimed, 1);
  });
});

describe("a refusal by a MpmcQueue's consumer changes no word", () => {
  for (const state of ["empty", "claimed", "aborted"]) {
    it(`where there is no record: ${state}`, () => {
      const { region, producer, other, consumer } = scene();
      if (state === "claimed") producer.claim(), other.push({ price: 1 });
      if (state === "aborted") producer.claim(2), producer.abort(), consumer.drain(() => {}); // which skips it
      const refused = [
        () => assertEquals(consumer.shift(good), false),
        () => assertEquals(consumer.next(), undefined),
        () => assertEquals(consumer.next(16), undefined),
        () => assertEquals(consumer.drain(() => {}), 0),
        () => assertEquals(consumer.drain(() => {}, 3), 0),
        () => consumer.release(),
      ];
      for (const refuse of refused) changesNothing(region, refuse.toString(), refuse);
    });
  }

  for (const wait of ["spin", "yield", "block"] as const) {
    it(`where a wait that ${wait}s ran out of time`, () => {
      const { region, consumer, producer, other } = scene(wait);
      for (const timeoutMs of [0, 10]) {
        changesNothing(region, "shiftWait", () => assertEquals(consumer.shiftWait(good, { timeoutMs }), false));
        changesNothing(region, "nextWait", () => assertEquals(consumer.nextWait({ timeoutMs }), undefined));
        changesNothing(region, "drainWait", () => assertEquals(consumer.drainWait(() => {}, 1, { timeoutMs }), 0));
        if (timeoutMs === 0) producer.claim(), other.push({ price: 1 }); // and now one that is not published
      }
    });
  }

  for (const [title, target, type] of badTargets) {
    it(`where a record is to be copied to ${title}`, () => {
      const { region, producer, consumer, another } = scene();
      producer.push({ price: 1, size: 1 });
      const bad = target() as ViewOf<typeof Tick>;
      changesNothing(region, "shift", () => void assertThrows(() => consumer.shift(bad), type));
      changesNothing(region, "shiftWait", () => void assertThrows(() => consumer.shiftWait(bad), type));
      assertEquals(another.next()!.price, 1);
    });
  }

  for (const [title, fn, message] of badFunctions) {
    it(`where a drain is to call ${title}`, () => {
      const { region, producer, consumer, another } = scene();
      producer.push({ price: 1, size: 1 });
      const drains = [
        () => consumer.drain(fn as () => void),
        () => consumer.drain(fn as () => void, 1),
        () => consumer.drainWait(fn as () => void),
        () => consumer.drainWait(fn as () => void, 1, { timeoutMs: 0 }),
      ];
      for (const drain of drains) changesNothing(region, title, () => void assertThrows(drain, TypeError, message));
      assertEquals(another.next()!.price, 1);
    });
  }

  it("where options, limits and numbers are wrong, whatever it holds", () => {
    const { region, producer, consumer } = scene();
    for (let i = 0; i < CAPACITY; i++) producer.push({ price: i });
    const refused: (() => unknown)[] = [
      ...badWaits.flatMap((options) => [
        () => consumer.shiftWait(good, options),
        () => consumer.nextWait(options),
        () => consumer.drainWait(() => {}, 1, options),
        () => consumer.drainWait(() => {}, undefined, options),
      ]),
      ...[0, -1, NaN, 0.5].flatMap((limit) => [
        () => consumer.drain(() => {}, limit),
        () => consumer.drainWait(() => {}, limit),
      ]),
      ...[0, 17, 1.5].map((ahead) => () => consumer.next(ahead)),
    ];
    for (const taken of [0, 1, 2]) {
      if (taken > 0) consumer.next(taken);
      for (const refuse of refused) {
        changesNothing(region, refuse.toString(), () => void assertThrows(refuse, RangeError));
      }
    }
  });

  it("where they are used after they were closed", () => {
    const { region, producer, consumer } = scene();
    producer.close();
    consumer.close();
    const uses = [
      () => producer.claim(),
      () => producer.claim(2),
      () => producer.claimWait({ timeoutMs: 0 }),
      () => producer.push({ price: 1 }),
      () => producer.push(good),
      () => producer.pushWait(good),
      () => producer.publish(),
      () => producer.free,
      () => consumer.drain(() => {}),
      () => consumer.drain(() => {}, 1),
      () => consumer.drainWait(() => {}, 1, { timeoutMs: 0 }),
      () => consumer.shift(good),
      () => consumer.shiftWait(good),
      () => consumer.next(),
      () => consumer.nextWait(),
      () => consumer.release(),
      () => consumer.length,
    ];
    for (const use of uses) {
      changesNothing(region, use.toString(), () => void assertThrows(use, NotOwnerError, "was closed; call"));
    }
    changesNothing(region, "close", () => (producer.close(), consumer.close(), producer.abort()));
  });
});

describe("the options of a MpmcQueue's producers and consumers", () => {
  for (const options of [{ wait: "sleep" }, { wait: 1 }, { wait: null }, null, "spin", 5]) {
    it(`are refused before anything is taken: ${JSON.stringify(options)}`, () => {
      const { queue, region } = scene(), bad = options as RoleOptions;
      changesNothing(region, "producer", () => void assertThrows(() => queue.producer(bad), TypeError));
      changesNothing(region, "consumer", () => void assertThrows(() => queue.consumer(bad), TypeError));
    });
  }

  it("are refused where all cells are taken, too; and so is another one", () => {
    const { queue, region } = scene();
    for (let i = 4; i < CELLS; i++) queue.consumer();
    changesNothing(
      region,
      "producer",
      () => void assertThrows(() => queue.producer(null as unknown as RoleOptions), TypeError),
    );
    changesNothing(region, "consumer", () => void assertThrows(() => queue.consumer(), Error, `at most ${CELLS}`));
  });
});

describe("re-entrancy of a MpmcQueue", () => {
  const Part = struct("Part", { a: u32, b: u32 });
  const Whole = struct("Whole", { first: u32, part: Part, list: array(u32, 2), last: u32 });

  function wholes() {
    const options = { layout: Whole, capacity: 16 };
    const region = Region.over(new SharedArrayBuffer(MpmcQueue.byteLength(options)));
    MpmcQueue.init(region, options);
    const queue = MpmcQueue.attach(region, options), consumer = queue.consumer();
    const all = () => {
      const records: unknown[] = [];
      consumer.drain((record) => void records.push(Whole.toObject(record)));
      return records;
    };
    return { queue, producer: queue.producer(), all };
  }

  const whole = (n: number) => ({ first: n, part: { a: n, b: n }, list: [n, n], last: n });

  it("of getters that push: each record is whole, the inner ones first", () => {
    const { producer, all } = wholes();
    let pushes = 0;
    const pushing = (n: number) => {
      producer.push(whole(100 + pushes++));
      return n;
    };
    const list = new Proxy([1, 1], { get: (target, key) => key === "1" ? pushing(1) : Reflect.get(target, key) });
    const nested = {
      get first() {
        return pushing(1);
      },
      part: {
        a: 1,
        get b() {
          return pushing(1);
        },
      },
      list,
      get last() {
        // One that does so itself.
        producer.push({
          ...whole(200),
          get first() {
            return pushing(200);
          },
        });
        return 1;
      },
    };
    assert(producer.push(nested));
    assert(producer.pushWait(whole(2)));
    const records = all() as { first: number }[];
    assertEquals(records.map(({ first }) => first).sort((a, b) => a - b), [1, 2, 100, 101, 102, 103, 200]);
    for (const record of records) assertEquals(record, whole(record.first));
    assertEquals(records.at(-2)!.first, 1);
  });

  it("of a getter that throws after it pushed: what it pushed is there, and a later push is right", () => {
    const { producer, all } = wholes();
    const value = {
      ...whole(1),
      get last(): number {
        producer.push(whole(7));
        throw new Error("no");
      },
    };
    assertThrows(() => producer.push(value), Error, "no");
    assertThrows(() => producer.pushWait(value), Error, "no");
    producer.push(whole(3));
    assertEquals(all(), [whole(7), whole(7), whole(3)]);
  });

  it("of a getter that claims, aborts, publishes or closes", () => {
    const { producer, all, queue } = wholes();
    const doing = (act: () => void) => ({
      ...whole(1),
      get last() {
        act();
        return 1;
      },
    });
    producer.claim()!.first = 5;
    assert(producer.push(doing(() => producer.abort())));
    assert(producer.push(doing(() => void Whole.assign(producer.claim()!, whole(6)))));
    producer.claim()!.first = 8;
    Whole.assign(producer.claim()!, whole(9));
    assert(producer.push(doing(() => producer.publish())));
    assertEquals(all().map((record) => (record as { first: number }).first), [1, 6, 1, 8, 9, 1]);
    assertThrows(() => producer.push(doing(() => producer.close())), NotOwnerError);
    assertEquals([queue.length, queue.lostClaims], [0, 0]);
  });

  it("of a getter that closes the segment", () => {
    const segment = Segment.anonymous({ byteLength: 65_536 });
    const producer = segment.create("ticks", MpmcQueue, { layout: Tick, capacity: 4 }).producer();
    const value = {
      get price() {
        segment.close();
        return 1;
      },
    };
    assertThrows(() => producer.push(value), ClosedError);
  });

  it("of a drain's function: all of its consumer refuses, and everything else works", () => {
    const { region, queue, producer, other, consumer, another } = scene();
    const uses = [
      () => consumer.drain(() => {}),
      () => consumer.drainWait(() => {}),
      () => consumer.shift(good),
      () => consumer.shiftWait(good),
      () => consumer.next(),
      () => consumer.next(16),
      () => consumer.nextWait(),
      () => consumer.nextWait({ timeoutMs: 0 }),
      () => consumer.release(),
      () => consumer.close(),
    ];
    for (const limit of [undefined, 2]) {
      let calls = 0;
      for (let i = 0; i < 3; i++) producer.push({ price: i });
      consumer.drain(() => {
        calls++;
        for (const use of uses) {
          changesNothing(region, use.toString(), () => void assertThrows(use, TypeError, "its drain is running"));
        }
        if (calls > 1) return;
        other.push({ price: 10 });
        assert(another.shift(good));
      }, limit);
      assert(calls > 0);
    }
    consumer.drain(() => producer.close());
    assertEquals(another.drain(() => {}), 0);
    assertEquals([queue.length, queue.lostReads, queue.lostClaims], [0, 0, 0]);
  });

  it("of a function that returns a promise: the record stays with the consumer", () => {
    const { queue, producer, consumer, another } = scene();
    for (let price = 0; price < 3; price++) producer.push({ price });
    const later = async (tick: ViewOf<typeof Tick>) => void await tick.price;
    const drains = [
      // @ts-expect-error: a promise is nothing to return
      () => consumer.drain((tick) => later(tick)),
      // @ts-expect-error: a promise is nothing to return
      () => consumer.drainWait((tick) => later(tick), 2),
      // @ts-expect-error: nor is anything that can be waited for
      () => consumer.drain(() => ({ then: () => {} }), 1),
    ];
    for (const drain of drains) assertThrows(drain, TypeError, "received a promise");
    assertEquals([another.next(), queue.lostReads], [undefined, 0]);
    const seen: number[] = [];
    assertEquals([consumer.drain((tick) => seen.push(tick.price)), seen], [3, [0, 1, 2]]);
    producer.push({ price: 3 });
    assertEquals(consumer.drain(() => ({ any: "object" })) + consumer.drain(() => null), 1);
  });
});
