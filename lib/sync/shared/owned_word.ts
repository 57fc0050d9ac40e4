import { compareExchange, exchange, Futex, load, pause, peek, store } from "../../atomic/mod.ts";
import { OwnerDiedError } from "../../errors.ts";
import {
  ACQUISITIONS_F64,
  BROKEN,
  CONTENDED_F64,
  DIED_WORD,
  FREE,
  isMarked,
  LOCK_WORD,
  MARK,
  ownerOf,
  RECOVERIES_F64,
} from "./lock_format.ts";
import type { LockHeader } from "./lock_header.ts";
import type { AsyncWaitOptions } from "./async/async_wait_options.ts";
import type { Armed } from "./async/goal.ts";
import type { WaitLimit } from "./wait_limit.ts";
import type { WaitOptions } from "./wait_options.ts";

/** Polls of a held lock before sleeping, with growing pauses between them: about 2 µs in all. */
const SPINS = 24;
const LONGEST_PAUSES = 8;

/** How kinds of locks differ in the word. */
export interface OwnedWordOptions {
  /** Whether an owner that does not repair what a dead one left breaks the lock for good. Defaults to false. */
  readonly breaks?: boolean;
  /** Whether those that sleep may continue together. Defaults to false: one at a time. */
  readonly wakesAll?: boolean;
}

/**
 * The slow paths of a lock that one attachment owns: the contended, the wrong, and the one whose owner died. The fast
 * ones are in `owned_locking.ts`, the states of the word in `lock_format.ts`: Drepper's three ("Futexes Are Tricky",
 * 2011, mutex2), with the owner's id in place of 1 and the mark in place of 2.
 */
export class OwnedWord {
  readonly #header: LockHeader;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #futex: Futex;
  readonly #breaks: boolean;
  readonly #wakesAll: boolean;

  /**
   * @param header Of the lock.
   * @param options How the kind of lock differs from others.
   */
  constructor(header: LockHeader, { breaks = false, wakesAll = false }: OwnedWordOptions = {}) {
    this.#header = header;
    this.#words = header.words;
    this.#counts = header.counts;
    this.#id = header.id;
    this.#futex = Futex.at(header.words, LOCK_WORD);
    this.#breaks = breaks;
    this.#wakesAll = wakesAll;
  }

  /** Now, on the clock that deadlines are on. */
  now(): number {
    return this.#futex.now();
  }

  /** Throws the reason why the lock cannot be used. */
  refuseUse(action: string): never {
    this.#header.refuseUse(action);
  }

  /** How long a call of `lock` may wait, checked. */
  limitOf(options: WaitOptions): WaitLimit {
    return this.#header.limitOf("lock", options);
  }

  /** Takes and counts the word if it is free now, or if its owner died. */
  tryLock(): boolean {
    return this.tryTake() && this.count(false);
  }

  /** Waits for the word and counts it. */
  lock(limit: WaitLimit): boolean {
    return this.take(limit.from(this.now())) && this.count(true);
  }

  /** Takes the word if it is free, or if its owner died. It is not counted: the caller may have to release it. */
  tryTake(): boolean {
    const word = this.requireTakeable();
    return word === FREE ? this.takeFree() : this.takeOver(word);
  }

  /** Waits for the word. It is not counted: the caller may have to release it. */
  take(limit: WaitLimit): boolean {
    this.requireTakeable();
    return this.wait(limit);
  }

  /**
   * Takes and counts the word for a task, if it is free. If another task of this attachment has it, the task waits as
   * for any other owner.
   *
   * @param isLifeCheck Whether it is time to ask if the owner died.
   * @param hasWaited Whether the task was announced.
   */
  takeForTask(isLifeCheck: boolean, hasWaited: boolean): boolean {
    if (this.isMine) return false;
    const word = this.requireTakeable();
    // Marked: there may be unknown sleepers.
    if (word === FREE) return this.#change(FREE, hasWaited ? this.#id | MARK : this.#id);
    return isLifeCheck && this.takeOver(word);
  }

