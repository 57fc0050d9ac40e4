import { compareExchange, exchange, Futex, load, pause, peek, store } from "../../atomic/mod.ts";
import { AlreadyOwnerError, NotOwnerError, OwnerDiedError } from "../../errors.ts";
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
import { LIFE_CHECK_MS, type LockHeader } from "./lock_header.ts";

/** Looks at a held lock before sleeping, with growing pauses between them: about 2 µs in all. */
const SPINS = 24;
const LONGEST_PAUSES = 8;

/**
 * The slow paths of a lock that one attachment owns: the contended, the wrong, and the one whose owner died. The fast
 * ones, one exchange each, stand in `Mutex`, `SpinLock`, `SeqLock` and `RwLock`: code that all of them shared would be
 * slower in each. The states of the word are in `lock_format.ts`: Drepper's
 * three ("Futexes Are Tricky", 2011, mutex2), with the owner's id in place of 1 and the mark in place of 2.
 */
export class OwnedWord {
  readonly #header: LockHeader;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #futex: Futex;

  constructor(header: LockHeader) {
    this.#header = header;
    this.#words = header.words;
    this.#counts = header.counts;
    this.#id = header.id;
    this.#futex = Futex.at(header.words, LOCK_WORD);
  }

  /** Now, on the clock that deadlines are on. */
  now(): number {
    return this.#futex.now();
  }

  /** The fast path of `tryLock` found the word taken: takes and counts it all the same if its owner died. */
  tryLock(): boolean {
    return this.tryTake() && this.count(false);
  }

  /** The fast path of `lock` found the word taken: waits for it, and counts it. */
  lock(timeoutMs: number): boolean {
    return this.take(this.now() + timeoutMs) && this.count(true);
  }

  /** Takes the word if it is free, or if its owner died. It is not counted: the caller may have to give it back. */
  tryTake(): boolean {
    const word = this.requireTakeable();
    return word === FREE ? this.takeFree() : this.takeOver(word);
  }

  /** Waits for the word. It is not counted: the caller may have to give it back. */
  take(deadline: number): boolean {
    this.requireTakeable();
    return this.#spin() || this.#sleep(deadline);
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
    const word = load(this.#words, LOCK_WORD); // pairs with the exchanges in release and #change
    if (word === BROKEN) {
      throw new OwnerDiedError(
        `Cannot lock ${this.#header.what} as an owner died and the next one unlocked without markConsistent(); make it anew`,
      );
    }
    if (ownerOf(word) === this.#id) {
      throw new AlreadyOwnerError(
        `Cannot lock ${this.#header.what} as this attachment holds it already; unlock it first`,
      );
    }
    return word;
  }

  /** Takes the word from an owner that died. A death right after the exchange is found by the next one in the same way. */
  takeOver(word: number): boolean {
    if (ownerOf(word) === FREE || ownerOf(word) === this.#id || this.#header.party.isAlive(ownerOf(word))) return false;
    // Marked, whoever sleeps or not: the fast way of unlocking is closed, and `release` sees to the rest.
    if (!this.#change(word, this.#id | MARK)) return false;
    store(this.#words, DIED_WORD, 1);
    this.#counts[RECOVERIES_F64]++;
    return true;
  }

  /** Whether this attachment owns the word. */
  get isMine(): boolean {
    // Own id: written by this thread. Another's: may be stale, and is another's all the same.
    return this.#words.length > 0 && ownerOf(peek(this.#words, LOCK_WORD)) === this.#id;
  }

  /** Gives the word back, and wakes who sleeps; broken if what a dead owner left was not repaired. */
  release(mayBreak: boolean): void {
    const owner = ownerOf(load(this.#words, LOCK_WORD)); // pairs with the exchanges that take the word
    if (owner !== this.#id) this.refuseRelease(owner);
    if (peek(this.#words, DIED_WORD) !== 0) {
      if (mayBreak) {
        exchange(this.#words, LOCK_WORD, BROKEN);
        this.#futex.wakeAll();
        return;
      }
      store(this.#words, DIED_WORD, 0);
    }
    // Pairs with the exchange of the next owner: it sees what this one wrote. If this process dies before the wake,
    // those that sleep look by themselves after LIFE_CHECK_MS.
    if (isMarked(exchange(this.#words, LOCK_WORD, FREE))) this.#futex.wakeOne();
  }

  /** Says that this attachment does not own the lock. */
  refuseRelease(owner: number): never {
    throw new NotOwnerError(
      `Cannot unlock ${this.#header.what} as this attachment must hold it: found ${
        owner === FREE ? "nobody" : this.#header.party.describe(owner)
      }`,
    );
  }

  /** Whether the last owner died and nobody has repaired since what it left. */
  get isSuspect(): boolean {
    return this.isMine && peek(this.#words, DIED_WORD) !== 0; // written by the owner alone
  }

  /** Declares what the dead owner left repaired. The caller owns the word. */
  clearSuspicion(): void {
    store(this.#words, DIED_WORD, 0);
  }

  /** A short wait, in the hope that the owner is running and soon done. */
  #spin(): boolean {
    for (let spin = 0, pauses = 1; spin < SPINS; spin++) {
      for (let i = 0; i < pauses; i++) pause();
      pauses = Math.min(pauses * 2, LONGEST_PAUSES);
      const word = load(this.#words, LOCK_WORD); // pairs with the exchange in release
      if (word === FREE && this.takeFree()) return true;
    }
    return false;
  }

  #sleep(deadline: number): boolean {
    const place = this.#header.beginWaiting();
    try {
      for (let isFirst = true;; isFirst = false) {
        const word = this.requireTakeable();
        if (word === FREE) {
          // Marked: there may be others asleep, of whom this one knows nothing.
          if (this.#change(FREE, this.#id | MARK)) return true;
          continue;
        }
        if (isFirst && this.takeOver(word)) return true;
        if (!isMarked(word) && !this.#change(word, word | MARK)) continue;
        const now = this.now(), until = Math.min(deadline, now + LIFE_CHECK_MS);
        if (this.#futex.wait(word | MARK, until)) continue;
        if (this.#words.length === 0) this.#header.refuseUse("lock");
        if (this.takeOver(load(this.#words, LOCK_WORD))) return true;
        if (until === deadline) return false;
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }

  /** Pairs with the exchange in release, and with the other attachments' exchanges here. */
  #change(from: number, to: number): boolean {
    return compareExchange(this.#words, LOCK_WORD, from, to) === from;
  }
}
