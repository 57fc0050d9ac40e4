import { hasTotalStoreOrder } from "../../ffi/mod.ts";
import { compareExchange, load, peek, release, specialize, store, wordAccess } from "../atomic/internal.ts";
import { ClosedError, NotOwnerError, SegmentFormatError } from "../errors.ts";
import { type ReadonlyViews, Views } from "../layout/mod.ts";
import { OWN_TYPE, requireOptions } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { Guard } from "./guard.ts";
import { ACQUISITIONS_F64, FREE, LOCK_WORD, ownerOf } from "./shared/lock_format.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { OwnedWord } from "./shared/owned_word.ts";
import { PAYLOAD_BYTES_WORD, PAYLOAD_OFFSET, SEQUENCE_WORD, WRITER_WORD, WRITING } from "./seq_lock_format.ts";
import { makeSeqLockPath, type SeqLockPath } from "./seq_lock_path.ts";
import { copyPlainly, copyWords, SeqLockReader } from "./seq_lock_reader.ts";
import { requireDone, requireSynchronous, type Synchronous } from "./shared/synchronous.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** How a {@linkcode SeqLock} is made. */
export interface SeqLockOptions {
  /** How many bytes it protects: a multiple of 8. */
  readonly payloadBytes: number;
}

/**
 * A small record that is read far more often than it is written. One writer at a time, any number of readers, in any
 * processes. Readers write nothing, so they never slow the writer and may be attached for reading only; one that met a
 * write reads again, so a writer that never rests can starve them: `LatestTable` has no such readers.
 *
 * A writer is who holds the lock (`lock`, `unlock`): for one write, or, where there is one writer, from the start to the
 * end. Then `beginWrite` and `endWrite`, or `write`.
 *
 * A writer that dies within a write leaves an odd sequence: readers get an {@linkcode OwnerDiedError}, within 100 ms, until
 * the next writer has written; that one finds `ownerDied` true, and must write everything anew. One that dies between
 * writes leaves a whole record; the next writer finds `ownerDied` true all the same. A stopped writer is waited for. What counts as a death is said at `Mutex`.
 *
 * What is read between `beginRead` and a `validate` that returns true is whole. Before that, it may be of any mixture, so
 * use no value, and follow no index, before it is validated. Where the processor may reorder loads (not x86-64), `payload`
 * is a private copy, made word by word with atomic accesses. On a read-only attachment it is a private copy, too, which
 * `beginRead` makes: what is written to it reaches nobody.
 *
 * Sources: C. Lameter, "Effective Synchronization on Linux/NUMA Systems" (2005); H. Boehm, "Can Seqlocks Get Along with
 * Programming Language Memory Models?" (2012); concurrencykit's `ck_sequence`.
 *
 * @example
 * ```ts
 * import { Region, SeqLock } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { payloadBytes: 16 };
 * const region = Region.over(new SharedArrayBuffer(SeqLock.byteLength(options)));
 * SeqLock.init(region, options);
 * const record = SeqLock.attach(region, options);
 * record.write(({ f64 }) => {
 *   f64[0] = 100.5;
 *   f64[1] = 100.6;
 * });
 * assertEquals(record.read(({ f64 }) => f64[1] - f64[0] < 0.2), true);
 *
 * let spread = 0, sequence = 0; // the same without a closure
 * do {
 *   sequence = record.beginRead();
 *   spread = record.payload.f64[1] - record.payload.f64[0];
 * } while (!record.validate(sequence));
 * assertEquals(spread < 0.2, true);
 * ```
 */
export class SeqLock {
  /** The name in the catalog. */
  static readonly kind = "SeqLock";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** What to read, between `beginRead` and `validate`. */
  readonly payload: ReadonlyViews;

