/**
 * A segment with the locks that have no owner, or one owner once, and the words that they protect.
 *
 * @module
 */
import { Views } from "../../lib/layout/mod.ts";
import { Region, Segment, type SharedType } from "../../lib/memory/mod.ts";
import { Barrier, Condition, Event, Mutex, Once } from "../../lib/sync/mod.ts";
import { Words } from "./lock_table.ts";

/** Many of them, since each runs once. */
export const ONCES = 32_768;

const Onces: SharedType<Record<never, never>, (i: number) => Once> = {
  kind: "Onces",
  byteLength: () => ONCES * Once.byteLength({}),
  init: () => {},
  attach(region: Region): (i: number) => Once {
    const { buffer, byteOffset } = region.source, length = Once.byteLength({});
    return (i) => {
      const views = new Views(buffer, byteOffset + i * length, length);
      return Once.attach(new Region(region.name, views, region.party, false), {});
    };
  },
};

/** Indices of words: the queue's, then the event's. */
export const MADE = 0, TAKEN = 1, LEFT = 2, SETS = 16, PASSED = 17, STOP = 32, DONE = 33;

/** Two words for each once: begun, ended. */
export const RUNS = 64;

/** Where each of the two survivors writes its round. */
export const ROUNDS = 48;

/** What all of a segment's users see. */
export interface Parts {
  readonly words: Int32Array;
  readonly mutex: Mutex;
  readonly made: Condition;
  readonly event: Event;
  readonly barrier: Barrier;
  /** Attaches to one of them. */
  readonly onceAt: (i: number) => Once;
}

/** Makes the segment. It has no name, so nothing is left behind. */
export function makeParts(): Segment {
  const segment = Segment.anonymous({ byteLength: 1 << 24, maxParticipants: 64 });
  segment.create("words", Words, { count: RUNS + 2 * ONCES });
  segment.create("mutex", Mutex, {});
  segment.create("made", Condition, {});
  segment.create("event", Event, { autoReset: true });
  segment.create("barrier", Barrier, { parties: 3 });
  segment.create("onces", Onces, {});
  return segment;
}

/** Opens what `makeParts` made. */
export function partsOf(segment: Segment): Parts {
  return {
    words: segment.open("words", Words, { count: RUNS + 2 * ONCES }),
    mutex: segment.open("mutex", Mutex, {}),
    made: segment.open("made", Condition, {}),
    event: segment.open("event", Event, {}),
    barrier: segment.open("barrier", Barrier, {}),
    onceAt: segment.open("onces", Onces, {}),
  };
}
