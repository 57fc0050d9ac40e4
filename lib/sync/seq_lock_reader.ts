import { Backoff, load, store } from "../atomic/mod.ts";
import { AlreadyOwnerError, OwnerDiedError } from "../errors.ts";
import type { ReadonlyViews } from "../layout/mod.ts";
import { SEQUENCE_WORD, WRITER_WORD, WRITING } from "./seq_lock_format.ts";
import { FREE, LOCK_WORD, ownerOf } from "./shared/lock_format.ts";
import type { LockHeader } from "./shared/lock_header.ts";
import { LIFE_CHECK_MS, NO_LIMIT } from "./shared/wait_limit.ts";

/** Polls in a row before the first pause: most writes take less time than one. */
const POLLS = 16;

/**
 * The slow path of a seqlock's reader: it met a write, waits for its end, and checks whether its writer is alive; or it
 * reads a copy of the payload, which is made here.
 */
export class SeqLockReader {
  readonly #header: LockHeader;
  readonly #source: Int32Array;
  readonly #shared: ReadonlyViews;
  readonly #seen: ReadonlyViews;
  readonly #isOrdered: boolean;
  readonly #isCopiedPlainly: boolean;
  readonly #backoff = new Backoff({ longestSleepMs: LIFE_CHECK_MS });

  /**
   * @param header Of the seqlock.
   * @param shared The payload itself.
   * @param seen The payload as readers get it: itself, or a copy.
   * @param isOrdered Whether it is the payload itself.
   * @param isCopiedPlainly Whether a copy need not be made by atomic loads.
   */
  constructor(
    header: LockHeader,
    shared: ReadonlyViews,
    seen: ReadonlyViews,
    isOrdered: boolean,
    isCopiedPlainly: boolean,
  ) {
    this.#header = header;
    this.#source = header.source.i32;
    this.#shared = shared;
    this.#seen = seen;
    this.#isOrdered = isOrdered;
    this.#isCopiedPlainly = isCopiedPlainly;
  }

  /** The sequence; odd within a write. */
  readSequence(): number {
    if (this.#source.length === 0) this.#header.refuseUse("read");
    return load(this.#source, SEQUENCE_WORD); // pairs: seqlock sequence
  }

  /** Whether this attachment has begun the last write. Read after the sequence, which is written after the writer. */
  get isLastWriter(): boolean {
    const { id } = this.#header;
    return id !== 0 && load(this.#source, WRITER_WORD) === id; // pairs: seqlock writer
  }

  /** A write is in progress, or loads must be atomic, or the segment is closed. */
  begin(): number {
    for (let polls = 0;; polls++) {
      const sequence = this.readSequence();
      if ((sequence & WRITING) === 0) {
        this.copyIn();
        return sequence;
      }
      if (this.isLastWriter) this.#refuseWithinWrite();
      if (polls > POLLS) this.#wait(sequence);
      else if (polls === POLLS) this.#backoff.reset();
    }
  }

  /**
   * Copies the payload, where readers have a copy. Where the processor may reorder loads, with atomic ones, so that
   * none is made after the one in validate.
   */
  copyIn(): void {
    if (this.#isOrdered) return;
    if (this.#isCopiedPlainly) copyPlainly(this.#shared.i32, this.#seen.i32);
    else copyWords(this.#shared, this.#seen, load);
  }

  #wait(sequence: number): void {
    if (this.#backoff.isSleeping) this.#requireWriter(sequence);
    this.#backoff.step();
  }

  /** A live attachment is writing. */
  #requireWriter(sequence: number): void {
    const { party, what, id } = this.#header;
    const owner = ownerOf(load(this.#source, LOCK_WORD)); // pairs: lock word
    // This attachment may have taken over from a dead writer and not written yet. It would wait for itself.
    const hasTakenOver = owner === id;
    if (owner !== FREE && !hasTakenOver && party.isAlive(owner)) {
      return this.#header.refuseEndless("read", owner, NO_LIMIT);
    }
    if (load(this.#source, SEQUENCE_WORD) !== sequence) return; // it ended meanwhile; pairs: seqlock sequence
    if (ownerOf(load(this.#source, LOCK_WORD)) !== owner) return; // another repairs it; pairs: lock word
    const writer = owner === FREE || hasTakenOver ? "a writer" : party.describe(owner);
    throw new OwnerDiedError(
      `Cannot read ${what} as ${writer} died within a write; it can be read again once another has written`,
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

/** From this many words on, the runtime's own copy is faster than a loop. */
const LONG_WORDS = 128;

/** Copies words as they are. The validation afterwards finds out what is torn. */
function copyPlainly(from: Int32Array, to: Int32Array): void {
  const { length } = from;
  if (length >= LONG_WORDS) to.set(from);
  else for (let i = 0; i < length; i++) to[i] = from[i];
}
