/*
 * What becomes of ids when a slot has been taken so often that its epochs begin again.
 */
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { closeSync, openSync, writeSync } from "node:fs";
import { describe, it } from "node:test";
import { Mutex, type Region, Segment, SegmentStateError } from "@shmkit/shmkit";
import { EPOCH_LIMIT, JOINS_OFFSET, SLOT_BITS, SLOT_BYTES } from "../../lib/memory/participants_format.ts";
import type { Party } from "../../lib/memory/party.ts";
import { withName } from "../../support/segments.ts";

const byteLength = 65_536, SLOT = 1;

/** Lets a slot of the segment in a file have been taken so often. */
function setJoins(path: string, joins: number): void {
  const fd = openSync(path, "r+");
  writeSync(fd, new Uint8Array(Uint32Array.of(joins).buffer), 0, 4, 128 + SLOT * SLOT_BYTES + JOINS_OFFSET);
  closeSync(fd);
}

const idOf = (epoch: number, slot = SLOT): number => (epoch << SLOT_BITS) | slot;

/** Words that hold ids, in whichever way. */
const Words = {
  kind: "Words",
  byteLength: ({ count }: { count: number }) => count * 4,
  init: () => {},
  attach: (region: Region) => ({ words: region.views.i32, party: region.party as Party }),
};

/** Attaches, and reports its id and where it is. */
function join(name: string): { id: number; slot: number } {
  using segment = Segment.open(name, { role: "joiner" });
  return segment.participants().find(({ role }) => role === "joiner")!;
}

describe("the epochs of a slot", () => {
  it("count on, leave out 0, and begin again after 2^21 joins and after 2^32", () =>
    withName((name) => {
      using _ = Segment.create(name, { byteLength });
      const cases: [joins: number, epochs: number[]][] = [
        [0, [1, 2, 3]],
        [EPOCH_LIMIT - 3, [EPOCH_LIMIT - 2, EPOCH_LIMIT - 1, 1, 2]],
        [3 * EPOCH_LIMIT - 2, [EPOCH_LIMIT - 1, 1, 2]],
        [2 ** 32 - 3, [EPOCH_LIMIT - 2, EPOCH_LIMIT - 1, 1, 2]],
      ];
      for (const [joins, epochs] of cases) {
        setJoins(`/dev/shm${name}`, joins);
        for (const epoch of epochs) {
          const { id, slot } = join(name);
          assertEquals([id, slot], [idOf(epoch), SLOT]);
          assert(id > 0);
        }
      }
    }));

  it("pass over those of which the dead left an id, once they have begun again", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength });
      const { words, party } = segment.create("words", Words, { count: 100 });
      // A lock word with its mark, without, the last word of the last object; and ids of another slot.
      words[3] = idOf(5);
      words[40] = idOf(6) | 0x8000_0000;
      words[99] = idOf(8);
      words[50] = idOf(9, 2);
      for (const start of [EPOCH_LIMIT + 3, 7 * EPOCH_LIMIT + 3, 2 ** 32 - EPOCH_LIMIT + 3]) {
        setJoins(`/dev/shm${name}`, start);
        for (const epoch of [4, 7, 9, 10]) {
          using joiner = Segment.open(name, { role: "joiner" });
          assertEquals(joiner.participants()[1].id, idOf(epoch));
          for (const stale of [5, 6, 8]) assertEquals(party.isAlive(idOf(stale)), false);
          assertEquals(party.isAlive(idOf(epoch)), true);
        }
      }
    }));

  it("do not let a lock's dead owner live again", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength });
      const mutex = segment.create("m", Mutex, {});
      const dead = Segment.open(name), id = dead.participants()[1].id;
      dead.open("m", Mutex).lock();
      dead.close();
      setJoins(`/dev/shm${name}`, EPOCH_LIMIT); // by plain counting, the next one would have its id
      using next = Segment.open(name);
      assertEquals(next.participants()[1].id, idOf(2));
      assertEquals(mutex.stats().owner, { id, description: mutex.stats().owner!.description, isAlive: false });
      assertEquals([mutex.lock({ timeoutMs: 20_000 }), mutex.ownerDied], [true, true]);
    }));

  it("are found in little time", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 25, maxParticipants: 4 });
    segment.create("words", Words, { count: 2 ** 22 });
    const ms = (joins: number) => {
      const start = performance.now();
      setJoins(segment.name.split("#")[0], joins);
      Segment.open(segment.name).close();
      return performance.now() - start;
    };
    ms(1);
    assertLess(Math.min(...[1, 2, 3].map(() => ms(EPOCH_LIMIT + 1))), 500); // 16 MiB; some 5 ms alone
  });

  it("that are all named leave a slot unused", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 24, maxParticipants: 2 });
      const { words } = segment.create("words", Words, { count: EPOCH_LIMIT });
      for (let epoch = 0; epoch < EPOCH_LIMIT; epoch++) words[epoch] = idOf(epoch);
      setJoins(`/dev/shm${name}`, EPOCH_LIMIT + 7);
      // Found out once, and not again and again until another process could have given a slot back.
      assertEquals(assertThrows(() => Segment.open(name), SegmentStateError).code, "FULL");
      words[9] = 0;
      using other = Segment.open(name);
      assertEquals(other.participants()[1].id, idOf(9));
    }));
});
