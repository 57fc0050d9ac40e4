import { compareExchange, exchange, Futex, load, or, peek, store } from "../atomic/mod.ts";
import { AlreadyOwnerError, NotOwnerError } from "../errors.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { CELL_BYTES, cellCount, Cells, DEFAULT_CELLS, storedCellCount } from "./shared/cells.ts";
import { Guard } from "./guard.ts";
import { DIED_WORD, FREE, LOCK_BYTES, LOCK_WORD, MARK, ownerOf } from "./shared/lock_format.ts";
import { LIFE_CHECK_MS, LockHeader } from "./shared/lock_header.ts";
import { OwnedWord } from "./shared/owned_word.ts";
import { COUNT_WORD, INSIDE, NO_CELL, READ_ACQUISITIONS, READ_CONTENDED, READS, USED_WORD } from "./rw_lock_format.ts";
import { RwLockReaders, type RwLockStats } from "./rw_lock_readers.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** How a {@linkcode RwLock} is made. */
export interface RwLockOptions {
  /** How many attachments may hold it for reading at once: up to 1024. Defaults to 64. */
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
  /** The first word of this attachment's cell, if that still names it: one that does not read may lose its cell. */
  #cell = NO_CELL;

  private constructor(region: Region) {
    this.#header = new LockHeader("read-write lock", region);
    const count = storedCellCount(this.#header, "maxParticipants", region.source.i32[COUNT_WORD]);
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
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLock(): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    this.#requireNotReading();
    // Pairs as the exchange in lock.
    if (compareExchange(this.#words, LOCK_WORD, FREE, this.#id) !== FREE && !this.#word.tryTake()) return false;
    return this.#readers.areOut() || this.#drain(-Infinity) ? this.#begin(false) : false;
  }

  /**
   * Takes the lock for writing, and sleeps until the others have left.
   *
   * @returns False if they had not left in time.
   * @throws As `tryLock`; and {TypeError | RangeError} if `timeoutMs` is no number, or negative.
   */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const timeoutMs = options === undefined ? Infinity : this.#header.timeoutMs("lock", options);
    this.#requireNotReading();
    const deadline = timeoutMs === Infinity ? Infinity : this.#word.now() + timeoutMs;
    // Pairs with the exchange in unlock and OwnedWord.release, and, Dekker's way, with the readers' look in tryLockRead.
    const isFree = compareExchange(this.#words, LOCK_WORD, FREE, this.#id) === FREE;
    if (!isFree && !this.#word.take(deadline)) return false;
    if (this.#readers.areOut()) return this.#begin(!isFree);
    return this.#drain(deadline) && this.#begin(true);
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
   * @throws {SegmentStateError} `FULL` if `maxParticipants` attachments hold it for reading.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLockRead(): boolean {
    return this.#tryEnter() || (this.#giveUpDeadWriter() && this.#tryEnter());
  }

  /**
   * Takes the lock for reading, and sleeps while there is a writer.
   *
   * @returns False if the writer had not left in time.
   * @throws As `tryLockRead`; and {TypeError | RangeError} if `timeoutMs` is no number, or negative.
   */
  lockRead(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const timeoutMs = options === undefined ? Infinity : this.#header.timeoutMs("lock", options);
    return this.#tryEnter() || this.#lockReadTaken(timeoutMs);
  }

  /**
   * Gives up reading, once.
   *
   * @throws {NotOwnerError} If this attachment does not hold the lock for reading.
   * @throws {ClosedError} If the segment was closed.
   */
  unlockRead(): void {
    const words = this.#words;
    if (words.length === 0) this.#header.refuseUse("unlock");
    if (!this.#isReading) this.#refuseUnlockRead();
    const cell = this.#cell, reads = peek(words, cell + READS) - 1;
    words[cell + READS] = reads;
    if (reads > 0) return;
    store(words, cell, this.#id); // pairs: cell holder; the writer sees that everything was read
    // Pairs, Dekker's way, with the exchange that takes the word and the scan after it.
    if (load(words, LOCK_WORD) !== FREE) this.#readers.notifyWriter();
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
    return (this.#isReading || this.#word.isMine) && peek(this.#words, DIED_WORD) !== 0;
  }

  /** Writer, waiters, counts of the writers and of the readers. */
  stats(): RwLockStats {
    const { source } = this.#header;
    if (source.closed) this.#header.refuseUse("tell of");
    // Pairs with the exchanges that take the word.
    return { ...this.#header.stats(ownerOf(load(source.i32, LOCK_WORD))), ...this.#readers.stats() };
  }

  /** Whether this attachment holds the lock for reading. Then `#cell` is its own. */
  get #isReading(): boolean {
    // Written by this thread, if it names this attachment; else stale perhaps, and another's all the same.
    const holder = peek(this.#words, this.#cell);
    if (ownerOf(holder) === this.#id) return holder === (this.#id | INSIDE);
    const cell = this.#cells.find(); // claimed by another object, if at all
    if (cell === -1) return false;
    this.#cell = this.#cells.wordOf(cell);
    return peek(this.#words, this.#cell) === (this.#id | INSIDE);
  }

  #tryEnter(): boolean {
    const words = this.#words, cell = this.#cell, id = this.#id;
    if (words.length === 0) this.#header.refuseUse("lock");
    if (peek(words, cell) === (id | INSIDE)) {
      words[cell + READS]++; // inside already: writers see that all along
      return true;
    }
    // Dekker's way: this exchange, then the look for a writer; in #drain, the writer's exchange, then the look at the
    // cells. It fails before the first use, and if another took the idle cell. Pairs: cell holder.
    if (compareExchange(words, cell, id, id | INSIDE) !== id) return this.#enterAnew();
    if (load(words, LOCK_WORD) !== FREE) return this.#withdraw();
    words[cell + READS] = 1;
    this.#counts[cell / 2 + READ_ACQUISITIONS]++;
    return true;
  }

  /** As `#tryEnter`, with a cell of its own. */
  #enterAnew(): boolean {
    let cell = this.#cells.claim();
    if (cell === -1) cell = this.#cells.claimIdle();
    if (cell === -1) this.#cells.refuse();
    this.#cell = this.#cells.wordOf(cell);
    return this.#tryEnter();
  }

  /** A reader that met a writer counts itself out. */
  #withdraw(): false {
    store(this.#words, this.#cell, this.#id); // pairs: cell holder
    this.#readers.notifyWriter();
    return false;
  }

  /** A reader was refused: if the writer is dead, gives up its place. Returns whether it is worth trying again. */
  #giveUpDeadWriter(): boolean {
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

  #lockReadTaken(timeoutMs: number): boolean {
    const deadline = this.#word.now() + timeoutMs;
    const place = this.#header.beginWaiting();
    try {
      while (true) {
        const word = load(this.#words, LOCK_WORD); // pairs with the exchange in unlock
        this.#requireNotWriting(word);
        if (word === FREE) {
          if (this.#tryEnter()) {
            this.#counts[this.#cell / 2 + READ_CONTENDED]++;
            return true;
          }
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

  /** The word is this attachment's, and no reader is inside. */
  #begin(hasWaited: boolean): true {
    // Readers passed a dead writer's place on: marked, the word goes back the long way, which clears the suspicion.
    // Written by owners only, and this is the owner.
    if (peek(this.#words, DIED_WORD) !== 0) or(this.#words, LOCK_WORD, MARK);
    return this.#word.count(hasWaited);
  }

  /** Ends writing the long way. */
  #endWriting(): void {
    if (!this.#word.isMine) this.#word.refuseRelease(ownerOf(load(this.#words, LOCK_WORD)));
    if (peek(this.#words, DIED_WORD) !== 0) store(this.#words, DIED_WORD, 0); // written by owners only
    this.#giveWordBack();
  }

  /** Gives the word back and wakes all who sleep, since readers may go in together. */
  #giveWordBack(): void {
    exchange(this.#words, LOCK_WORD, FREE); // pairs with the exchange in lock and the look in #tryEnter
    this.#writerGone.wakeAll();
  }

  /** The word is this attachment's, so no reader comes in: waits until those inside have left, or gives it back. */
  #drain(deadline: number): boolean {
    let areOut = false;
    try {
      return areOut = this.#readers.drain(deadline);
    } finally {
      if (!areOut) this.#giveWordBack(); // also if asking for life failed: the caller does not have the lock then
    }
  }

  #requireNotReading(): void {
    if (!this.#isReading) {
      // A cell of its own where there is one to be had, so that the next call need not look for one through all cells.
      if (this.#cell === NO_CELL) this.#cell = this.#cells.wordOr(NO_CELL, this.#cells.claim());
      return;
    }
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