  /**
   * Begins to read. Waits while a write is in progress.
   *
   * @returns What `validate` is to be given.
   * @throws {AlreadyOwnerError} Within a write of this attachment.
   * @throws {OwnerDiedError} If a writer died within a write and nobody has written since.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly beginRead: () => number;

  /**
   * Whether what was read since `beginRead` is whole and of one write.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  readonly validate: (sequence: number) => boolean;
  readonly #header: LockHeader;
  readonly #word: OwnedWord;
  readonly #words: Int32Array;
  readonly #guard: Guard;
  readonly #reader: SeqLockReader;
  /** The payload itself. */
  readonly #shared: ReadonlyViews;
  /** What a writer fills: the payload itself, or a private copy that `endWrite` stores atomically. */
  readonly #draft: Views | undefined;
  /** Whether readers and writers work on the payload itself. */
  readonly #isOrdered: boolean;
  /** Whether a reader's copy is only there to keep it from writing what is attached for reading only. */
  readonly #isCopiedPlainly: boolean;
  /** Whether a write was begun by this object. */
  #isWriting = false;

  private constructor(region: Region, isOrdered: boolean) {
    this.#header = new LockHeader("seqlock", region);
    const bytes = region.source.i32[PAYLOAD_BYTES_WORD];
    if (bytes < 8 || bytes % 8 !== 0 || PAYLOAD_OFFSET + bytes > region.byteLength) {
      throw new SegmentFormatError(
        "OBJECT",
        `Cannot attach to ${this.#header.what} as its payload must fit ${region.byteLength} bytes: found ${bytes}`,
      );
    }
    this.#word = new OwnedWord(this.#header);
    this.#words = this.#header.words;
    this.#guard = new Guard(this);
    this.#isOrdered = isOrdered;
    this.#isCopiedPlainly = region.readOnly && hasTotalStoreOrder();
    const partOf = ({ buffer, byteOffset }: ReadonlyViews) => new Views(buffer, byteOffset + PAYLOAD_OFFSET, bytes);
    this.#shared = partOf(region.source);
    // Nobody but this class gets hold of the memory itself.
    const lent = isOrdered ? partOf(region.views.lent) : undefined;
    this.payload = lent ?? new Views(new ArrayBuffer(bytes), 0, bytes, region.readOnly);
    if (this.#words.length > 0) this.#draft = lent ?? new Views(new ArrayBuffer(bytes));
    this.#reader = new SeqLockReader(this.#header, () => this.#copyIn());
    this.beginRead = () => this.#makePath().beginRead();
    this.validate = (sequence) => this.#makePath().validate(sequence);
  }

  /** The bytes a seqlock takes. */
  static byteLength(options: SeqLockOptions): number {
    requireOptions("make a seqlock", options, "with payloadBytes");
    const { payloadBytes } = options;
    if (Number.isInteger(payloadBytes) && payloadBytes >= 8 && payloadBytes % 8 === 0 && payloadBytes <= 2 ** 30) {
      return PAYLOAD_OFFSET + payloadBytes;
    }
    throw new RangeError(
      `Cannot make a seqlock as payloadBytes must be a multiple of 8, from 8 on: received ${payloadBytes}`,
    );
  }

  /** Prepares a seqlock in zeroed memory. */
  static init(region: Region, options: SeqLockOptions): void {
    SeqLock.byteLength(options);
    region.views.i32[PAYLOAD_BYTES_WORD] = options.payloadBytes;
  }

  /** Attaches to a seqlock; `payloadBytes` is read from it. A read-only attachment reads. */
  static attach(region: Region, _options: Partial<SeqLockOptions>): SeqLock {
    return new SeqLock(region, hasTotalStoreOrder() && !region.readOnly);
  }

  /** As `attach`, on any processor by the rules of one that reorders loads and stores. */
  static attachUnordered(region: Region): SeqLock {
    return new SeqLock(region, false);
  }

  /**
   * Reads. What `fn` is given may be torn: then it runs again, and what it returned or threw is thrown away. It must not
   * change anything, nor keep what it was given, nor be async: after an `await` what it was given may be torn.
   *
   * @throws {OwnerDiedError} If a writer died within a write and nobody has written since.
   * @throws {AlreadyOwnerError} Within a write of this attachment.
   * @throws {TypeError} If `fn` writes this record, or returns a promise.
   * @throws {ClosedError} If the segment was closed.
   */
  read<T>(fn: (payload: ReadonlyViews) => T & Synchronous<T>): T {
    while (true) {
      const sequence = this.beginRead();
      try {
        const result = fn(this.payload);
        requireDone("read", this.#header.what, result);
        if (this.validate(sequence)) return result;
      } catch (error) {
        if (this.validate(sequence)) throw error;
      }
      if (this.#reader.isOwnWrite) this.#refuseWritingReader();
    }
  }

  /**
   * Reads if no write is in progress or comes between. Never waits.
   *
   * @returns Undefined if there was a write.
   * @throws {TypeError} If `fn` returns a promise.
   * @throws {ClosedError} If the segment was closed.
   */
  tryRead<T>(fn: (payload: ReadonlyViews) => T & Synchronous<T>): T | undefined {
    const sequence = this.#reader.look();
    if ((sequence & WRITING) !== 0) return undefined;
    this.#copyIn();
    try {
      const result = fn(this.payload);
      requireDone("read", this.#header.what, result);
      return this.validate(sequence) ? result : undefined;
    } catch (error) {
      if (this.validate(sequence)) throw error;
      return undefined;
    }
  }

  /**
   * Begins to write. The caller holds the lock.
   *
   * @returns Where to write. What it holds at first is the record as it is; after a death, anything.
   * @throws {NotOwnerError} If this attachment does not hold the lock.
   * @throws {TypeError} If it writes already.
   * @throws {ClosedError} If the segment was closed.
   */
  beginWrite(): Views {
    if (!this.#word.isMine || this.#isWithinWrite) this.#refuseWrite();
    this.#isWriting = true;
    if (!this.#isOrdered) copyWords(this.#shared, this.#draft!, peek);
    this.#words[WRITER_WORD] = this.#header.id; // plain: ordered by the store below
    const sequence = peek(this.#words, SEQUENCE_WORD); // written by the lock's owner alone
    // Pairs with validate: who sees anything of what follows finds the sequence changed. Odd stays odd after a death.
    store(this.#words, SEQUENCE_WORD, sequence | WRITING);
    return this.#draft!;
  }

  /**
   * Ends a write: readers see it.
   *
   * @throws {TypeError} If none was begun.
   */
  endWrite(): void {
    if (!this.#isWriting || this.#words.length === 0) this.#refuseEnd();
    this.#isWriting = false;
    if (!this.#isOrdered) copyWords(this.#draft!, this.#shared, peek);
    // Pairs with beginRead and validate: who sees this value sees all that was written. No fence: nothing waits asleep for it.
    release(this.#words, SEQUENCE_WORD, (peek(this.#words, SEQUENCE_WORD) + 1) | 0);
  }

  /**
   * Writes, and takes the lock for it if this attachment does not hold it. If `fn` throws, what it wrote stands. It must
   * have written all when it returns: an async function is refused, and of one that returns a promise what was written by
   * then stands.
   *
   * @throws As `lock` and `beginWrite` do.
   * @throws {TypeError} If `fn` is async or returns a promise.
   */
  write<T>(fn: (payload: Views) => T & Synchronous<T>): void {
    requireSynchronous("write", this.#header.what, fn);
    const isHeld = this.#word.isMine;
    if (!isHeld) this.lock();
    try {
      const payload = this.beginWrite();
      try {
        requireDone("write", this.#header.what, fn(payload));
      } finally {
        this.endWrite();
      }
    } finally {
      if (!isHeld) this.unlock();
    }
  }

  /**
   * Becomes the writer if nobody alive is. Never blocks.
   *
   * @throws {AlreadyOwnerError} If this attachment is the writer.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLock(): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    // Pairs with the exchange in unlock and OwnedWord.release.
    if (compareExchange(this.#words, LOCK_WORD, FREE, this.#header.id) !== FREE) return this.#word.tryLock();
    this.#header.counts[ACQUISITIONS_F64]++;
    return true;
  }

  /**
   * Becomes the writer, and sleeps until nobody else is.
   *
   * @returns False if somebody else was for too long.
   * @throws {AlreadyOwnerError} If this attachment is the writer.
   * @throws {TypeError | RangeError} If `timeoutMs` is no number, or negative.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const timeoutMs = options === undefined ? Infinity : this.#header.timeoutMs("lock", options);
    // Pairs with the exchange in unlock and OwnedWord.release.
    if (compareExchange(this.#words, LOCK_WORD, FREE, this.#header.id) !== FREE) return this.#word.lock(timeoutMs);
    this.#header.counts[ACQUISITIONS_F64]++;
    return true;
  }

  /**
   * Is no longer the writer.
   *
   * @throws {NotOwnerError} If this attachment is not the writer.
   * @throws {TypeError} If it is within a write.
   * @throws {ClosedError} If the segment was closed, which gave the lock up as a death does.
   */
  unlock(): void {
    if (this.#words.length === 0) this.#header.refuseUse("unlock");
    if (this.#isWithinWrite) {
      throw new TypeError(`Cannot unlock ${this.#header.what} within a write; call endWrite() first`);
    }
    // Pairs with the exchange in lock and tryLock.
    const { id } = this.#header;
    if (compareExchange(this.#words, LOCK_WORD, id, FREE) !== id) this.#word.release(false);
  }

  /**
   * Becomes the writer for a block: `using guard = record.acquire()`.
   *
   * @returns The seqlock's one guard, or undefined if somebody else was the writer for too long.
   * @throws As `lock` does.
   */
  acquire(): Guard;
  /** With a limit: `undefined` if the time runs out. */
  acquire(options: WaitOptions): Guard | undefined;
  acquire(options?: WaitOptions): Guard | undefined {
    return this.lock(options) ? this.#guard : undefined;
  }

  /** Whether this attachment is the writer and the one before died; and, if that was within a write, nothing was written since. */
  get ownerDied(): boolean {
    if (this.#words.length === 0 || !this.#word.isMine) return false;
    const isHalfWritten = (peek(this.#words, SEQUENCE_WORD) & WRITING) !== 0 && !this.#isWithinWrite; // by owners alone
    return isHalfWritten || this.#word.isSuspect;
  }

  /** The writer, waiting writers, and counts of writers. */
  stats(): LockStats {
    if (this.#header.source.closed) this.#header.refuseUse("tell of");
    return this.#header.stats(ownerOf(load(this.#header.source.i32, LOCK_WORD)));
  }

  /** Whether an object of this attachment has begun a write. Its own id there was written by this thread. */
  get #isWithinWrite(): boolean {
    return peek(this.#words, WRITER_WORD) === this.#header.id && (peek(this.#words, SEQUENCE_WORD) & WRITING) !== 0;
  }

  /** Makes what reads, at the first call: it takes fifty times as long as to attach. */
  #makePath(): SeqLockPath {
    // Empty where readers have a copy, so that every look at it fails and the slow way is taken.
    const words = this.#isOrdered ? this.#header.source.i32 : new Int32Array(0), reader = this.#reader;
    return Object.assign(
      this,
      specialize(makeSeqLockPath)({
        words: wordAccess(words),
        sequenceWord: SEQUENCE_WORD,
        writing: WRITING,
        begin: () => reader.begin(),
        readSequence: () => reader.look(),
      }),
    );
  }

  /**
   * Copies the payload, where readers have a copy. Where the processor may reorder loads, with atomic ones, so that none is
   * made after the one in validate.
   */
  #copyIn(): void {
    if (this.#isOrdered) return;
    if (this.#isCopiedPlainly) copyPlainly(this.#shared.i32, this.payload.i32);
    else copyWords(this.#shared, this.payload, load);
  }

  #refuseWrite(): never {
    if (this.#header.words.length === 0) this.#header.refuseUse("write");
    if (this.#isWithinWrite) {
      throw new TypeError(`Cannot write ${this.#header.what} as a write was begun; call endWrite() first`);
    }
    throw new NotOwnerError(`Cannot write ${this.#header.what} as this attachment must hold it; call lock() first`);
  }

  #refuseEnd(): never {
    if (this.#header.source.closed) {
      throw new ClosedError(`Cannot end a write of ${this.#header.what} as its segment was closed`);
    }
    const reason = this.#isWithinWrite
      ? "another object of this attachment began it; end it there"
      : "none was begun; call beginWrite() first";
    throw new TypeError(`Cannot end a write of ${this.#header.what} as ${reason}`);
  }

  #refuseWritingReader(): never {
    throw new TypeError(`Cannot read ${this.#header.what} as the function that reads it wrote it: it would never end`);
  }
}
