import { peek, release, store } from "../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../errors.ts";
import { type AnyStruct, type ReadonlyViews, type ViewOf, Views } from "../layout/mod.ts";
import { SEQUENCE_WORD, WRITER_WORD, WRITING } from "./seq_lock_format.ts";
import type { SeqLockDraft, SeqLockValues } from "./seq_lock_geometry.ts";
import { copyWords } from "./seq_lock_reader.ts";
import type { LockHeader } from "./shared/lock_header.ts";
import type { OwnedWord } from "./shared/owned_word.ts";

/** The writes of one seqlock object. State that all objects of an attachment need is in the words. */
export class SeqLockWriter<S extends AnyStruct> {
  readonly #header: LockHeader;
  readonly #word: OwnedWord;
  readonly #words: Int32Array;
  readonly #id: number;
  readonly #shared: ReadonlyViews;
  /** What is written to: the payload itself, or a private copy of it that `end` stores atomically. */
  readonly #draft: Views | undefined;
  readonly #layout: S | undefined;
  /** What the caller fills: a record in the draft, or, without a layout, the draft. */
  readonly #filled: SeqLockDraft<S>;
  readonly #isOrdered: boolean;
  /** Whether this object has begun a write. */
  #isWriting = false;

  /**
   * @param header Of the seqlock.
   * @param word Of the lock.
   * @param shared The payload.
   * @param lent The payload to write directly, where the processor keeps stores in order; undefined where writers fill
   * a copy.
   * @param layout Of the payload, if it has one.
   */
  constructor(
    header: LockHeader,
    word: OwnedWord,
    shared: ReadonlyViews,
    lent: Views | undefined,
    layout: S | undefined,
  ) {
    this.#header = header;
    this.#word = word;
    this.#words = header.words;
    this.#id = header.id;
    this.#shared = shared;
    this.#isOrdered = lent !== undefined;
    this.#layout = layout;
    if (header.words.length > 0) this.#draft = lent ?? new Views(new ArrayBuffer(shared.byteLength));
    this.#filled = (this.#draft && layout ? layout.view(this.#draft) : this.#draft) as SeqLockDraft<S>;
  }

  /** Whether an object of this attachment is within a write. */
  get isWithin(): boolean {
    // Its own id: written by this thread.
    return peek(this.#words, WRITER_WORD) === this.#id && (peek(this.#words, SEQUENCE_WORD) & WRITING) !== 0;
  }

  /** Whether a writer that died has left the record half written. The caller holds the lock. */
  get isHalfWritten(): boolean {
    return (peek(this.#words, SEQUENCE_WORD) & WRITING) !== 0 && !this.isWithin; // written by the lock's owner alone
  }

  /** See `SeqLock.beginWrite`. */
  begin(): SeqLockDraft<S> {
    if (!this.#word.isMine || this.isWithin) this.#refuse();
    return this.start();
  }

  /** As `begin`, for a caller that has just taken the lock. */
  start(): SeqLockDraft<S> {
    this.#isWriting = true;
    if (!this.#isOrdered) copyWords(this.#shared, this.#draft!, peek);
    this.#words[WRITER_WORD] = this.#id; // pairs: seqlock writer; plain: ordered by the store below
    const sequence = peek(this.#words, SEQUENCE_WORD); // written by the lock's owner alone
    // Pairs: seqlock sequence. A reader that sees anything of what follows finds the sequence changed. Odd stays odd
    // after a death.
    store(this.#words, SEQUENCE_WORD, sequence | WRITING);
    return this.#filled;
  }

  /** See `SeqLock.endWrite`. */
  end(): void {
    if (!this.#isWriting || this.#words.length === 0) this.#refuseEnd();
    this.#isWriting = false;
    if (!this.#isOrdered) copyWords(this.#draft!, this.#shared, peek);
    // Pairs: seqlock sequence. A reader that sees this value sees all that was written. No fence: no reader sleeps
    // until it comes.
    release(this.#words, SEQUENCE_WORD, (peek(this.#words, SEQUENCE_WORD) + 1) | 0);
  }

  /** A function that sets fields, all of which are checked now. */
  assigning(values: SeqLockValues<S>): (payload: SeqLockDraft<S>) => void {
    const layout: S | undefined = this.#layout;
    if (layout === undefined) {
      throw new TypeError(
        `Cannot write ${this.#header.what} as without a layout there must be a function that fills its bytes: received ${
          values === null ? "null" : typeof values
        }`,
      );
    }
    layout.assign(layout.alloc(), values);
    return (payload) => layout.assign(payload as ViewOf<S>, values);
  }

  /** Refuses to unlock within a write. */
  requireEnded(): void {
    if (!this.isWithin) return;
    throw new TypeError(`Cannot unlock ${this.#header.what} within a write; call endWrite() first`);
  }

  #refuse(): never {
    const { what } = this.#header;
    if (this.#words.length === 0) this.#header.refuseUse("write");
    if (this.isWithin) throw new TypeError(`Cannot write ${what} as a write was begun; call endWrite() first`);
    throw new NotOwnerError(`Cannot write ${what} as this attachment must hold it; call lock() first`);
  }

  #refuseEnd(): never {
    const { what, source } = this.#header;
    if (source.closed) throw new ClosedError(`Cannot end a write of ${what} as its segment was closed`);
    const reason = this.isWithin
      ? "another object of this attachment began it; end it there"
      : "none was begun; call beginWrite() first";
    throw new TypeError(`Cannot end a write of ${what} as ${reason}`);
  }
}
