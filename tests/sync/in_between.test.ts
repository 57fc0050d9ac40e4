import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { Segment } from "../../lib/memory/mod.ts";
import { RwLock } from "../../lib/sync/mod.ts";
import { CELL_WORDS } from "../../lib/sync/shared/cells.ts";
import { BLOCKED_WORD, DIED_WORD, LOCK_BYTES, LOCK_WORD } from "../../lib/sync/shared/lock_format.ts";
import type { AnyLock } from "./lock_table.ts";
import { inBetween } from "./in_between.ts";
import { type Seen, seen, type Way, WAYS } from "./ways_table.ts";

/** How it is before the call: free, held by the other one, or by one that died, for whatever or for writing. */
const BEFORE = ["free", "held", "dead", "dead writer"] as const;
/** Steps of a call before which the other one comes or goes: the first ones, as a call that spins has hundreds. */
const STEPS = 24;
/** How many steps later it goes or comes again. */
const LATER = [0, 1, 2, 3, 5, 8];

/** The words that say that an attachment is inside or waits: the owner, the blocked, and the two cells. */
function states({ words }: Seen<unknown>): number[] {
  const header = words.subarray(BLOCKED_WORD, LOCK_BYTES / 4);
  const cells = [0, 1].map((cell) => LOCK_BYTES / 4 + cell * CELL_WORDS);
  return [words[LOCK_WORD], words[DIED_WORD], ...header, ...cells.flatMap((cell) => [words[cell], words[cell + 1]])];
}

/** The other one comes or goes before two steps of the call; then both leave, and nothing of either is left. */
function check(way: Way, before: typeof BEFORE[number], first: number, second: number): number {
  using segment = Segment.anonymous({ byteLength: 65536 });
  using elsewhere = Segment.open(segment.name);
  const mine = seen(segment, way), other = seen(elsewhere, way);
  // What each takes at its first use.
  for (const one of [mine, other]) {
    if (way.go(one, { timeoutMs: 0 })) way.undo(one);
    if (way.enter!(one)) way.leave!(one);
  }
  const free = states(mine);
  let isInside = before === "held" && way.enter!(other);
  if (before.startsWith("dead")) {
    const dying = Segment.open(segment.name), dead = seen(dying, way);
    assert(before === "dead" ? way.enter!(dead) : (dead.part as AnyLock).lock());
    dying.close();
  }
  const turn = () => {
    if (isInside) way.leave!(other);
    isInside = !isInside && way.enter!(other);
  };
  const { result, steps } = inBetween(() => way.go(mine, { timeoutMs: 0 }), (step) => {
    if (step === first) turn();
    if (step === second) turn();
  });
  const title = `${before} at first, the other one before steps ${first} and ${second}`;
  if (result) way.undo(mine);
  // A writer has repaired what a dead one left.
  if (result && !way.name.endsWith("Read")) assertEquals(mine.words[DIED_WORD], 0, title);
  if (isInside) way.leave!(other);
  // The next one gets in, and what a dead one left is cleared once another has been inside.
  for (const [i, one] of [other, mine, other].entries()) {
    if (way.type.kind === RwLock.kind) {
      assertEquals((one.part as RwLock).lock({ timeoutMs: 0 }), true, title); // a reader repairs nothing
      (one.part as RwLock).unlock();
    }
    assertEquals(way.go(one, { timeoutMs: 0 }), true, title);
    if (i > 0) assertEquals((one.part as AnyLock).ownerDied, false, title);
    way.undo(one);
  }
  assertEquals(states(mine), free, title);
  return steps;
}

describe("whatever another does between the steps of a call, nothing stays behind", { timeout: 240_000 }, () => {
  // A reader of a SeqLock writes nothing.
  for (const way of WAYS.filter(({ name, enter }) => enter && name !== "SeqLock.tryRead")) {
    it(way.name, () => {
      for (const before of BEFORE) {
        for (let first = 1, steps = 1; first <= Math.min(steps, STEPS); first++) {
          for (const later of LATER) steps = Math.max(steps, check(way, before, first, first + later));
        }
      }
    });
  }
});
