import { compareExchange, load, store } from "../../atomic/mod.ts";
import { AlreadyOwnerError, NotOwnerError, ReadOnlyError, SegmentFormatError } from "../../errors.ts";
import type { ReadonlyViews } from "../../layout/mod.ts";
import { type Party, refuseClosed, type Region } from "../../memory/internal.ts";
import type { EventCount } from "../event_count.ts";
import { LockTasks } from "./async/lock_tasks.ts";
import {
  ACQUISITIONS_F64,
  BLOCKED_PLACES,
  BLOCKED_WORD,
  CONTENDED_F64,
  FREE,
  LOCK_BYTES,
  LOCK_WORD,
  ownerOf,
  RECOVERIES_F64,
} from "./lock_format.ts";
import type { LockOwner, LockStats } from "./lock_stats.ts";
import { NO_LIMIT, WaitLimit } from "./wait_limit.ts";
import { timeoutOf, type WaitOptions } from "./wait_options.ts";

/** Arrays of an attachment that may not write. They are as empty as a closed segment's: one check covers both. */
const NO_WORDS = new Int32Array(0);
const NO_COUNTS = new Float64Array(0);

/** What all locks share: the header, the identity of this attachment, and the refusals. */
export class LockHeader {
  /** What the lock is called in messages, such as "mutex 'orders' in segment '/md'". */
  readonly what: string;
  /** The lock's words, for writing. Empty on a read-only attachment and after the segment was closed. */
  readonly words: Int32Array;
  /** The lock's counts, for its owner. Empty as the words are. */
  readonly counts: Float64Array;
  /** The lock's bytes, for reading. */
  readonly source: ReadonlyViews;
  /** Reports which attachments are alive. */
  readonly party: Party;
  /** This attachment's id. */
  readonly id: number;
  /** The tasks of this thread that wait with this object. */
  readonly tasks: LockTasks;
  readonly #byteLength: number;

  /**
   * @param kind The kind of lock, as messages call it.
   * @param region Where it lies.
   */
  constructor(kind: string, region: Region) {
    this.what = `${kind} ${region.name}`;
    this.#byteLength = region.byteLength;
    this.requireLength(LOCK_BYTES);
    const mayWrite = !region.readOnly && region.party.id !== 0;
    this.words = mayWrite ? region.views.i32 : NO_WORDS;
    this.counts = mayWrite ? region.views.f64 : NO_COUNTS;
    this.source = region.source;
    this.party = region.party;
    this.id = region.party.id;
    this.tasks = new LockTasks(this);
  }

  /** Refuses a region that is shorter than the lock. */
  requireLength(byteLength: number): void {
    if (this.#byteLength >= byteLength) return;
    throw new SegmentFormatError(
      "OBJECT",
      `Cannot attach to ${this.what} as its length must be ${byteLength} or more: found ${this.#byteLength}`,
    );
  }

  /** Throws the reason why the lock cannot be written, or not even read. */
  refuseUse(action: string): never {
    if (this.source.closed) refuseClosed({ name: this.what }, action);
    throw new ReadOnlyError(
      `Cannot ${action} ${this.what} as it is attached for reading only; attach without readOnly`,
    );
  }

  /** Refuses to take what this attachment holds: no lock is recursive. */
  refuseTwice(): never {
    throw new AlreadyOwnerError(`Cannot lock ${this.what} as this attachment holds it already; unlock it first`);
  }

  /**
   * Refuses to unlock what this attachment does not hold.
   *
   * @param owner The id of the attachment that does; 0 for none.
   */
  refuseUnlock(owner: number): never {
    const found = owner === FREE ? "nobody" : this.party.describe(owner);
    throw new NotOwnerError(`Cannot unlock ${this.what} as this attachment must hold it: found ${found}`);
  }

  /** The limit of a call's wait, counted from its beginning, checked. Called before anything is taken or changed. */
  limitOf(action: string, options: WaitOptions | undefined): WaitLimit {
    if (options === undefined) return NO_LIMIT;
    const timeoutMs = timeoutOf(action, this.what, options, true);
    return new WaitLimit(timeoutMs, options.stop);
  }

  /**
   * Refuses a wait without a limit that could never end, as it is for another attachment of this very thread.
   *
   * @param id Of the attachment that the wait is for.
   */
  refuseEndless(action: string, id: number, limit: WaitLimit): void {
    if (!limit.isEndless || id === FREE || !this.party.isOfThisThread(id) || !this.party.isAlive(id)) return;
    throw new AlreadyOwnerError(
      `Cannot ${action} ${this.what} as another attachment of this very thread holds it up, and the wait would never end: ${
        this.party.describe(id)
      }`,
    );
  }

  /**
   * Notes that this attachment blocks. Returns the place, to pass to `endWaiting`; −1 if there was none.
   */
  beginWaiting(): number {
    for (let place = BLOCKED_WORD; place < BLOCKED_WORD + BLOCKED_PLACES; place++) {
      const id = load(this.words, place); // pairs: blocked place
      if (id !== FREE && this.party.isAlive(id)) continue;
      if (compareExchange(this.words, place, id, this.id) === id) return place; // pairs: blocked place
    }
    return -1;
  }

  /** Notes that this attachment no longer blocks. */
  endWaiting(place: number): void {
    if (place !== -1 && this.words.length > 0) store(this.words, place, FREE); // pairs: blocked place
  }

  /**
   * Blocks until an attempt succeeds. An attempt may also throw, if no later one can succeed.
   *
   * @param changed Notified when an attempt may succeed.
   * @param limit On the clock of `changed`.
   * @param attempt Receives whether it is time to check which of the others are alive.
   * @param isLifeCheck Whether it is time for the first attempt. Defaults to true.
   * @returns False if the limit is reached.
   */
  sleepUntil(
    changed: EventCount,
    limit: WaitLimit,
    attempt: (isLifeCheck: boolean) => boolean,
    isLifeCheck = true,
  ): boolean {
    const place = this.beginWaiting();
    try {
      while (true) {
        const seen = changed.snapshot(); // before the attempt, so that no change is missed
        if (attempt(isLifeCheck)) return true;
        const until = limit.nextCheck(changed.now());
        isLifeCheck = !changed.wait(seen, until);
        if (isLifeCheck && limit.isReached(until)) return attempt(true);
      }
    } finally {
      this.endWaiting(place);
    }
  }

  /** How many living attachments are blocked; at most 32 are counted. */
  get waiters(): number {
    let count = 0;
    for (let place = BLOCKED_WORD; place < BLOCKED_WORD + BLOCKED_PLACES; place++) {
      const id = load(this.source.i32, place); // pairs: blocked place
      if (id !== FREE && this.party.isAlive(id)) count++;
    }
    return count;
  }

  /**
   * Owner, waiters and the header's counts.
   *
   * @param ownerId Defaults to the one that the lock word names.
   */
  stats(ownerId?: number): LockStats {
    if (this.source.closed) this.refuseUse("report on");
    const { f64, i32 } = this.source;
    return {
      owner: this.#describeOwner(ownerId ?? ownerOf(load(i32, LOCK_WORD))), // pairs: lock word
      waiters: this.waiters,
      acquisitions: f64[ACQUISITIONS_F64],
      contended: f64[CONTENDED_F64],
      recoveries: f64[RECOVERIES_F64],
    };
  }

  /** An owner in words; undefined for none. */
  #describeOwner(id: number): LockOwner | undefined {
    if (id === FREE) return undefined;
    return { id, description: this.party.describe(id), isAlive: this.party.isAlive(id) };
  }
}
