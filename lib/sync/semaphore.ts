import { Backoff, compareExchange, load, peek } from "../atomic/mod.ts";
import { AlreadyOwnerError, NotOwnerError } from "../errors.ts";
import { OWN_TYPE, requireOptions } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { cellCount } from "./shared/cells.ts";
import { EventCount } from "./event_count.ts";
import { Guard } from "./guard.ts";
import { FIRST_OWN_WORD, FREE, LOCK_BYTES, MARK, ownerOf } from "./shared/lock_format.ts";
import { LIFE_CHECK_MS, LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** How a {@linkcode Semaphore} is made. */
export interface SemaphoreOptions {
  /** How many permits there are: from 1 to 1024. */
  readonly permits: number;
}

/*
 * Behind the header (see lock_format.ts; its lock word and counts stay zero):
 *
 *     offset  bytes  field
 *         32      4  event count: a permit came back
 *         36      4  permits
 *        256      …  permits
 *
 *     offset  bytes  field of a permit
 *          0      4  who holds it, 0 for nobody; marked if its holder before died
 *          4     60  zero
 *         64      8  acquisitions, f64, written by the holder alone
 *         72      8  acquisitions that had to wait, f64, written by the holder alone
 *         80      8  recoveries, f64, written by the holder alone
 *         88     40  zero
 */
const RETURNED_WORD = FIRST_OWN_WORD;
const COUNT_WORD = FIRST_OWN_WORD + 1;
const PERMIT_BYTES = 128;
const PERMIT_WORDS: number = PERMIT_BYTES / 4;
const FIRST_PERMIT: number = LOCK_BYTES / 4;
const ACQUISITIONS = 8;
const CONTENDED = 9;
const RECOVERIES = 10;

/** What {@linkcode Semaphore} tells of itself. */
export interface SemaphoreStats extends LockStats {
  /** How many permits there are. */
  readonly permits: number;
  /** How many of them attachments that live hold. */
  readonly held: number;
}

/**
 * Lets up to a number of permits into a section of code, held by whichever processes. An attachment may hold several; it
 * gives back its own only, so a semaphore limits use and does not signal: for that there is `Event`. Who waits sleeps.
 * Not fair.
 *
 * Each permit names its holder, so the permits of one that dies come back by themselves within 100 ms, to the next who
 * wants one: it finds `ownerDied` true until it gives it back. A stopped holder keeps its permits. What counts as a death
 * is said at {@linkcode Mutex}. Taking a permit looks through them: fast for some dozens.
 *
 * Source: E. Dijkstra's P and V; a word for each permit, in place of a count, is this project's.
 *
 * @example
 * ```ts
 * import { Region, Semaphore } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { permits: 2 };
 * const region = Region.over(new SharedArrayBuffer(Semaphore.byteLength(options)));
 * Semaphore.init(region, options);
 * const semaphore = Semaphore.attach(region, options);
 * assertEquals([semaphore.tryLock(), semaphore.tryLock(), semaphore.tryLock()], [true, true, false]);
 * semaphore.unlock();
 * assertEquals(semaphore.stats().held, 1);
 * ```
 */
export class Semaphore {
  /** The name in the catalog. */
  static readonly kind = "Semaphore";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** How many permits there are. */
  readonly permits: number;
  readonly #header: LockHeader;
  readonly #returned: EventCount;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #guard: Guard;
  readonly #backoff = new Backoff({ yields: 0 });
  /** The word of the permit taken or given back last: free or its own, most of the time. */
  #last: number;

  private constructor(region: Region) {
    this.#header = new LockHeader("semaphore", region);
    this.permits = cellCount("semaphore", "permits", region.source.i32[COUNT_WORD]);
    new LockHeader("semaphore", region, LOCK_BYTES + this.permits * PERMIT_BYTES);
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#returned = new EventCount(this.#words, RETURNED_WORD);
    this.#id = this.#header.id;
    this.#guard = new Guard(this);
    this.#last = FIRST_PERMIT + (this.#id % this.permits) * PERMIT_WORDS;
  }

  /** The bytes a semaphore takes. */
  static byteLength(options: SemaphoreOptions): number {
    requireOptions("make a semaphore", options, "with permits");
    return LOCK_BYTES + cellCount("semaphore", "permits", options.permits) * PERMIT_BYTES;
  }

  /** Prepares a semaphore in zeroed memory. */
  static init(region: Region, options: SemaphoreOptions): void {
    Semaphore.byteLength(options);
    region.views.i32[COUNT_WORD] = options.permits;
  }

  /** Attaches to a semaphore; `permits` is read from it. A read-only attachment can only look at `stats()`. */
  static attach(region: Region, _options: Partial<SemaphoreOptions>): Semaphore {
    return new Semaphore(region);
  }

  /**
   * Takes a permit if there is one that nobody alive holds. Never blocks.
   *
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLock(): boolean {
    return this.#tryFast() || this.#takeFree() || this.#takeOver();
  }

  /**
   * Takes a permit, and sleeps until there is one.
   *
   * @returns False if there was none in time.
   * @throws {AlreadyOwnerError} If this attachment holds all permits.
   * @throws {TypeError | RangeError} If `timeoutMs` is no number, or negative.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const timeoutMs = options === undefined ? Infinity : this.#header.timeoutMs("lock", options);
    return this.#tryFast() || this.#takeFree() || this.#lockTaken(timeoutMs);
  }

  /**
   * Gives a permit back.
   *
   * @throws {NotOwnerError} If this attachment holds none.
   * @throws {ClosedError} If the segment was closed, which gave all its permits up as a death does.
   */
  unlock(): void {
    if (this.#words.length === 0) this.#header.refuseUse("unlock");
    // Pairs with the exchange of the permit's next holder; then, Dekker's way, with the snapshot in #lockTaken.
    if (compareExchange(this.#words, this.#last, this.#id, FREE) !== this.#id) this.#giveBackAnother();
    this.#returned.notifyOne();
  }

  /**
   * Takes a permit for a block: `using guard = semaphore.acquire()`.
   *
   * @returns The semaphore's one guard, or undefined if there was no permit in time.
   * @throws As `lock` does.
   */
  acquire(): Guard;
  /** With a limit: `undefined` if the time runs out. */
  acquire(options: WaitOptions): Guard | undefined;
  acquire(options?: WaitOptions): Guard | undefined {
    return this.lock(options) ? this.#guard : undefined;
  }

  /** Whether this attachment holds the permit it took last, and that permit's holder before died. */
  get ownerDied(): boolean {
    return this.#words.length > 0 && peek(this.#words, this.#last) === (this.#id | MARK); // written by this thread
  }

  /** Waiters, counts and permits. The owner is told if there is one permit only. */
  stats(): SemaphoreStats {
    const { source, party } = this.#header;
    if (source.closed) this.#header.refuseUse("tell of");
    let held = 0, acquisitions = 0, contended = 0, recoveries = 0, owner = FREE;
    for (let i = 0; i < this.permits; i++) {
      const word = FIRST_PERMIT + i * PERMIT_WORDS, id = ownerOf(load(source.i32, word)); // pairs with the exchanges
      if (id !== FREE && party.isAlive(id)) held++;
      if (this.permits === 1) owner = id;
      acquisitions += source.f64[word / 2 + ACQUISITIONS];
      contended += source.f64[word / 2 + CONTENDED];
      recoveries += source.f64[word / 2 + RECOVERIES];
    }
    return { ...this.#header.stats(owner), acquisitions, contended, recoveries, permits: this.permits, held };
  }

  #tryFast(): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    // Pairs with the exchange in unlock.
    if (compareExchange(this.#words, this.#last, FREE, this.#id) !== FREE) return false;
    this.#counts[this.#last / 2 + ACQUISITIONS]++;
    return true;
  }

  /** Looks for a free permit from the last one on. */
  #takeFree(): boolean {
    const end = FIRST_PERMIT + this.permits * PERMIT_WORDS;
    let word = this.#last;
    for (let i = 0; i < this.permits; i++) {
      if (load(this.#words, word) === FREE && this.#change(word, FREE, this.#id)) return true; // pairs with unlock
      word = word + PERMIT_WORDS < end ? word + PERMIT_WORDS : FIRST_PERMIT;
    }
    return false;
  }

  /** Looks for a permit whose holder died. A death right after the exchange is found by the next one in the same way. */
  #takeOver(): boolean {
    for (let i = 0; i < this.permits; i++) {
      const permit = FIRST_PERMIT + i * PERMIT_WORDS;
      const word = load(this.#words, permit); // pairs with the exchanges of its holder
      const id = ownerOf(word);
      if (id === FREE ? this.#change(permit, FREE, this.#id) : false) return true;
      if (id === FREE || id === this.#id || this.#header.party.isAlive(id)) continue;
      if (!this.#change(permit, word, this.#id | MARK)) continue;
      this.#counts[permit / 2 + RECOVERIES]++;
      return true;
    }
    return false;
  }

  #lockTaken(timeoutMs: number): boolean {
    this.#requireOthers();
    const deadline = this.#returned.now() + timeoutMs;
    const backoff = this.#backoff;
    for (backoff.reset(); !backoff.isSleeping; backoff.step()) if (this.#takeFree()) return this.#contended();
    const place = this.#header.beginWaiting();
    try {
      for (let mayBeDead = true;;) {
        const seen = this.#returned.snapshot();
        if (this.#takeFree() || (mayBeDead && this.#takeOver())) return this.#contended();
        const until = Math.min(deadline, this.#returned.now() + LIFE_CHECK_MS);
        mayBeDead = !this.#returned.wait(seen, until);
        if (mayBeDead && until === deadline) return this.#takeOver() && this.#contended();
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }

  /** Somebody else holds a permit that is worth waiting for. */
  #requireOthers(): void {
    for (let i = 0; i < this.permits; i++) {
      // Own id: written by this thread.
      if (ownerOf(load(this.#words, FIRST_PERMIT + i * PERMIT_WORDS)) !== this.#id) return;
    }
    throw new AlreadyOwnerError(
      `Cannot lock ${this.#header.what} as this attachment holds all its permits; unlock it first`,
    );
  }

  #giveBackAnother(): void {
    for (let i = 0; i < this.permits; i++) {
      const permit = FIRST_PERMIT + i * PERMIT_WORDS;
      const word = load(this.#words, permit); // own id: written by this thread
      if (ownerOf(word) !== this.#id) continue;
      compareExchange(this.#words, permit, word, FREE); // pairs as in unlock
      this.#last = permit;
      return;
    }
    throw new NotOwnerError(`Cannot unlock ${this.#header.what} as this attachment must hold a permit: found none`);
  }

  #change(permit: number, from: number, to: number): boolean {
    // Pairs with the exchange in unlock.
    if (compareExchange(this.#words, permit, from, to) !== from) return false;
    this.#last = permit;
    this.#counts[permit / 2 + ACQUISITIONS]++;
    return true;
  }

  #contended(): true {
    this.#counts[this.#last / 2 + CONTENDED]++;
    return true;
  }
}
