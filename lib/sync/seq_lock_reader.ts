import { Backoff, load, store } from "../atomic/mod.ts";
import { AlreadyOwnerError, OwnerDiedError } from "../errors.ts";
import type { ReadonlyViews } from "../layout/mod.ts";
import { FREE, LOCK_WORD, ownerOf } from "./shared/lock_format.ts";
import { LIFE_CHECK_MS, type LockHeader } from "./shared/lock_header.ts";
import { SEQUENCE_WORD, WRITER_WORD, WRITING } from "./seq_lock_format.ts";

/** Looks in a row before the first pause: most writes take less time than one. */
const LOOKS = 16;

/** The slow path of a seqlock's readers: who met a write waits for its end, and looks whether its writer lives. */
export class SeqLockReader {
  readonly #header: LockHeader;
  readonly #source: Int32Array;
  readonly #copyIn: () => void;
  readonly #backoff = new Backoff({ longestSleepMs: LIFE_CHECK_MS });

  /**
   * @param header Of the seqlock.
   * @param copyIn Makes the private copy, where there is one.
   */
  constructor(header: LockHeader, copyIn: () => void) {
    this.#header = header;
    this.#source = header.source.i32;
    this.#copyIn = copyIn;
  }

  /** The sequence; odd within a write. */
  look(): number {
    if (this.#source.length === 0) this.#header.refuseUse("read");
    return load(this.#source, SEQUENCE_WORD); // pairs with the stores in SeqLock's beginWrite and endWrite
  }

  /** Whether the write that changed the sequence is this attachment's own: pairs: seqlock sequence. */
  get isOwnWrite(): boolean {
    const { id } = this.#header;
    return id !== 0 && load(this.#source, WRITER_WORD) === id;
  }

  /** A write is in progress, or loads must be atomic, or the segment is closed. */
  begin(): number {
    for (let looks = 0;; looks++) {
      const sequence = this.look();
      if ((sequence & WRITING) === 0) {
        this.#copyIn();
        return sequence;
      }
      if (this.isOwnWrite) this.#refuseWithinWrite();
      if (looks > LOOKS) this.#wait(sequence);
      else if (looks === LOOKS) this.#backoff.reset();
    }
  }

  #wait(sequence: number): void {
    if (this.#backoff.isSleeping) this.#requireWriter(sequence);
    this.#backoff.step();
  }

  /** Someone alive is at the write. */
  #requireWriter(sequence: number): void {
    const { party, what } = this.#header;
    const owner = ownerOf(load(this.#source, LOCK_WORD)); // pairs with the exchanges of the writers
    // One that has taken over and has not written yet would wait for itself.
    if (owner !== FREE && owner !== this.#header.id && party.isAlive(owner)) return;
    if (load(this.#source, SEQUENCE_WORD) !== sequence) return; // it ended meanwhile
    if (ownerOf(load(this.#source, LOCK_WORD)) !== owner) return; // another has come to repair it
    throw new OwnerDiedError(
      `Cannot read ${what} as ${
        owner === FREE || owner === this.#header.id ? "a writer" : party.describe(owner)
      } died within a write; it can be read again once another has written`,
    );
  }

  #refuseWithinWrite(): never {
    throw new AlreadyOwnerError(
      `Cannot read ${this.#header.what} as this attachment is within a write of it; call endWrite() first`,
    );
  }
}

/**
 * Copies words, stored atomically: in order with the sequence's stores.
 *
 * @param read How words are loaded: `load` where another may write them.
 */
export function copyWords(
  from: ReadonlyViews,
  to: ReadonlyViews,
  read: (words: Int32Array, index: number) => number,
): void {
  for (let i = 0; i < from.i32.length; i++) store(to.i32, i, read(from.i32, i));
}

/** From so many words on, the runtime's own copy is faster than a loop. */
const LONG_WORDS = 128;

/** Copies words as they are. What is torn, the validation afterwards finds out. */
export function copyPlainly(from: Int32Array, to: Int32Array): void {
  const { length } = from;
  if (length >= LONG_WORDS) to.set(from);
  else for (let i = 0; i < length; i++) to[i] = from[i];
}
