/**
 * A segment with one lock of each kind, each with words that it protects. What every test of this folder works on.
 *
 * @module
 */
import { type Region, Segment, type SharedType } from "../../lib/memory/mod.ts";
import { Mutex, RwLock, Semaphore, SeqLock, SpinLock, TicketLock } from "../../lib/sync/mod.ts";

/** What all locks have in common. */
export interface AnyLock {
  tryLock(): boolean;
  lock(options?: { timeoutMs?: number }): boolean;
  unlock(): void;
  acquire(): Disposable & { ownerDied: boolean };
  acquire(options: { timeoutMs?: number }): (Disposable & { ownerDied: boolean }) | undefined;
  readonly ownerDied: boolean;
  stats(): {
    owner: { id: number; description: string; isAlive: boolean } | undefined;
    waiters: number;
    acquisitions: number;
    contended: number;
    recoveries: number;
  };
  markConsistent?(): void;
}

/** Each kind, by name. A semaphore with one permit excludes as the others do. */
// deno-lint-ignore no-explicit-any -- six types with six options
export const KINDS: Readonly<Record<string, readonly [type: any, options: any]>> = {
  mutex: [Mutex, {}],
  spin: [SpinLock, {}],
  ticket: [TicketLock, { maxParticipants: 32 }],
  rw: [RwLock, { maxParticipants: 32 }],
  semaphore: [Semaphore, { permits: 1 }],
  seq: [SeqLock, { payloadBytes: 64 }],
};

/** The names of the kinds. */
export const NAMES: readonly string[] = Object.keys(KINDS);

/** Words of shared memory, for whatever a test protects. */
export const Words: SharedType<{ count: number }, Int32Array> = {
  kind: "Words",
  byteLength: ({ count }) => count * 4,
  init: () => {},
  attach: (region: Region) => region.source.i32,
};

/** A lock and what it protects. */
export interface Protected {
  readonly name: string;
  readonly lock: AnyLock;
  readonly words: Int32Array;
}

/** Makes a segment with all locks. It has no name, so nothing is left behind. */
export function makeTable(role = "test"): Segment {
  const segment = Segment.anonymous({ byteLength: 1 << 18, maxParticipants: 64, role });
  for (const [name, [type, options]] of Object.entries(KINDS)) {
    segment.create(name, type, options);
    segment.create(`${name} words`, Words, { count: 32 });
  }
  return segment;
}

/** The locks of such a segment. */
export function locksOf(segment: Segment, names: readonly string[] = NAMES): Protected[] {
  return names.map((name) => {
    const [type, options] = KINDS[name];
    const lock = segment.open(name, type, options) as AnyLock;
    return { name, lock, words: segment.open(`${name} words`, Words, { count: 32 }) };
  });
}
