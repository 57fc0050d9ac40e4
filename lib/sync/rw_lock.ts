import { compareExchange, load, or, peek, store } from "../atomic/mod.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { Guard } from "./guard.ts";
import { COUNT_WORD, INSIDE, READ_ACQUISITIONS, READ_CONTENDED, READS_AGAIN, USED_WORD } from "./rw_lock_format.ts";
import { RwLockReader } from "./rw_lock_reader.ts";
import { RwLockReaders, type RwLockStats } from "./rw_lock_readers.ts";
import { Cells, DEFAULT_CELLS, lockBytes, storedCellCount } from "./shared/cells.ts";
import { GuardedLock, plainGuard } from "./shared/guarded_lock.ts";
import type { Lock } from "./shared/lock.ts";
import { ACQUISITIONS_F64, DIED_WORD, FREE, LOCK_WORD, MARK, ownerOf, ZERO_WORD } from "./shared/lock_format.ts";
import { LockHeader } from "./shared/lock_header.ts";
import { takeFree, unlockOwned } from "./shared/owned_locking.ts";
import { OwnedWord } from "./shared/owned_word.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import { NO_LIMIT, NO_WAIT, type WaitLimit } from "./shared/wait_limit.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** How a {@linkcode RwLock} is made. */
export interface RwLockOptions {
  /** How many attachments may hold it for reading at once: up to 1024. Defaults to 64. */
  readonly maxParticipants?: number;
}

