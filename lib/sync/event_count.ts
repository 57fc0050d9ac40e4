import { compareExchange, fence, Futex, load, or, type Watch } from "../atomic/mod.ts";
import type { Announced } from "./shared/async/waitable.ts";

/*
 * The word.
 *
 *     31 … 1 | 0
 *      count | ASLEEP: a waiter may be asleep
 *
 * The count wraps; only whether it changed matters.
 */
export const ASLEEP = 1;
const ONE = 2;

/** Interval between checks of a sleeper that cannot fence those who notify: it may have missed a change. */
const UNFENCED_RECHECK_MS = 1;
/** Interval between checks of other sleepers: the process that changed the condition may have died first. */
const RECHECK_MS = 50;

/**
 * Blocking, added outside a lock-free part: take a snapshot, check the condition, and wait only if nothing was notified
 * since. No wake-up is lost. Without waiters, notifying makes no system call, and not even an atomic write. Any number
 * may wait and notify, in any of the processes. A wait may end early, so the condition is checked in a loop. A waiter
 * that times out or dies asleep leaves the bit that announces it: that costs the next notifier one needless system
 * call, which clears it.
 *
 * The condition must be changed by an atomic write, made before `notify`. Then, of a waiter that registers and checks,
 * and a notifier that changes and checks for waiters, at least one sees the other. Sources: concurrencykit's `ck_ec`,
 * folly's `EventCount`, D. Vyukov's eventcounts.
 *
 * @example
 * ```ts
 * import { EventCount } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const words = new Int32Array(new SharedArrayBuffer(8));
 * const changed = new EventCount(words, 0);
 * const seen = changed.snapshot();
 * if (Atomics.load(words, 1) === 0) {
 *   assertEquals(changed.wait(seen, changed.now() + 5), false); // no notification for 5 ms
 * }
 * Atomics.store(words, 1, 1);
 * changed.notifyAll();
 * assertEquals(changed.wait(seen, Infinity), true); // notified since the snapshot: does not wait
 * ```
 */
export class EventCount {
  readonly #words: Int32Array;
  readonly #index: number;
  readonly #futex: Futex;
  readonly #isPublished: boolean;
  #isFenced = true;

  /**
   * Attaches to a word of a region.
   *
   * @param words The array in which the count lies.
   * @param index Where: a word of its own, 0 at first.
   * @param isPublished Whether the condition is changed with `release` where `isFenced` allows it: waiters then fence
   * it.
   */
  constructor(words: Int32Array, index: number, isPublished = false) {
    this.#isPublished = isPublished;
    this.#words = words;
    this.#index = index;
    this.#futex = Futex.at(words, index);
  }

  /** Now, in milliseconds, on the clock that deadlines are on. */
  now(): number {
    return this.#futex.now();
  }

  /** Announces a waiter. Take it before checking the condition, and wait with it. */
  snapshot(): number {
    // Pairs: event count. Dekker's way: registered before the condition is checked.
    const snapshot = or(this.#words, this.#index, ASLEEP) | ASLEEP;
    if (this.#isPublished) this.#isFenced = fence(this.#words);
    return snapshot;
  }

  /** Announces a waiter, for a wait set, which sleeps on several words at once. */
  announce(): Announced {
    const seen = this.snapshot();
    return { futex: this.#futex, seen, isUnsure: !this.#isFenced };
  }

  /** Whether there was a notification since the snapshot. */
  hasChanged(snapshot: number): boolean {
    return load(this.#words, this.#index) !== snapshot; // pairs: event count
  }

  /** Whether a waiter may miss a notification, as it could not fence those who notify. */
  get isUnsure(): boolean {
    return !this.#isFenced;
  }

  /**
   * How long to wait at most before the condition is checked again, in milliseconds: the process that changed it may
   * have died before it could notify.
   */
  get recheckMs(): number {
    return this.#isFenced ? RECHECK_MS : UNFENCED_RECHECK_MS;
  }

  /**
   * Blocks until there is a notification, and not at all if there was one since the snapshot.
   *
   * @param deadline Milliseconds on the clock of `now()`; Infinity for none.
   * @returns False if the deadline has passed.
   */
  wait(snapshot: number, deadline: number): boolean {
    return this.#futex.wait(snapshot, deadline);
  }

  /**
   * Watches in the event loop: calls a function, later and once, when there was a notification since the snapshot, or
   * spuriously.
   */
  watch(snapshot: number, wake: () => void): Watch {
    return this.#futex.watch(snapshot, wake);
  }

  /** Wakes one waiter, if there is one. Call it after the atomic write that changed the condition. */
  notifyOne(): void {
    // Pairs: event count. Dekker's way: the condition was changed before this load.
    if ((load(this.#words, this.#index) & ASLEEP) !== 0) this.#notify(1);
  }

  /** Wakes all waiters. Call it after the atomic write that changed the condition. */
  notifyAll(): void {
    if ((load(this.#words, this.#index) & ASLEEP) !== 0) this.#notify(Infinity); // pairs: event count
  }

  #notify(count: number): void {
    while (true) {
      const word = load(this.#words, this.#index); // pairs: event count
      // Waking one leaves the others registered.
      const next = count === 1 ? (word + ONE) | ASLEEP : (word + ONE) & ~ASLEEP;
      if (compareExchange(this.#words, this.#index, word, next) !== word) continue; // pairs: event count
      const woken = count === 1 ? this.#futex.wakeOne() : this.#futex.wakeAll();
      // No waiter was asleep, so the bit goes. A waiter that registered since and is about to sleep finds another word
      // than its snapshot; one that has fallen asleep since, on the word with the bit, is woken to register again.
      if (count !== 1 || woken > 0) return;
      if (compareExchange(this.#words, this.#index, next, next & ~ASLEEP) === next) this.#futex.wakeAll();
      return;
    }
  }
}