  /** Announces a waiting task to the owner; undefined where waiters are not woken. */
  announceTask(): Armed | undefined {
    while (true) {
      const word = load(this.#words, LOCK_WORD); // pairs: lock word
      const isKept = word !== FREE && word !== BROKEN && !isMarked(word);
      if (isKept && !this.#change(word, word | MARK)) continue;
      return { watch: (wake) => this.#futex.watch(isKept ? word | MARK : word, wake) };
    }
  }

  /** Waits in the event loop for the word, and counts it. */
  lockAsync(options: AsyncWaitOptions | undefined): Promise<boolean> {
    let hasWaited = false;
    return this.#header.tasks.wait("lock", {
      attempt: (isLifeCheck) => this.takeForTask(isLifeCheck, hasWaited) && this.count(hasWaited),
      arm: () => {
        hasWaited = true;
        return this.announceTask();
      },
    }, options);
  }

  /** Counts that the lock was taken. The caller owns the word. */
  count(hasWaited: boolean): true {
    this.#counts[ACQUISITIONS_F64]++;
    if (hasWaited) this.#counts[CONTENDED_F64]++;
    return true;
  }

  /** The word was seen free: takes it, unless another was faster. */
  takeFree(): boolean {
    return this.#change(FREE, this.#id);
  }

  /** The word, unless waiting for it makes no sense. */
  requireTakeable(): number {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const word = load(this.#words, LOCK_WORD); // pairs: lock word
    if (word === BROKEN) {
      throw new OwnerDiedError(
        `Cannot lock ${this.#header.what} as an owner died and the next one unlocked without markConsistent(); make it anew`,
      );
    }
    if (ownerOf(word) === this.#id) this.#header.refuseTwice();
    return word;
  }

  /**
   * Takes the word from an owner that died. If this process dies right after the exchange, the next owner takes over
   * from it in the same way.
   */
  takeOver(word: number): boolean {
    if (ownerOf(word) === FREE || ownerOf(word) === this.#id || this.#header.party.isAlive(ownerOf(word))) return false;
    // Marked, whether a waiter sleeps or not: the fast way to unlock is closed, and `release` does the rest.
    if (!this.#change(word, this.#id | MARK)) return false;
    store(this.#words, DIED_WORD, 1); // pairs: lock died
    this.#counts[RECOVERIES_F64]++;
    return true;
  }

  /** Whether this attachment owns the word. */
  get isMine(): boolean {
    // Own id: written by this thread. Another's: may be stale, and is another's all the same.
    return this.#words.length > 0 && ownerOf(peek(this.#words, LOCK_WORD)) === this.#id;
  }

  /** Whether this attachment owns the word, and what a dead owner left has not been repaired since. */
  get isSuspect(): boolean {
    return this.isMine && peek(this.#words, DIED_WORD) !== 0; // written by the owner alone
  }

  /** Declares that what the dead owner left is repaired. The caller owns the word. */
  clearSuspicion(): void {
    store(this.#words, DIED_WORD, 0); // pairs: lock died
  }

  /**
   * Releases a word that one exchange did not release. What a dead owner left counts as repaired, or breaks the lock.
   */
  release(): void {
    const owner = ownerOf(load(this.#words, LOCK_WORD)); // pairs: lock word
    if (owner !== this.#id) this.#header.refuseUnlock(owner);
    const isSuspect = peek(this.#words, DIED_WORD) !== 0; // written by the owner alone
    if (isSuspect && this.#breaks) {
      exchange(this.#words, LOCK_WORD, BROKEN); // pairs: lock word
      this.#futex.wakeAll();
      return;
    }
    if (isSuspect) this.clearSuspicion();
    this.releaseUnrepaired();
  }

  /**
   * Releases the word, and keeps the mark of a dead owner, if there is one. If this process dies before it wakes those
   * that sleep, they check by themselves after `LIFE_CHECK_MS`.
   */
  releaseUnrepaired(): void {
    // Pairs: lock word. The next owner sees what this one wrote.
    if (!isMarked(exchange(this.#words, LOCK_WORD, FREE))) return;
    if (this.#wakesAll) this.#futex.wakeAll();
    else this.#futex.wakeOne();
    this.#header.tasks.checkSoon();
  }

  /** Waits until the word is free, or its owner died. */
  protected wait(limit: WaitLimit): boolean {
    return this.#spin() || this.#sleep(limit);
  }

  /** A short wait, in the hope that the owner is running and soon done. */
  #spin(): boolean {
    for (let spin = 0, pauses = 1; spin < SPINS; spin++) {
      for (let i = 0; i < pauses; i++) pause();
      pauses = Math.min(pauses * 2, LONGEST_PAUSES);
      if (load(this.#words, LOCK_WORD) === FREE && this.takeFree()) return true; // pairs: lock word
    }
    return false;
  }

  #sleep(limit: WaitLimit): boolean {
    const place = this.#header.beginWaiting();
    try {
      for (let isFirst = true;; isFirst = false) {
        const word = this.requireTakeable();
        if (word === FREE) {
          // Marked: there may be unknown sleepers.
          if (this.#change(FREE, this.#id | MARK)) return true;
          continue;
        }
        if (isFirst) {
          if (this.takeOver(word)) return true;
          this.#header.refuseEndless("lock", ownerOf(word), limit);
        }
        if (!isMarked(word) && !this.#change(word, word | MARK)) continue;
        if (this.sleepWhile(word | MARK, limit)) continue;
        if (this.#words.length === 0) this.#header.refuseUse("lock");
        if (this.takeOver(load(this.#words, LOCK_WORD))) return true; // pairs: lock word
        if (limit.isReached(this.now())) return false;
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }

  /**
   * Sleeps while the word is as expected, until it is time to check whether its owner is alive. Returns false if that
   * time has come.
   */
  sleepWhile(word: number, limit: WaitLimit): boolean {
    return this.#futex.wait(word, limit.nextCheck(this.now()));
  }

  /** Pairs: lock word. */
  #change(from: number, to: number): boolean {
    return compareExchange(this.#words, LOCK_WORD, from, to) === from;
  }
}
