import { hasTotalStoreOrder } from "../../ffi/mod.ts";
import { specialize, wordAccess } from "../atomic/internal.ts";
import { type AnyStruct, type ReadonlyViews, Views } from "../layout/mod.ts";
import { type LayoutTypeFunction, OWN_TYPE, type Region } from "../memory/internal.ts";
import { PAYLOAD_BYTES_WORD, PAYLOAD_OFFSET, SEQUENCE_WORD, WRITING } from "./seq_lock_format.ts";
import {
  layoutOf,
  payloadBytesOf,
  readPayloadBytes,
  type SeqLockDraft,
  type SeqLockOptions,
  type SeqLockPayload,
  type SeqLockRecordOptions,
  type SeqLockValues,
} from "./seq_lock_geometry.ts";
import { SeqLockReader } from "./seq_lock_reader.ts";
import { SeqLockWriter } from "./seq_lock_writer.ts";
import { GuardedLock, plainGuard } from "./shared/guarded_lock.ts";
import type { Lock } from "./shared/lock.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { lockOwned, tryLockOwned, unlockOwned } from "./shared/owned_locking.ts";
import { OwnedWord } from "./shared/owned_word.ts";
import { makeSeqLockPath, type SeqLockPath } from "./seq_lock_path.ts";
import { requireDone, requireSynchronous, type Synchronous } from "./shared/synchronous.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** For the compiler: a seqlock's type as a function of its layout's. */
export interface SeqLockFunction extends LayoutTypeFunction {
  /** The result. */
  readonly type: SeqLock<Extract<this["layout"], AnyStruct>>;
}

/**
 * A small record that is read far more often than it is written. One writer at a time and any number of readers, in any
 * of the processes. Readers write nothing, so they never slow the writer down, and a read-only attachment can read. A
 * reader that met a write reads again, so a writer that never rests can starve readers: a `LatestTable` has no such
 * readers.
 *
 * With a `layout` the record has named fields, and all that open it must use the same layout; with `payloadBytes` it is
 * bytes. A layout's schema is in the catalog, and `cHeader` prints the record for C: it lies 264 bytes after the start
 * of the object, after the sequence (see `seq_lock_format.ts`).
 *
 * The writer is the owner of the lock; see {@linkcode Lock} for its methods and for what counts as a death. It may hold
 * the lock for one write, or, where there is one writer only, from the start to the end. With the lock held it calls
 * `beginWrite` and `endWrite`, or `write`.
 *
 * A writer that dies within a write leaves the record half written. Readers get an {@linkcode OwnerDiedError}, within
 * 100 ms, until another writer has written; that writer finds `ownerDied` true and must write everything anew. A writer
 * that dies between writes leaves a whole record; the next writer finds `ownerDied` true all the same. A stopped writer
 * is waited for.
 *
 * What is read between `beginRead` and a `validate` that returns true is whole. Before that it may be a mixture of
 * several writes, so use no value, and follow no index, before it is validated; an enumeration may even throw. Where
 * the processor may reorder loads (not x86-64), `payload` is a private copy, made word by word with atomic accesses. On
 * a read-only attachment it is a private copy, too, which `beginRead` makes: writes to it reach no other process.
 *
 * Sources: C. Lameter, "Effective Synchronization on Linux/NUMA Systems" (2005); H. Boehm, "Can Seqlocks Get Along with
 * Programming Language Memory Models?" (2012); concurrencykit's `ck_sequence`.
 *
 * @example A kill switch
 * ```ts
 * import { bool, Segment, SeqLock, struct, u53 } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Switch = struct("Switch", { isStopped: bool, stoppedAt: u53 });
 * using segment = Segment.anonymous({ byteLength: 65536 });
 * const lock = segment.create("switch", SeqLock, { layout: Switch });
 * lock.write({ isStopped: true, stoppedAt: 7 }); // a risk process
 *
 * assertEquals(lock.read((record) => record.isStopped), true); // an order gateway
 *
 * let isStopped = false, sequence = 0; // the same without a closure
 * do {
 *   sequence = lock.beginRead();
 *   isStopped = lock.payload.isStopped;
 * } while (!lock.validate(sequence));
 * assertEquals(isStopped, true);
 * ```
 *
 * @example Bytes
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
 * ```
 */
export class SeqLock<S extends AnyStruct = never> extends GuardedLock implements Lock {
  /** For the compiler only; never present at run time. */
  declare static readonly typeFunction?: SeqLockFunction;
  /** The name in the catalog. */
  static readonly kind = "SeqLock";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** The payload to read between `beginRead` and `validate`: a read-only record; without a layout, bytes. */
  readonly payload: SeqLockPayload<S>;

