import { add, compareExchange, exchange, load } from "../atomic/mod.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { EventCount } from "./event_count.ts";
import { FIRST_OWN_WORD, FREE, LOCK_BYTES } from "./shared/lock_format.ts";
import { announcedTo } from "./shared/async/announced.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import { type Waitable, WAITED, type Waited } from "./shared/async/waitable.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import type { WaitLimit } from "./shared/wait_limit.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** How an {@linkcode Event} is made. */
export interface EventOptions {
  /** Whether letting one waiter through resets it. Defaults to false: it stays set until `reset()`. */
  readonly autoReset?: boolean;
}

/*
 * After the header (see lock_format.ts; its lock word and counts stay zero):
 *
 *     offset  bytes  field
 *         32      4  state: 0 or SET
 *         36      4  event count: was set
 *         40      4  1 if one waiter resets it
 *         44      4  how often a waiter had to sleep; it wraps
 */
const STATE_WORD = FIRST_OWN_WORD;
const WAS_SET_WORD = FIRST_OWN_WORD + 1;
const AUTO_WORD = FIRST_OWN_WORD + 2;
const SLEPT_WORD = FIRST_OWN_WORD + 3;
const UNSET = 0;
const SET = 1;

/**
 * A flag to sleep on: any attachment may set it and wait for it, in any of the processes. A manual event lets all
 * waiters through until it is reset. One with `autoReset` lets one waiter through each time it is set, and setting it
 * twice counts once.
 *
 * An event has no owner, so a death leaves it as it is. If a waiter that an auto-reset event let through dies at once,
 * the setting is spent. If a setter dies before it could wake the waiters, they find the event set within 100 ms.
 *
 * On a read-only attachment, all but `isSet` and `stats()` throw a `ReadOnlyError`; once the segment was closed, all
 * throw a `ClosedError`.
 *
 * Source: Win32's event objects; blocking by {@linkcode EventCount}.
 *
 * @example
 * ```ts
 * import { Event, Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { autoReset: true };
 * const region = Region.over(new SharedArrayBuffer(Event.byteLength(options)));
 * Event.init(region, options);
 * const event = Event.attach(region, options);
 * event.set();
 * assertEquals(event.wait({ timeoutMs: 5 }), true);
 * assertEquals(event.wait({ timeoutMs: 5 }), false);
 * ```
 */
export class Event implements Waitable {
  /** The name in the catalog. */
  static readonly kind = "Event";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** Whether letting one waiter through resets it. */
  readonly autoReset: boolean;
  readonly #header: LockHeader;
  readonly #words: Int32Array;
  readonly #wasSet: EventCount;

  private constructor(region: Region) {
    this.#header = new LockHeader("event", region);
    this.#words = this.#header.words;
    this.#wasSet = new EventCount(this.#words, WAS_SET_WORD);
    this.autoReset = region.source.i32[AUTO_WORD] !== 0;
  }

  /** The bytes an event takes. */
  static byteLength(_options: EventOptions): number {
    return LOCK_BYTES;
  }

  /** Prepares an event in zeroed memory. */
  static init(region: Region, { autoReset = false }: EventOptions = {}): void {
    region.views.i32[AUTO_WORD] = autoReset ? 1 : 0;
  }

  /**
   * Attaches to an event; `autoReset` is read from it. A read-only attachment can only read `isSet` and `stats()`.
   */
  static attach(region: Region, _options: EventOptions): Event {
    return new Event(region);
  }

  /** Whether it is set. */
  get isSet(): boolean {
    if (this.#header.source.closed) this.#header.refuseUse("read");
    return load(this.#header.source.i32, STATE_WORD) === SET; // pairs: event state
  }

  /** Sets it: lets waiters through. */
  set(): void {
    if (this.#words.length === 0) this.#header.refuseUse("set");
    exchange(this.#words, STATE_WORD, SET); // pairs: event state; what was written before is seen
    if (this.autoReset) this.#wasSet.notifyOne();
    else this.#wasSet.notifyAll();
  }

  /** Resets it: waiters stay. */
  reset(): void {
    if (this.#words.length === 0) this.#header.refuseUse("reset");
    exchange(this.#words, STATE_WORD, UNSET); // pairs: event state
  }

  /** Whether it is set, and, with `autoReset`, resets it. Never blocks. */
  tryWait(): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("wait for");
    // Pairs: event state.
    if (!this.autoReset) return load(this.#words, STATE_WORD) === SET;
    return compareExchange(this.#words, STATE_WORD, SET, UNSET) === SET;
  }

  /**
   * Sleeps until it is set.
   *
   * @param options `timeoutMs` and `stop`; `WaitOptions` has the rules of all forms that block.
   * @returns False if the time ran out.
   */
  wait(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("wait for");
    const limit = this.#header.limitOf("wait for", options);
    return this.tryWait() || this.#sleep(limit.from(this.#wasSet.now()));
  }

  /**
   * As `wait`, but waits in the event loop.
   *
   * @param options `timeoutMs` and `signal`; `AsyncWaitOptions` has the rules of all async forms.
   * @returns False if the time ran out.
   */
  waitAsync(options?: AsyncWaitOptions): Promise<boolean> {
    let hasWaited = false;
    return this.#header.tasks.wait("wait for", {
      attempt: () => this.tryWait(),
      arm: () => {
        if (!hasWaited) add(this.#words, SLEPT_WORD, 1); // pairs: event slept
        hasWaited = true;
        return announcedTo(this.#wasSet);
      },
    }, options);
  }

  /** For wait sets: ready while it is set. A set never resets it. */
  get [WAITED](): Waited {
    return {
      isReady: () => this.isSet,
      announce: () => this.#words.length === 0 ? undefined : this.#wasSet.announce(),
    };
  }

  /** Waiters, and as `contended` how often one had to sleep. An event is never taken, so the other counts stay 0. */
  stats(): LockStats {
    const stats = this.#header.stats(FREE);
    return { ...stats, contended: load(this.#header.source.i32, SLEPT_WORD) >>> 0 }; // pairs: event slept
  }

  #sleep(limit: WaitLimit): boolean {
    add(this.#words, SLEPT_WORD, 1); // pairs: event slept
    return this.#header.sleepUntil(this.#wasSet, limit, () => this.tryWait());
  }
}
