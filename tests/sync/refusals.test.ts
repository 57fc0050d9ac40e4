import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { Segment } from "../../lib/memory/mod.ts";
import { ASLEEP } from "../../lib/sync/event_count.ts";
import { CELL_WORDS } from "../../lib/sync/shared/cells.ts";
import { ACQUISITIONS_F64, FIRST_OWN_WORD, LOCK_BYTES, LOCK_WORD, MARK } from "../../lib/sync/shared/lock_format.ts";
import { SEQUENCE_WORD } from "../../lib/sync/seq_lock_format.ts";
import { WAITED } from "../../lib/sync/shared/async/waitable.ts";
import type { Stop, WaitOptions } from "../../lib/sync/shared/wait_options.ts";
import { NEXT_WORD, PASSED_WORD, SERVING_WORD, TICKET } from "../../lib/sync/ticket_lock_format.ts";
import { type Seen, seen, seenLocally, type Way, WAYS } from "./ways_table.ts";

const ALL_BITS = -1;

/** A lock that has cells has four. */
const CELLS = [0, 1, 2, 3];

/** Words that change when a lock is released, by kind: tickets, sequences, and event counts that wake sleepers. */
const RUNNING: Record<string, readonly number[]> = {
  TicketLock: [NEXT_WORD, SERVING_WORD, PASSED_WORD],
  Semaphore: [FIRST_OWN_WORD],
  RwLock: [FIRST_OWN_WORD],
  Once: [FIRST_OWN_WORD],
  SeqLock: [SEQUENCE_WORD],
};

/** Bits of words, by index, that a wait which times out may leave, and why. */
function marksOf({ type: { kind } }: Way): Record<number, number> {
  switch (kind) {
    case "Mutex":
    case "SeqLock":
      return { [LOCK_WORD]: MARK }; // the owner is to wake sleepers; cleared when it unlocks
    case "RwLock":
      return { [LOCK_WORD]: MARK, [FIRST_OWN_WORD]: ASLEEP }; // the same, and the readers are to wake the writer
    case "Semaphore":
    case "Once":
      return { [FIRST_OWN_WORD]: ASLEEP }; // a notifier clears it
    case "TicketLock": // the ticket stays drawn, and is passed over; a cell's ticket says nothing once it waits no more
      return {
        [NEXT_WORD]: ALL_BITS,
        [PASSED_WORD]: ASLEEP,
        ...Object.fromEntries(CELLS.map((i) => [LOCK_BYTES / 4 + i * CELL_WORDS + TICKET, ALL_BITS])),
      };
    case "Event": // and counts waiters that slept
      return { [FIRST_OWN_WORD + 1]: ASLEEP, [FIRST_OWN_WORD + 3]: ALL_BITS };
    case "Condition": // and counts waiters, in an f64
      return {
        [FIRST_OWN_WORD]: ASLEEP,
        [2 * ACQUISITIONS_F64]: ALL_BITS,
        [2 * ACQUISITIONS_F64 + 1]: ALL_BITS,
      };
    default:
      return {};
  }
}

/** The words, without what may differ. */
function masked(words: Int32Array, marks: Record<number, number>): number[] {
  return Array.from(words, (word, i) => word & ~(marks[i] ?? 0));
}

function tryOnce(way: Way, one: Seen<unknown>): void {
  const kind = way.type.kind;
  if (kind === "Once" || kind === "Condition" || kind === "Event") return;
  assertEquals(way.go(one, { timeoutMs: 0 }), true, "it is free");
  way.undo(one);
}

function leavesNothing(way: Way, mine: Seen<unknown>, other: Seen<unknown>): void {
  // All is as after the first uses, at which cells are claimed.
  for (const one of [mine, other]) tryOnce(way, one);
  way.hold(other, () => way.go(mine, { timeoutMs: 0 }));
  for (const one of [other, mine]) tryOnce(way, one);
  const marks = way.waits ? marksOf(way) : {};
  const free = mine.words.slice();
  way.hold(other, () => {
    const held = mine.words.slice();
    for (const [title, limit] of way.waits ? LIMITS : [["no wait", () => undefined] as const]) {
      assertEquals(way.go(mine, limit()), false, "it is refused");
      assertEquals(masked(mine.words, marks), masked(held, marks), title);
    }
  });
  // The holder has gone. Its statistics, f64s in lines of their own, have moved on.
  const runs = Object.fromEntries((RUNNING[way.type.kind] ?? []).map((word) => [word, ALL_BITS]));
  const states = (words: Int32Array) =>
    masked(words, { ...marks, ...runs, [LOCK_WORD]: 0 }).filter((_, i) => i % 32 < 16);
  assertEquals(states(mine.words), states(free), "and nothing stays behind");
  for (const one of [mine, other]) tryOnce(way, one);
}

/** What ends a wait. */
const LIMITS: readonly (readonly [title: string, limit: () => WaitOptions])[] = [
  ["no time", () => ({ timeoutMs: 0 })],
  ["some time", () => ({ timeoutMs: 5 })],
  ["a stop before", () => ({ stop: stopAfter(0) })],
  ["a stop meanwhile", () => ({ stop: stopAfter(2) })],
];

/** A stop that is set after so many milliseconds. */
function stopAfter(ms: number): Stop {
  const at = performance.now() + ms;
  return {
    get isSet() {
      return performance.now() >= at;
    },
    [WAITED]: { isReady: () => false, announce: () => undefined },
  };
}

/** A barrier's arrival stands when the time runs out: that is what it is for. */
const REFUSABLE = WAYS.filter(({ type }) => type.kind !== "Barrier");

describe("a refusal, a timeout or a stop leaves the words as they were", () => {
  for (const way of REFUSABLE) {
    it(way.name, () => {
      using segment = Segment.anonymous({ byteLength: 65536 });
      using second = Segment.open(segment.name);
      leavesNothing(way, seen(segment, way), seen(second, way));
    });

    it(`${way.name}, over a SharedArrayBuffer`, () => {
      const attach = seenLocally(way);
      leavesNothing(way, attach(), attach());
    });
  }
});
