import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { SegmentFormatError, ShmkitError } from "../../lib/errors.ts";
import { Region } from "../../lib/memory/mod.ts";
import { Barrier, RwLock, Semaphore, SeqLock, TicketLock } from "../../lib/sync/mod.ts";
import { COUNT_WORD as RW_COUNT } from "../../lib/sync/rw_lock_format.ts";
import { COUNT_WORD as PERMITS } from "../../lib/sync/semaphore_format.ts";
import { PAYLOAD_BYTES_WORD } from "../../lib/sync/seq_lock_format.ts";
import { FIRST_OWN_WORD } from "../../lib/sync/shared/lock_format.ts";
import { COUNT_WORD as TICKET_COUNT, NEXT_WORD, SERVING_WORD } from "../../lib/sync/ticket_lock_format.ts";
import { Random } from "../../support/random.ts";
import { seenLocally, WAYS } from "./ways_table.ts";

// deno-lint-ignore no-explicit-any -- five types with five options
const COUNTS: readonly (readonly [type: any, options: any, word: number])[] = [
  [RwLock, { maxParticipants: 4 }, RW_COUNT],
  [TicketLock, { maxParticipants: 4 }, TICKET_COUNT],
  [Semaphore, { permits: 4 }, PERMITS],
  [Barrier, { parties: 4 }, FIRST_OWN_WORD + 3],
  [SeqLock, { payloadBytes: 32 }, PAYLOAD_BYTES_WORD],
];

describe("a lock whose count was written over is refused as what it is", () => {
  for (const [type, options, word] of COUNTS) {
    it(type.kind, () => {
      const region = Region.over(new SharedArrayBuffer(type.byteLength(options)));
      type.init(region, options);
      type.attach(region, options);
      // None, fewer than none, more than may be, and more than there is room for.
      for (const count of [0, -1, 1025, 0x7fff_ffff, -0x8000_0000, 1000]) {
        region.views.i32[word] = count;
        const error = assertThrows(() => type.attach(region, options), SegmentFormatError);
        assertEquals(error.code, "OBJECT", error.message);
      }
    });
  }
});

describe("TicketLock whose turn is ahead of the tickets", () => {
  const options = { maxParticipants: 4 };
  function broken(): [lock: TicketLock, words: Int32Array, region: Region] {
    const region = Region.over(new SharedArrayBuffer(TicketLock.byteLength(options)));
    TicketLock.init(region, options);
    const lock = TicketLock.attach(region, options), { i32 } = region.views;
    i32[SERVING_WORD] = 7;
    i32[NEXT_WORD] = 3;
    return [lock, i32, region];
  }

  it("is refused, and left as it is", () => {
    const [lock, words, region] = broken(), before = words.slice();
    const message = "as its turn must not be ahead of the tickets drawn: found turn 7, next ticket 3";
    for (const use of [() => lock.tryLock(), () => lock.lock(), () => lock.lock({ timeoutMs: 5 })]) {
      const error = assertThrows(use, SegmentFormatError, message);
      assertEquals(error.code, "OBJECT");
    }
    assertThrows(
      () => TicketLock.attach(region, options),
      SegmentFormatError,
      `Cannot attach to ticket lock memory ${message}`,
    );
    assertEquals(words.subarray(0, 64).slice(0, SERVING_WORD + 1), before.subarray(0, SERVING_WORD + 1));
  });

  it("is found by those that wait already, too", () => {
    const [lock, words] = broken();
    words[SERVING_WORD] = words[NEXT_WORD] = 3;
    lock.lock();
    const now = performance.now.bind(performance);
    let looks = 0;
    // At the second look at the clock it has drawn its ticket, and is about to sleep.
    const breakIt = () => {
      if (++looks === 2) words[SERVING_WORD] = 99;
      return now();
    };
    try {
      Object.assign(performance, { now: breakIt });
      const other = TicketLock.attach(Region.over(words.buffer as SharedArrayBuffer), options);
      assertThrows(() => other.lock({ timeoutMs: 5000 }), SegmentFormatError, "found turn 99, next ticket 5");
    } finally {
      Object.assign(performance, { now });
    }
  });
});

describe("a lock of which anything was written over", () => {
  // A wait without an owner would last until its limit; a broken lock may be refused.
  for (const way of WAYS) {
    it(`${way.name} returns or throws an error of its own, and soon`, () => {
      const random = new Random(7);
      for (let round = 0; round < 200; round++) {
        const attach = seenLocally(way), { words } = attach();
        // Here and there, with numbers that may mean something and with any.
        for (let i = random.below(8); i >= 0; i--) {
          const word = random.below(2) === 0 ? random.below(16) : random.below(words.length);
          words[word] = random.below(2) === 0 ? random.below(5) - 1 : random.u32();
        }
        const start = performance.now();
        try {
          way.go(attach(), { timeoutMs: 1 });
        } catch (error) {
          assert(error instanceof ShmkitError, `round ${round}: ${error}`);
        }
        assertLess(performance.now() - start, 5000, `round ${round}`);
      }
    });
  }
});
