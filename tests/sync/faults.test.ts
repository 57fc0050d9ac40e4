/*
 * What the kernel refuses in the middle of a call, such as asking whether a holder is alive (ENOLCK): the call throws,
 * and leaves nothing behind. And what is left where a call is stopped in the middle for a long time.
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { type Party, Segment } from "../../lib/memory/mod.ts";
import { RwLock, TicketLock } from "../../lib/sync/mod.ts";
import { BLOCKED_WORD, DIED_WORD, LOCK_BYTES, LOCK_WORD } from "../../lib/sync/shared/lock_format.ts";
import { NEXT_WORD, SERVING_WORD } from "../../lib/sync/ticket_lock_format.ts";
import { inBetween } from "./in_between.ts";
import type { AnyLock } from "./lock_table.ts";
import { type Seen, seen, type Way, WAYS } from "./ways_table.ts";

const REFUSED = "no locks available";

/** A party whose n-th liveness check fails. */
class Failing implements Party {
  readonly #party: Party;
  /** Calls until it fails; 0 for none. */
  left = 0;

  constructor(party: Party) {
    this.#party = party;
  }

  get id(): number {
    return this.#party.id;
  }

  get seesDeaths(): boolean {
    return this.#party.seesDeaths;
  }

  isAlive(id: number): boolean {
    if (--this.left === 0) throw new Error(REFUSED);
    return this.#party.isAlive(id);
  }

  isOfThisThread(id: number): boolean {
    return this.#party.isOfThisThread(id);
  }

  describe(id: number): string {
    return this.#party.describe(id);
  }
}

/**
 * What says that somebody is inside or waits: the owner, the blocked, and the first cell, which is of the one that
 * fails.
 */
function states({ words }: Seen<unknown>): number[] {
  const cell = LOCK_BYTES / 4;
  return [words[LOCK_WORD], words[DIED_WORD], ...words.subarray(BLOCKED_WORD, cell), words[cell], words[cell + 1]];
}

/** Asking fails for the n-th time within the call. Returns whether the call got as far. */
function fails(way: Way, isDead: boolean, n: number): boolean {
  using segment = Segment.anonymous({ byteLength: 65536 });
  const elsewhere = Segment.open(segment.name);
  let failing: Failing | undefined;
  const mine = seen(segment, way, (party) => failing ??= new Failing(party)), other = seen(elsewhere, way);
  const canEnter = way.enter !== undefined;
  if (canEnter) {
    for (const one of [mine, other]) {
      if (way.go(one, { timeoutMs: 0 })) way.undo(one);
      if (way.enter!(one)) way.leave!(one);
    }
  }
  const free = states(mine);
  let hasFailed = false;
  const go = () => {
    failing!.left = n;
    try {
      if (way.go(mine, { timeoutMs: 50 })) way.undo(mine);
    } catch (error) {
      assertEquals((error as Error).message, REFUSED);
      hasFailed = true;
    }
    failing!.left = 0;
  };
  if (isDead) {
    way.enter!(other);
    elsewhere.close();
    go();
  } else {
    way.hold(other, go);
    elsewhere.close();
  }
  const title = `${isDead ? "dead" : "held"}, asked ${n} times`;
  if (!canEnter) return hasFailed;
  // Another attachment gets in before the one that failed tries again.
  using third = Segment.open(segment.name);
  for (const one of [seen(third, way), mine]) {
    if (way.type.kind === RwLock.kind) {
      assert((one.part as RwLock).lock({ timeoutMs: 0 }), title); // a reader repairs nothing
      (one.part as RwLock).unlock();
    }
    assertEquals(way.go(one, { timeoutMs: 0 }), true, title);
    way.undo(one);
  }
  assertEquals((mine.part as AnyLock).ownerDied, false, title);
  assertEquals(states(mine), free, title);
  return hasFailed;
}

describe("a call in which the kernel cannot say whether a holder is alive throws, and leaves nothing behind", {
  timeout: 240_000,
}, () => {
  // A barrier's arrival stands. A SeqLock's reader writes nothing.
  for (const way of WAYS.filter(({ type, name }) => type.kind !== "Barrier" && name !== "SeqLock.tryRead")) {
    it(way.name, () => {
      for (const isDead of way.enter === undefined ? [false] : [false, true]) {
        for (let n = 1; fails(way, isDead, n); n++) assertGreater(50, n);
      }
    });
  }
});

describe("TicketLock whose owner is stopped before any step of its unlock", () => {
  it("does not set the turn back when it continues", () => {
    for (let stopped = 1, steps = 1; stopped <= steps; stopped++) {
      using segment = Segment.anonymous({ byteLength: 65536 });
      using second = Segment.open(segment.name);
      const way = WAYS.find(({ name }) => name === "TicketLock.lock")!;
      const owner = seen(segment, way), next = seen(second, way), { words } = owner;
      const unlock = () => (owner.part as TicketLock).unlock(), lock = next.part as TicketLock;
      lock.lock();
      lock.unlock();
      (owner.part as TicketLock).lock();
      let rounds = 0;
      ({ steps } = inBetween(unlock, (step) => {
        if (step !== stopped) return;
        while (rounds < 5 && lock.lock({ timeoutMs: 1 })) {
          rounds++;
          lock.unlock();
        }
      }));
      const isAhead = words[NEXT_WORD] - words[SERVING_WORD];
      assertEquals(isAhead, rounds === 0 ? 1 : 0, `stopped before step ${stopped}: one ticket was given up, or none`);
      assertEquals([lock.tryLock(), lock.ownerDied], [true, false]);
      lock.unlock();
      assertEquals(words[NEXT_WORD], words[SERVING_WORD]);
    }
  });

  it("passes over any number of tickets that were given up, in one step", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    using second = Segment.open(segment.name);
    const owner = segment.create("lock", TicketLock, {}), other = second.open("lock", TicketLock);
    owner.lock();
    for (let i = 0; i < 1000; i++) assertEquals(other.lock({ timeoutMs: 0 }), false);
    owner.unlock();
    const { result, steps } = inBetween(() => other.tryLock(), () => {});
    assertEquals(result, true);
    assertGreater(20, steps);
    other.unlock();
  });
});