  /**
   * Begins to read. Waits while a write is in progress.
   *
   * @returns What to pass to `validate`.
   * @throws {AlreadyOwnerError} Within a write of this attachment, or of another one of this thread: it would never
   * end.
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
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #reader: SeqLockReader;
  readonly #writer: SeqLockWriter<S>;
  /** Whether readers and writers work on the payload itself. */
  readonly #isOrdered: boolean;

  private constructor(region: Region, isOrdered: boolean, layout: S | undefined) {
    super(plainGuard);
    this.#header = new LockHeader("seqlock", region);
    const bytes = readPayloadBytes(region, layout, this.#header.what);
    this.#word = new OwnedWord(this.#header);
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#id = this.#header.id;
    this.#isOrdered = isOrdered;
    const partOf = ({ buffer, byteOffset }: ReadonlyViews) => new Views(buffer, byteOffset + PAYLOAD_OFFSET, bytes);
    const shared = partOf(region.source);
    // Only this class ever holds the memory itself.
    const lent = isOrdered ? partOf(region.views.lent) : undefined;
    const seen = lent ?? new Views(new ArrayBuffer(bytes), 0, bytes, region.readOnly);
    this.payload = (layout === undefined ? seen : layout.view(seen, 0, { readOnly: true })) as SeqLockPayload<S>;
    this.#writer = new SeqLockWriter(this.#header, this.#word, shared, lent, layout);
    // A copy that is only there to keep readers from writing what is attached for reading only.
    const isCopiedPlainly = region.readOnly && hasTotalStoreOrder();
    this.#reader = new SeqLockReader(this.#header, shared, seen, isOrdered, isCopiedPlainly);
    this.beginRead = () => this.#makePath().beginRead();
    this.validate = (sequence) => this.#makePath().validate(sequence);
  }

  /** The bytes a seqlock takes. */
  static byteLength(options: SeqLockOptions): number {
    return PAYLOAD_OFFSET + payloadBytesOf(options);
  }

  /** The schema text of the record; undefined without a layout. */
  static schema(options: Partial<SeqLockOptions>): string | undefined {
    return layoutOf(options)?.schema;
  }

  /** Prepares a seqlock in zeroed memory. */
  static init(region: Region, options: SeqLockOptions): void {
    region.views.i32[PAYLOAD_BYTES_WORD] = payloadBytesOf(options);
  }

  /** Attaches to a seqlock whose record is used by the layout's names. A read-only attachment can read. */
  static attach<S extends AnyStruct>(region: Region, options: SeqLockRecordOptions<S>): SeqLock<S>;
  /** Attaches to a seqlock whose record is used as bytes; `payloadBytes` is read from it. */
  static attach(region: Region, options: Partial<SeqLockOptions>): SeqLock;
  static attach(region: Region, options: Partial<SeqLockOptions>): SeqLock<AnyStruct> {
    return new SeqLock(region, hasTotalStoreOrder() && !region.readOnly, layoutOf(options));
  }

  /** As `attach`, on any processor by the rules of one that reorders loads and stores. */
  static attachUnordered<S extends AnyStruct>(region: Region, options: SeqLockRecordOptions<S>): SeqLock<S>;
  /** The same without a layout. */
  static attachUnordered(region: Region, options?: Partial<SeqLockOptions>): SeqLock;
  static attachUnordered(region: Region, options?: Partial<SeqLockOptions>): SeqLock<AnyStruct> {
    return new SeqLock(region, false, layoutOf(options));
  }

  /**
   * Reads. `fn` may find the record torn: then it runs again, and what it returned or threw is ignored. It must not
   * change anything, keep the payload, or be async, as after an `await` the payload may be another.
   *
   * @throws {OwnerDiedError} If a writer died within a write and nobody has written since.
   * @throws {AlreadyOwnerError} Within a write of this attachment, or of another one of this thread: it would never
   * end.
   * @throws {TypeError} If `fn` writes this record, or returns a promise.
   * @throws {ClosedError} If the segment was closed.
   */
  read<T>(fn: (payload: SeqLockPayload<S>) => T & Synchronous<T>): T {
    while (true) {
      const sequence = this.beginRead();
      try {
        const result = fn(this.payload);
        requireDone("read", this.#header.what, result);
        if (this.validate(sequence)) return result;
      } catch (error) {
        if (this.validate(sequence)) throw error;
      }
      if (this.#reader.isLastWriter) this.#refuseWritingReader();
    }
  }

  /**
   * Reads if no write is in progress or comes between. Never waits.
   *
   * @returns Undefined if there was a write.
   * @throws {TypeError} If `fn` returns a promise.
   * @throws {ClosedError} If the segment was closed.
   */
  tryRead<T>(fn: (payload: SeqLockPayload<S>) => T & Synchronous<T>): T | undefined {
    const sequence = this.#reader.readSequence();
    if ((sequence & WRITING) !== 0) return undefined;
    this.#reader.copyIn();
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
   * @returns Where to write. It begins with the record as it is; after a death within a write, with anything.
   * @throws {NotOwnerError} If this attachment does not hold the lock.
   * @throws {TypeError} If it is already writing.
   * @throws {ClosedError} If the segment was closed.
   */
  beginWrite(): SeqLockDraft<S> {
    return this.#writer.begin();
  }

  /**
   * Ends a write: readers see it.
   *
   * @throws {TypeError} If no write was begun.
   */
  endWrite(): void {
    this.#writer.end();
  }

  /**
   * Writes, and takes the lock for it if this attachment does not hold it. If `fn` throws or returns a promise, what it
   * has written by then stands. An async function is refused before it writes anything.
   *
   * @throws As `lock` and `beginWrite` do.
   * @throws {TypeError} If `fn` is async or returns a promise.
   */
  write<T>(fn: (payload: SeqLockDraft<S>) => T & Synchronous<T>): void;
  /**
   * The same with fields by their names: those that are left out keep their values. All are checked before the lock is
   * taken.
   *
   * @throws As `lock` and `beginWrite` do.
   * @throws {TypeError} If there is no layout, a key is not a field, or a value is of the wrong type.
   * @throws {RangeError} If a value is out of range.
   */
  write(values: SeqLockValues<S>): void;
  write<T>(what: ((payload: SeqLockDraft<S>) => T & Synchronous<T>) | SeqLockValues<S>): void {
    const fn = typeof what === "function" ? what : this.#writer.assigning(what);
    requireSynchronous("write", this.#header.what, fn);
    const isHeld = this.#word.isMine;
    if (!isHeld) this.lock();
    const payload = isHeld ? this.#writer.begin() : this.#writer.start();
    try {
      requireDone("write", this.#header.what, fn(payload));
    } finally {
      this.#writer.end();
      if (!isHeld) unlockOwned(this.#words, this.#id, this.#word);
    }
  }

  /** As {@linkcode Lock.tryLock}: becomes the writer. */
  tryLock(): boolean {
    return tryLockOwned(this.#words, this.#counts, this.#id, this.#word);
  }

  /** As {@linkcode Lock.lock}: becomes the writer. */
  lock(options?: WaitOptions): boolean {
    return lockOwned(this.#words, this.#counts, this.#id, this.#word, options);
  }

  /**
   * As {@linkcode Lock.unlock}: is no longer the writer.
   *
   * @throws {TypeError} Within a write.
   */
  unlock(): void {
    this.#writer.requireEnded();
    unlockOwned(this.#words, this.#id, this.#word);
  }

  /** As {@linkcode Lock.lockAsync}. */
  lockAsync(options?: AsyncWaitOptions): Promise<boolean> {
    return this.#word.lockAsync(options);
  }

  /**
   * Whether this attachment is the writer, and either the previous writer died, or the record is still half written
   * since a writer died.
   */
  get ownerDied(): boolean {
    return this.#word.isMine && (this.#word.isSuspect || this.#writer.isHalfWritten);
  }

  stats(): LockStats {
    return this.#header.stats();
  }

  /** Makes the reader, at the first call: that takes fifty times as long as attaching. */
  #makePath(): SeqLockPath {
    // Empty where readers have a copy, so that every access to it fails and the slow way is taken.
    const words = this.#isOrdered ? this.#header.source.i32 : new Int32Array(0), reader = this.#reader;
    const path = specialize(makeSeqLockPath)({
      words: wordAccess(words),
      sequenceWord: SEQUENCE_WORD,
      writing: WRITING,
      begin: () => reader.begin(),
      readSequence: () => reader.readSequence(),
    });
    (this as SeqLockPath).beginRead = path.beginRead;
    (this as SeqLockPath).validate = path.validate;
    return path;
  }

  #refuseWritingReader(): never {
    throw new TypeError(`Cannot read ${this.#header.what} as the function that reads it wrote it: it would never end`);
  }
}
