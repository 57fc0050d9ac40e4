import { compareExchange, exchange, Futex, load, or, peek, store } from "../atomic/mod.ts";
import { AlreadyOwnerError, NotOwnerError } from "../errors.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { CELL_BYTES, cellCount, Cells, DEFAULT_CELLS } from "./shared/cells.ts";
import { Guard } from "./guard.ts";
import { ACQUISITIONS_F64, DIED_WORD, FREE, LOCK_BYTES, LOCK_WORD, MARK, ownerOf } from "./shared/lock_format.ts";
import { LIFE_CHECK_MS, LockHeader } from "./shared/lock_header.ts";
import { OwnedWord } from "./shared/owned_word.ts";
import { COUNT_WORD, READ_ACQUISITIONS, READ_CONTENDED, READS, USED_WORD } from "./rw_lock_format.ts";
import { RwLockReaders, type RwLockStats } from "./rw_lock_readers.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** How a {@linkcode RwLock} is made. */
export interface RwLockOptions {
  /** How many attachments may use it at once: up to 1024; 64 unless given. */
  readonly maxParticipants?: number;
}

/**
 * Lets many readers or one writer into a section of code, in any processes. Readers do not touch each other's memory: each
 * counts in a cell of its own, so reading scales. A writer that waits keeps new readers out, so writers are not starved;
 * writers that follow each other without a pause can starve readers. Reading may be nested, writing not.
 *
 * A reader that dies is counted out within 100 ms; it changed nothing, so nothing is suspect. A writer that dies leaves
 * the lock to others within 100 ms. Readers, and the next writer, find `ownerDied` true until a writer has unlocked: it is
 * expected to repair what the lock protects. What counts as a death is said at {@linkcode Mutex}. `tryLock`, `lock`, `unlock` and `acquire` are the writer's.
 *
 * Sources: the cells are those of D. Dice and A. Kogan, "BRAVO: Biased Locking for Reader-Writer Locks" (2019), here for
 * all readers; the order of looks is Dekker's.
 *
 * @example
 * ```ts
 * import { Region, RwLock } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const region = Region.over(new SharedArrayBuffer(RwLock.byteLength({})));
 * RwLock.init(region, {});
 * const lock = RwLock.attach(region, {});
 * {
 *   using _reading = lock.acquireRead();
 *   assertEquals(lock.stats().readers, 1);
 * }
 * assertEquals(lock.tryLock(), true);
 * lock.unlock();
 * ```
 */
export class RwLock {
  /** The name in the catalog. */
  static readonly kind = "RwLock";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #word: OwnedWord;
  readonly #cells: Cells;
  readonly #readers: RwLockReaders;
  readonly #writerGone: Futex;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #guard: Guard;
  readonly #readGuard: Guard;
  /** The first word of this attachment's cell; −1 before the first use. */
  #cell = -1;

