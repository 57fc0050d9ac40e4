/**
 * Every way into every part that can be refused or time out, each with what makes it so.
 *
 * @module
 */
import { Views } from "../../lib/layout/mod.ts";
import { type Party, Region, type Segment, type SharedType } from "../../lib/memory/mod.ts";
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
  /** The same in two steps, for what can be held: false if it cannot be held now. */
  enter?(other: Seen<Any>): boolean;
  leave?(other: Seen<Any>): void;
  /** Goes the way. False if it was refused or the time ran out. */
  go(mine: Seen<Any>, options?: WaitOptions): boolean;
  /** Undoes what `go` did when it was not refused. */
  undo(mine: Seen<Any>): void;
}

/** How an attachment sees the others: by its region's party, or by one that a test puts in front of it. */
export type Wrap = (party: Party) => Party;

/** Two objects side by side: the part, and a mutex for a condition. */
function seenOf(type: SharedType<Any, Any>, wrap: Wrap = (party) => party): SharedType<object, Seen<Any>> {
  const mutexBytes = Mutex.byteLength({});
  return {
    kind: type.kind,
    byteLength: (options) => mutexBytes + type.byteLength(options),
    init: (region, options) => type.init(partOf(region, wrap, mutexBytes), options),
    attach(region, options): Seen<Any> {
      const part = partOf(region, wrap, mutexBytes);
      return {
        part: type.attach(part, options),
        words: part.source.i32,
        mutex: Mutex.attach(partOf(region, wrap, 0, mutexBytes), {}),
      };
    },
  };
}

function partOf(
  region: Region,
  wrap: Wrap,
  byteOffset: number,
  byteLength: number = region.byteLength - byteOffset,
): Region {
  const { buffer, byteOffset: start } = region.source;
  return new Region(
    region.name,
    new Views(buffer, start + byteOffset, byteLength),
    wrap(region.party),
    region.readOnly,
  );
}

/** The part of a way in a segment, made at the first call. */
export function seen(segment: Segment, { type, options }: Way, wrap?: Wrap): Seen<Any> {
  return segment.openOrCreate("part", seenOf(type, wrap), options);
}

/** The same over a `SharedArrayBuffer`, each time for a new attachment. */
export function seenLocally({ type, options }: Way): () => Seen<Any> {
  const whole = seenOf(type), memory = new SharedArrayBuffer(whole.byteLength(options));
  whole.init(Region.over(memory), options);
  return () => whole.attach(Region.over(memory), options);
}

/** A way that is refused while something is held. */
function held(way: Omit<Way, "hold"> & Required<Pick<Way, "enter" | "leave">>): Way {
  return {
    ...way,
    hold(other, then) {
      if (!way.enter(other)) throw new Error("It is held already");
      then();
      way.leave(other);
    },
  };
}

function ofLock(type: SharedType<Any, AnyLock & Any>, options: object): Way[] {
  const { kind } = type;
  const shared = {
    type,
    options,
    enter: ({ part }: Seen<AnyLock>) => part.lock({ timeoutMs: 0 }),
    leave({ part }: Seen<AnyLock>) {
      if (part.ownerDied) part.markConsistent?.();
      part.unlock();
    },
  };
  const undo = shared.leave;
  return [
    held({ ...shared, undo, name: `${kind}.tryLock`, waits: false, go: ({ part }: Seen<AnyLock>) => part.tryLock() }),
    held({ ...shared, undo, name: `${kind}.lock`, waits: true, go: ({ part }: Seen<AnyLock>, o) => part.lock(o) }),
    held({
      ...shared,
      undo,
      name: `${kind}.acquire`,
      waits: true,
      go: ({ part }: Seen<AnyLock>, o) => part.acquire(o as WaitOptions) !== undefined,
    }),
  ];
}

const rwOptions = { maxParticipants: 4 };
const byReader = {
  enter: ({ part }: Seen<RwLock>) => part.lockRead({ timeoutMs: 0 }),
  leave: ({ part }: Seen<RwLock>) => part.unlockRead(),
};
const writeWays = ofLock(RwLock, rwOptions);
const read = {
  type: RwLock,
  options: rwOptions,
  enter: writeWays[0].enter!,
  leave: writeWays[0].leave!,
  undo: byReader.leave,
};
const rwWays: Way[] = [
  ...writeWays,
  ...writeWays.map((way) => held({ ...way, ...byReader, name: `${way.name}, while another reads` })),
  held({ ...read, name: "RwLock.tryLockRead", waits: false, go: ({ part }: Seen<RwLock>) => part.tryLockRead() }),
  held({ ...read, name: "RwLock.lockRead", waits: true, go: ({ part }: Seen<RwLock>, o) => part.lockRead(o) }),
  held({
    ...read,
    name: "RwLock.acquireRead",
    waits: true,
    go: ({ part }: Seen<RwLock>, o) => part.acquireRead(o as WaitOptions) !== undefined,
  }),
];

const eventWays = [false, true].flatMap((autoReset): Way[] => {
  const shared = {
    type: Event,
    options: { autoReset },
    hold: (_other: Seen<Event>, then: () => void) => then(), // it was not set
    undo() {},
  };
  const kind = autoReset ? "Event (autoReset)" : "Event";
  return [
    { ...shared, name: `${kind}.tryWait`, waits: false, go: ({ part }: Seen<Event>) => part.tryWait() },
    { ...shared, name: `${kind}.wait`, waits: true, go: ({ part }: Seen<Event>, options) => part.wait(options) },
  ];
});

const tryRead = held({
  name: "SeqLock.tryRead",
  type: SeqLock,
  options: { payloadBytes: 16 },
  waits: false,
  enter({ part }: Seen<SeqLock>) {
    if (!part.lock({ timeoutMs: 0 })) return false;
    part.beginWrite();
    return true;
  },
  leave({ part }: Seen<SeqLock>) {
    part.endWrite();
    part.unlock();
  },
  go: ({ part }: Seen<SeqLock>) => part.tryRead(() => true) ?? false,
  undo() {},
});

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
  hold: (_other: Seen<Condition>, then) => then(), // there is no signal
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
  ...rwWays,
  ...eventWays,
  tryRead,
  run,
  condition,
  barrier,
];