/**
 * Lets many readers or one writer into a section of code, in any of the processes. `tryLock`, `lock`, `unlock` and
 * `acquire` are the writer's; see {@linkcode Lock} for them and for what counts as a death. Each reader counts in a
 * cache line of its own, so reading scales. A waiting writer keeps new readers out, so readers do not starve writers;
 * writers that follow each other without a pause can starve readers. Reading may be nested, writing not.
 *
 * A reader that dies is counted out within 100 ms; it changed nothing, so nothing is suspect. After a writer has died,
 * readers and the next writer find `ownerDied` true until a writer has unlocked: it is expected to repair what the lock
 * protects.
 *
 * Sources: the cells are those of D. Dice and A. Kogan, "BRAVO: Biased Locking for Reader-Writer Locks" (2019), here
 * for all readers; reader and writer see each other by Dekker's order.
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
export class RwLock extends GuardedLock implements Lock {
  /** The name in the catalog. */
  static readonly kind = "RwLock";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #word: OwnedWord;
  readonly #cells: Cells;
  readonly #reader: RwLockReader;
  readonly #readers: RwLockReaders;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #readGuard: Guard;
  /** The first word of this attachment's cell, if that still names it: one that does not read may lose its cell. */
  #cell = ZERO_WORD;

  private constructor(region: Region) {
    super(plainGuard);
    this.#header = new LockHeader("read-write lock", region);
    const count = storedCellCount(this.#header, "maxParticipants", COUNT_WORD);
    this.#cells = new Cells(this.#header, USED_WORD, count);
    this.#word = new OwnedWord(this.#header, { wakesAll: true }); // readers may go in together
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#reader = new RwLockReader(this.#header, this.#word, () => this.#tryEnter());
    this.#readers = new RwLockReaders(this.#header, this.#cells);
    this.#id = this.#header.id;
    const ownerDied = () => this.ownerDied;
    this.#readGuard = new Guard({
      unlock: () => this.unlockRead(),
      get ownerDied() {
        return ownerDied();
      },
    });
  }

  /** The bytes a read-write lock takes. */
  static byteLength({ maxParticipants = DEFAULT_CELLS }: RwLockOptions = {}): number {
    return lockBytes("read-write lock", "maxParticipants", maxParticipants);
  }

  /** Prepares a read-write lock in zeroed memory. */
  static init(region: Region, { maxParticipants = DEFAULT_CELLS }: RwLockOptions = {}): void {
    region.views.i32[COUNT_WORD] = maxParticipants;
  }

  /** Attaches to a read-write lock. A read-only attachment can only read `stats()`. */
  static attach(region: Region, _options: RwLockOptions): RwLock {
    return new RwLock(region);
  }

  /** As {@linkcode Lock.tryLock}, for writing: if no living reader or writer holds it. */
  tryLock(): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    if (peek(this.#words, this.#cell) !== this.#id) this.#requireNotReading();
    const isTaken = takeFree(this.#words, this.#id);
    return isTaken && this.#readers.areOut() ? this.#write() : this.#lockTaken(isTaken, NO_WAIT);
  }

  /** As {@linkcode Lock.lock}, for writing: waits until readers and writer have left. */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const limit = options === undefined ? NO_LIMIT : this.#header.limitOf("lock", options);
    if (peek(this.#words, this.#cell) !== this.#id) this.#requireNotReading();
    // Pairs, Dekker's way, with the load of the word in #tryEnter.
    const isTaken = takeFree(this.#words, this.#id);
    if (isTaken && this.#readers.areOut()) return this.#write();
    return this.#lockTaken(isTaken, limit.from(this.#word.now()));
  }

  /** Ends writing. */
  unlock(): void {
    unlockOwned(this.#words, this.#id, this.#word);
  }

  /** As {@linkcode Lock.lockAsync}, for writing. Where other tasks of this attachment read, it waits for them. */
  lockAsync(options?: AsyncWaitOptions): Promise<boolean> {
    let hasWaited = false, hasWord = false;
    return this.#header.tasks.wait("lock", {
      attempt: (isLifeCheck) => {
        hasWord ||= this.#word.takeForTask(isLifeCheck, hasWaited);
        // No reader comes in from here on.
        if (!hasWord || !this.#readers.areOutForTask(isLifeCheck)) return false;
        this.#markIfSuspect();
        return this.#word.count(hasWaited);
      },
      arm: () => {
        hasWaited = true;
        return hasWord ? this.#readers.announceTask() : this.#word.announceTask();
      },
      disarm: (isOver) => {
        if (!isOver && hasWord && this.#words.length > 0) this.#word.releaseUnrepaired();
      },
    }, options);
  }

  /**
   * Takes the lock for reading if no living writer holds it or waits for it. Never blocks.
   *
   * @returns Whether the lock was taken.
   * @throws {AlreadyOwnerError} If this attachment holds it for writing.
   * @throws {SegmentStateError} `FULL` if `maxParticipants` attachments hold it for reading.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLockRead(): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    return this.#tryEnter() || this.#reader.tryAgain();
  }

  /**
   * Takes the lock for reading, and sleeps while there is a writer.
   *
   * @param options `timeoutMs` and `stop`; `WaitOptions` has the rules of all forms that block.
   * @returns False if the time ran out.
   * @throws As `tryLockRead`.
   */
  lockRead(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const limit = options === undefined ? NO_LIMIT : this.#header.limitOf("lock", options);
    return this.#tryEnter() || this.#lockReadTaken(limit);
  }

  /**
   * Ends reading once: to be called as often as the lock was taken for reading.
   *
   * @throws {NotOwnerError} If this attachment does not hold the lock for reading.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  unlockRead(): void {
    const words = this.#words, id = this.#id;
    if (words.length === 0) this.#header.refuseUse("unlock");
    if (peek(words, this.#cell) !== (id | INSIDE) && !this.#isReading()) this.#reader.refuseUnlock();
    const cell = this.#cell;
    if (words[cell + READS_AGAIN] > 0) {
      words[cell + READS_AGAIN]--;
      return;
    }
    store(words, cell, id); // pairs: cell holder; the writer sees that everything was read
    // Pairs, Dekker's way, with the exchange that takes the word and the check of all cells after it.
    if (load(words, LOCK_WORD) !== FREE) this.#readers.notifyWriter();
  }

  /**
   * Takes the lock for reading for a block: `using guard = lock.acquireRead()`.
   *
   * @returns The lock's one guard for reading.
   * @throws As `lockRead` does.
   */
  acquireRead(): Guard;
  /** The same with a limit: `undefined` if the time ran out. */
  acquireRead(options: WaitOptions): Guard | undefined;
  acquireRead(options?: WaitOptions): Guard | undefined {
    return this.lockRead(options) ? this.#readGuard : undefined;
  }

  /**
   * Takes the lock for reading, and waits in the event loop while there is a writer. Tasks that come after one that
   * waits to write wait for it.
   *
   * @returns False if the time ran out.
   * @throws As `lockRead` does, through the promise; but no `AlreadyOwnerError`.
   */
  lockReadAsync(options?: AsyncWaitOptions): Promise<boolean> {
    let hasWaited = false;
    return this.#header.tasks.wait("lock", {
      attempt: (isLifeCheck) => {
        if (this.#word.isMine) return false; // another task writes
        if (!this.#tryEnter() && !(isLifeCheck && this.#reader.tryAgain())) return false;
        if (hasWaited) this.#counts[this.#cell / 2 + READ_CONTENDED]++;
        return true;
      },
      arm: () => {
        hasWaited = true;
        return this.#word.announceTask();
      },
    }, options);
  }

  /** The lock's one guard for reading, for a block of a task: as `acquireAsync`. */
  acquireReadAsync(): Promise<Guard>;
  /** The same with a limit: `undefined` if the time ran out. */
  acquireReadAsync(options: AsyncWaitOptions): Promise<Guard | undefined>;
  async acquireReadAsync(options?: AsyncWaitOptions): Promise<Guard | undefined> {
    return await this.lockReadAsync(options) ? this.#readGuard : undefined;
  }

  /** Whether this attachment holds the lock, for reading or for writing, and the last writer died. */
  get ownerDied(): boolean {
    if (this.#words.length === 0) return false;
    // Written by the word's owner alone, which is this attachment or is kept out while this one reads.
    // Pairs: lock died.
    return (this.#isReading() || this.#word.isMine) && peek(this.#words, DIED_WORD) !== 0;
  }

  /** Writer, waiters, counts of the writers and of the readers. */
  stats(): RwLockStats {
    return { ...this.#header.stats(), ...this.#readers.stats() };
  }

  /** Writes from now on: the word is this attachment's, and no reader is inside. */
  #write(): true {
    this.#markIfSuspect();
    this.#counts[ACQUISITIONS_F64]++;
    return true;
  }

  /** The long way to write, for a word that is this attachment's already or not yet. */
  #lockTaken(isTaken: boolean, limit: WaitLimit): boolean {
    const waits = limit !== NO_WAIT;
    if (!isTaken && !(waits ? this.#word.take(limit) : this.#word.tryTake())) return false;
    let areOut = false;
    try {
      areOut = this.#readers.drain(limit);
    } finally {
      if (!areOut) this.#word.releaseUnrepaired(); // also if it threw: the caller does not have the lock then
    }
    if (!areOut) return false;
    this.#markIfSuspect();
    return this.#word.count(waits);
  }

  /**
   * Marks the word, so that unlocking takes the slow path, which clears the suspicion: readers may have released it for
   * a dead writer.
   */
  #markIfSuspect(): void {
    // Written by owners only, and this is the owner.
    if (peek(this.#words, DIED_WORD) !== 0) or(this.#words, LOCK_WORD, MARK); // pairs: lock word
  }

  /** Whether this attachment holds the lock for reading. Then `#cell` is its own. */
  #isReading(): boolean {
    // Written by this thread, if it names this attachment; else stale perhaps, and another's all the same.
    const holder = peek(this.#words, this.#cell);
    if (ownerOf(holder) === this.#id) return holder === (this.#id | INSIDE);
    const cell = this.#cells.find(); // claimed by another object, if at all
    if (cell === -1) return false;
    this.#cell = this.#cells.wordOf(cell);
    return peek(this.#words, this.#cell) === (this.#id | INSIDE);
  }

  /** Goes in, unless there is a writer. */
  #tryEnter(): boolean {
    const words = this.#words, cell = this.#cell, id = this.#id;
    // Dekker's way: this exchange, then the load of the word; a writer takes the word by an exchange, then loads the
    // cells. Pairs: cell holder.
    if (compareExchange(words, cell, id, id | INSIDE) !== id) return this.#enterAgain();
    if (load(words, LOCK_WORD) !== FREE) return this.#withdraw();
    this.#counts[cell / 2 + READ_ACQUISITIONS]++;
    return true;
  }

  /** The cell is not an idle one of this attachment: it reads already, has no cell yet, or lost it to another. */
  #enterAgain(): boolean {
    const words = this.#words;
    if (this.#isReading()) {
      words[this.#cell + READS_AGAIN]++; // writers see all along that it is inside
      return true;
    }
    let cell = this.#cells.claim();
    if (cell === -1) cell = this.#cells.claimIdle();
    if (cell === -1) this.#cells.refuse();
    this.#cell = this.#cells.wordOf(cell);
    return this.#tryEnter();
  }

  #lockReadTaken(limit: WaitLimit): boolean {
    if (!this.#reader.enter(limit.from(this.#word.now()))) return false;
    this.#counts[this.#cell / 2 + READ_CONTENDED]++;
    return true;
  }

  /** A reader that met a writer leaves again. */
  #withdraw(): false {
    store(this.#words, this.#cell, this.#id); // pairs: cell holder
    this.#readers.notifyWriter();
    return false;
  }

  #requireNotReading(): void {
    if (this.#isReading()) this.#reader.refuseWriting();
    // Claims a cell where one is free, so that the next call need not search all cells.
    if (this.#cell === ZERO_WORD) this.#cell = this.#cells.wordOr(ZERO_WORD, this.#cells.claim());
  }
}