  private constructor(region: Region) {
    this.#header = new LockHeader("read-write lock", region);
    const count = cellCount("read-write lock", "maxParticipants", region.source.i32[COUNT_WORD]);
    new LockHeader("read-write lock", region, LOCK_BYTES + count * CELL_BYTES);
    this.#cells = new Cells(this.#header, USED_WORD, LOCK_BYTES, count);
    this.#word = new OwnedWord(this.#header);
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#readers = new RwLockReaders(this.#header, this.#cells);
    this.#writerGone = Futex.at(this.#words, LOCK_WORD);
    this.#id = this.#header.id;
    this.#guard = new Guard(this);
    // deno-lint-ignore no-this-alias -- the getter below has a this of its own
    const lock: RwLock = this;
    this.#readGuard = new Guard({
      unlock: () => lock.unlockRead(),
      get ownerDied() {
        return lock.ownerDied;
      },
    });
  }

  /** The bytes a read-write lock takes. */
  static byteLength({ maxParticipants = DEFAULT_CELLS }: RwLockOptions = {}): number {
    return LOCK_BYTES + cellCount("read-write lock", "maxParticipants", maxParticipants) * CELL_BYTES;
  }

  /** Prepares a read-write lock in zeroed memory. */
  static init(region: Region, { maxParticipants = DEFAULT_CELLS }: RwLockOptions = {}): void {
    region.views.i32[COUNT_WORD] = maxParticipants;
  }

  /** Attaches to a read-write lock. A read-only attachment can only look at `stats()`. */
  static attach(region: Region, _options: RwLockOptions): RwLock {
    return new RwLock(region);
  }

  /**
   * Takes the lock for writing if no reader or writer that lives holds it. Never blocks.
   *
   * @throws {AlreadyOwnerError} If this attachment holds it, for reading or for writing.
   * @throws {SegmentStateError} `FULL` if more than `maxParticipants` attachments use it.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLock(): boolean {
    this.#requireNotReading();
    // Pairs as the exchange in lock.
    const isFree = compareExchange(this.#words, LOCK_WORD, FREE, this.#id) === FREE;
    return (isFree ? this.#wordTaken() : this.#word.tryTake()) && this.#drain(-Infinity);
  }

  /**
   * Takes the lock for writing, and sleeps until the others have left.
   *
   * @returns False if they had not left in time.
   * @throws As `tryLock`; and {RangeError} if `timeoutMs` is negative.
   */
  lock(options?: WaitOptions): boolean {
    this.#requireNotReading();
    const deadline = options === undefined ? Infinity : this.#header.deadline("lock", this.#word.now(), options);
    // Pairs with the exchange in unlock and OwnedWord.release, and, Dekker's way, with the readers' look in tryLockRead.
    if (compareExchange(this.#words, LOCK_WORD, FREE, this.#id) === FREE) this.#wordTaken();
    else if (!this.#word.take(deadline)) return false;
    return this.#drain(deadline);
  }

  /**
   * Gives up writing.
   *
   * @throws {NotOwnerError} If this attachment does not hold the lock for writing.
   * @throws {ClosedError} If the segment was closed, which gave the lock up as a death does.
   */
  unlock(): void {
    if (this.#words.length === 0) this.#header.refuseUse("unlock");
    // Pairs with the exchange in lock and with the look in tryLockRead.
    if (compareExchange(this.#words, LOCK_WORD, this.#id, FREE) !== this.#id) this.#endWriting();
  }

  /**
   * Takes the lock for writing for a block: `using guard = lock.acquire()`.
   *
   * @returns The lock's one guard for writing, or undefined if the others had not left in time.
   * @throws As `lock` does.
   */
  acquire(): Guard;
  /** With a limit: `undefined` if the time runs out. */
  acquire(options: WaitOptions): Guard | undefined;
  acquire(options?: WaitOptions): Guard | undefined {
    return this.lock(options) ? this.#guard : undefined;
  }

  /**
   * Takes the lock for reading if no writer that lives holds it or waits for it. Never blocks.
   *
   * @throws {AlreadyOwnerError} If this attachment holds it for writing.
   * @throws {SegmentStateError} `FULL` if more than `maxParticipants` attachments use it.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLockRead(): boolean {
    return this.#tryFastRead() || (this.#giveUpDeadWriter() && this.#tryFastRead());
  }

  /**
   * Takes the lock for reading, and sleeps while there is a writer.
   *
   * @returns False if the writer had not left in time.
   * @throws As `tryLockRead`; and {RangeError} if `timeoutMs` is negative.
   */
  lockRead(options?: WaitOptions): boolean {
    return this.#tryFastRead() || this.#lockReadTaken(options);
  }

  /**
   * Gives up reading, once.
   *
   * @throws {NotOwnerError} If this attachment does not hold the lock for reading.
   * @throws {ClosedError} If the segment was closed.
   */
  unlockRead(): void {
    if (this.#words.length === 0) this.#header.refuseUse("unlock");
    const reads = this.#reads;
    if (reads === 0) this.#refuseUnlockRead();
    // Pairs with the scan in #drain: the writer sees that everything was read.
    store(this.#words, this.#cell + READS, reads - 1);
    // Pairs, Dekker's way, with the exchange that takes the word and the scan after it.
    if (reads === 1 && load(this.#words, LOCK_WORD) !== FREE) this.#readers.notifyWriter();
  }

  /**
   * Takes the lock for reading for a block: `using guard = lock.acquireRead()`.
   *
   * @returns The lock's one guard for reading, or undefined if the writer had not left in time.
   * @throws As `lockRead` does.
   */
  acquireRead(): Guard;
  /** With a limit: `undefined` if the time runs out. */
  acquireRead(options: WaitOptions): Guard | undefined;
  acquireRead(options?: WaitOptions): Guard | undefined {
    return this.lockRead(options) ? this.#readGuard : undefined;
  }

  /** Whether this attachment holds the lock, for reading or for writing, and the last writer died. */
  get ownerDied(): boolean {
    if (this.#words.length === 0) return false;
    // Written by the word's owner alone, which is this attachment or is kept out while this one reads.
    return (this.#reads > 0 || this.#word.isMine) && peek(this.#words, DIED_WORD) !== 0;
  }

  /** Writer, waiters, counts of the writers and of the readers. */
  stats(): RwLockStats {
    const { source } = this.#header;
    if (source.closed) this.#header.refuseUse("tell of");
    // Pairs with the exchanges that take the word.
    return { ...this.#header.stats(ownerOf(load(source.i32, LOCK_WORD))), ...this.#readers.stats() };
  }

  /** How often this attachment holds the lock for reading. Its own word: nobody else writes it while it lives. */
  get #reads(): number {
    if (this.#cell === -1) {
      const cell = this.#cells.find();
      if (cell === -1) return 0;
      this.#cell = this.#cells.wordOf(cell);
    }
    return peek(this.#words, this.#cell + READS);
  }

  #tryFastRead(): boolean {
    const words = this.#words;
    if (words.length === 0) this.#header.refuseUse("lock");
    if (this.#cell === -1) this.#cell = this.#cells.wordOf(this.#cells.claim());
    const cell = this.#cell, reads = peek(words, cell + READS);
    if (reads > 0) {
      words[cell + READS] = reads + 1; // inside already: writers see at least 1 all along
      return true;
    }
    // Dekker's way: this store, then the look for a writer; in #drain, the writer's exchange, then the look at the cells.
    store(words, cell + READS, 1);
    if (load(words, LOCK_WORD) !== FREE) return false; // whoever asked withdraws, in #withdraw
    this.#counts[cell / 2 + READ_ACQUISITIONS]++;
    return true;
  }

  /** A reader that met a writer counts itself out. */
  #withdraw(): void {
    store(this.#words, this.#cell + READS, 0); // pairs with the scan in #drain
    this.#readers.notifyWriter();
  }

  /** A reader was refused: it withdraws, and if the writer is dead, gives up its place. Returns whether it did that. */
  #giveUpDeadWriter(): boolean {
    this.#withdraw();
    const word = load(this.#words, LOCK_WORD); // pairs with the exchanges that take the word
    this.#requireNotWriting(word);
    if (word === FREE) return true;
    return this.#passOn(word);
  }

  /** Takes a dead writer's place and gives it up at once. What it left stays suspect until a writer has been there. */
  #passOn(word: number): boolean {
    if (this.#header.party.isAlive(ownerOf(word)) || !this.#word.tryTake()) return false;
    this.#giveWordBack();
    return true;
  }

  #lockReadTaken(options: WaitOptions | undefined): boolean {
    this.#withdraw();
    const deadline = this.#header.deadline("lock", this.#word.now(), options);
    const place = this.#header.beginWaiting();
    try {
      while (true) {
        const word = load(this.#words, LOCK_WORD); // pairs with the exchange in unlock
        this.#requireNotWriting(word);
        if (word === FREE) {
          if (this.#tryFastRead()) {
            this.#counts[this.#cell / 2 + READ_CONTENDED]++;
            return true;
          }
          this.#withdraw();
          continue;
        }
        // Marked, so that the writer wakes who sleeps.
        if (word > 0 && compareExchange(this.#words, LOCK_WORD, word, word | MARK) !== word) continue;
        const until = Math.min(deadline, this.#word.now() + LIFE_CHECK_MS);
        if (this.#writerGone.wait(word | MARK, until)) continue;
        if (this.#passOn(load(this.#words, LOCK_WORD))) continue;
        if (until === deadline) return false;
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }

  /** The word is this attachment's. */
  #wordTaken(): true {
    this.#counts[ACQUISITIONS_F64]++;
    // Readers passed a dead writer's place on: marked, the word goes back the long way, which clears the suspicion.
    // Written by owners only, and this is the owner.
    if (peek(this.#words, DIED_WORD) !== 0) or(this.#words, LOCK_WORD, MARK);
    return true;
  }

  /** Ends writing the long way. */
  #endWriting(): void {
    if (!this.#word.isMine) this.#word.refuseRelease(ownerOf(load(this.#words, LOCK_WORD)));
    if (peek(this.#words, DIED_WORD) !== 0) store(this.#words, DIED_WORD, 0); // written by owners only
    this.#giveWordBack();
  }

  /** Gives the word back and wakes all who sleep, since readers may go in together. */
  #giveWordBack(): void {
    exchange(this.#words, LOCK_WORD, FREE); // pairs with the exchange in lock and the look in #tryFastRead
    this.#writerGone.wakeAll();
  }

  /** The word is this attachment's, so no reader comes in: waits until those inside have left, or gives it back. */
  #drain(deadline: number): boolean {
    if (this.#readers.drain(deadline)) return true;
    this.#giveWordBack();
    return false;
  }

  #requireNotReading(): void {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    if (this.#cell === -1) this.#cell = this.#cells.wordOf(this.#cells.claim());
    if (this.#reads === 0) return;
    throw new AlreadyOwnerError(
      `Cannot lock ${this.#header.what} for writing as this attachment holds it for reading; unlock it first`,
    );
  }

  #requireNotWriting(word: number): void {
    if (ownerOf(word) !== this.#id) return;
    throw new AlreadyOwnerError(
      `Cannot lock ${this.#header.what} for reading as this attachment holds it for writing; unlock it first`,
    );
  }

  #refuseUnlockRead(): never {
    throw new NotOwnerError(
      `Cannot unlock ${this.#header.what} as this attachment must hold it for reading: found no hold`,
    );
  }
}
