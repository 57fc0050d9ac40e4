/**
 * Every way into every part that can be refused or time out, each with what makes it so.
 *
 * @module
 */
import { Region, type Segment, type SharedType } from "../../lib/memory/mod.ts";
import {
  Barrier,
  Condition,
  Event,
  Mutex,
  Once,
  RwLock,
  Semaphore,
  SeqLock,
  SpinLock,
  TicketLock,
  type WaitOptions,
} from "../../lib/sync/mod.ts";
import type { AnyLock } from "./lock_table.ts";

/** A part of one attachment, and the part's words. */
export interface Seen<T> {
  readonly part: T;
  readonly words: Int32Array;
  /** The mutex of a condition. */
  readonly mutex: Mutex;
}

// deno-lint-ignore no-explicit-any -- each way knows its own part
type Any = any;

/** One way into one part. */
export interface Way {
  /** Such as "RwLock.tryLock, while another reads". */
  readonly name: string;
  readonly type: SharedType<Any, Any>;
  readonly options: object;
  /** Whether it waits, and so is given `WaitOptions`. */
  readonly waits: boolean;
  /** Makes the way a refused one while `then` runs. */
  hold(other: Seen<Any>, then: () => void): void;
  /** Goes the way. False if it was refused or the time ran out. */
  go(mine: Seen<Any>, options?: WaitOptions): boolean;
  /** Undoes what `go` did when it was not refused. */
  undo(mine: Seen<Any>): void;
}

/** Two objects side by side: the part, and a mutex for a condition. */
function seenOf(type: SharedType<Any, Any>): SharedType<object, Seen<Any>> {
  const mutexBytes = Mutex.byteLength({});
  return {
    kind: type.kind,
    byteLength: (options) => mutexBytes + type.byteLength(options),
    init: (region, options) => type.init(partOf(region, mutexBytes), options),
    attach(region, options): Seen<Any> {
      const part = partOf(region, mutexBytes);
      return {
        part: type.attach(part, options),
        words: part.source.i32,
        mutex: Mutex.attach(partOf(region, 0, mutexBytes), {}),
      };
    },
  };
}

function partOf(region: Region, byteOffset: number, byteLength = region.byteLength - byteOffset): Region {
  const { buffer, byteOffset: start } = region.source;
  const views = Region.over(buffer, start + byteOffset, byteLength).views;
  return new Region(region.name, views, region.party, region.readOnly);
}

/** The part of a way in a segment, made by whoever asks first. */
export function seen(segment: Segment, { type, options }: Way): Seen<Any> {
  return segment.openOrCreate("part", seenOf(type), options);
}

/** The same over a `SharedArrayBuffer`, each time for a new attachment. */
export function seenLocally({ type, options }: Way): () => Seen<Any> {
  const whole = seenOf(type), memory = new SharedArrayBuffer(whole.byteLength(options));
  whole.init(Region.over(memory), options);
  return () => whole.attach(Region.over(memory), options);
}

function ofLock(type: SharedType<Any, AnyLock & Any>, options: object): Way[] {
  const shared = {
    type,
    options,
    hold(other: Seen<AnyLock>, then: () => void): void {
      other.part.lock();
      then();
      other.part.unlock();
    },
    undo: (mine: Seen<AnyLock>) => mine.part.unlock(),
  };
  return [
    { ...shared, name: `${type.kind}.tryLock`, waits: false, go: ({ part }: Seen<AnyLock>) => part.tryLock() },
    { ...shared, name: `${type.kind}.lock`, waits: true, go: ({ part }: Seen<AnyLock>, o) => part.lock(o) },
    {
      ...shared,
      name: `${type.kind}.acquire`,
      waits: true,
      go: ({ part }: Seen<AnyLock>, o) => part.acquire(o as WaitOptions) !== undefined,
    },
  ];
}

const readWays: Way[] = [
  ...ofLock(RwLock, { maxParticipants: 4 }).map((way): Way => ({
    ...way,
    name: `${way.name}, while another reads`,
    hold(other: Seen<RwLock>, then) {
      other.part.lockRead();
      then();
      other.part.unlockRead();
    },
  })),
  ...ofLock(RwLock, { maxParticipants: 4 }).map((way): Way => ({
    ...way,
    name: `${way.name}Read`,
    go({ part }: Seen<RwLock>, options) {
      if (way.name.endsWith("tryLock")) return part.tryLockRead();
      return way.name.endsWith(".lock")
        ? part.lockRead(options)
        : part.acquireRead(options as WaitOptions) !== undefined;
    },
    undo: ({ part }: Seen<RwLock>) => part.unlockRead(),
  })),
];

const eventWays = [false, true].flatMap((autoReset): Way[] => {
  const shared = {
    type: Event,
    options: { autoReset },
    hold: (_other: Seen<Event>, then: () => void) => then(), // nobody set it
    undo() {},
  };
  const kind = autoReset ? "Event (autoReset)" : "Event";
  return [
    { ...shared, name: `${kind}.tryWait`, waits: false, go: ({ part }: Seen<Event>) => part.tryWait() },
    { ...shared, name: `${kind}.wait`, waits: true, go: ({ part }: Seen<Event>, options) => part.wait(options) },
  ];
});

const tryRead: Way = {
  name: "SeqLock.tryRead",
  type: SeqLock,
  options: { payloadBytes: 16 },
  waits: false,
  hold(other: Seen<SeqLock>, then) {
    other.part.lock();
    other.part.beginWrite();
    then();
    other.part.endWrite();
    other.part.unlock();
  },
  go: ({ part }: Seen<SeqLock>) => part.tryRead(() => true) ?? false,
  undo() {},
};

const run: Way = {
  name: "Once.run",
  type: Once,
  options: {},
  waits: true,
  // It throws at the end, so that the words are what they were before it began.
  hold(other: Seen<Once>, then) {
    try {
      other.part.run(() => {
        then();
        throw new RangeError("not done");
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  },
  go: ({ part }: Seen<Once>, options) => part.run(() => {}, options),
  undo() {},
};

const condition: Way = {
  name: "Condition.wait",
  type: Condition,
  options: {},
  waits: true,
  hold: (_other: Seen<Condition>, then) => then(), // nobody signals
  go({ part, mutex }: Seen<Condition>, options) {
    using _guard = mutex.acquire();
    return part.wait(mutex, options);
  },
  undo() {},
};

const barrier: Way = {
  name: "Barrier.wait",
  type: Barrier,
  options: { parties: 2 },
  waits: true,
  hold: (_other: Seen<Barrier>, then) => then(), // the other does not come
  go: ({ part }: Seen<Barrier>, options) => part.wait(options),
  undo() {},
};

/** All of them. */
export const WAYS: readonly Way[] = [
  ...ofLock(Mutex, {}),
  ...ofLock(SpinLock, {}),
  ...ofLock(TicketLock, { maxParticipants: 4 }),
  ...ofLock(Semaphore, { permits: 1 }),
  ...ofLock(SeqLock, { payloadBytes: 16 }),
  ...ofLock(RwLock, { maxParticipants: 4 }),
  ...readWays,
  ...eventWays,
  tryRead,
  run,
  condition,
  barrier,
];
