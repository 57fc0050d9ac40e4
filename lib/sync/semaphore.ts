import { Backoff, compareExchange, load, peek } from "../atomic/mod.ts";
import { AlreadyOwnerError, NotOwnerError } from "../errors.ts";
import { OWN_TYPE, requireOptions } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { EventCount } from "./event_count.ts";
import { COUNT_WORD, FIRST_PERMIT, PERMIT_WORDS, RETURNED_WORD } from "./semaphore_format.ts";
import { lockBytes, storedCellCount } from "./shared/cells.ts";
import { GuardedLock, plainGuard } from "./shared/guarded_lock.ts";
import type { Lock } from "./shared/lock.ts";
import { ACQUISITIONS_F64, CONTENDED_F64, FREE, MARK, ownerOf, RECOVERIES_F64 } from "./shared/lock_format.ts";
import { announcedTo } from "./shared/async/announced.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import { NO_LIMIT, type WaitLimit } from "./shared/wait_limit.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** How a {@linkcode Semaphore} is made. */
export interface SemaphoreOptions {
  /** The number of permits: from 1 to 1024. */
  readonly permits: number;
}

/** The statistics of a {@linkcode Semaphore}. */
export interface SemaphoreStats extends LockStats {
  /** How many permits there are. */
  readonly permits: number;
  /** How many of them living attachments hold. */
  readonly held: number;
}

/**
 * Lets as many holders into a section of code as it has permits, in any of the processes; the others sleep. An
 * attachment may hold several permits and can release only its own, so a semaphore limits use and does not signal: for
 * that there is `Event`. Not fair. Taking a permit searches them one by one: fast for some dozens. See {@linkcode Lock}
 * for its methods and for what counts as a death.
 *
 * Each permit names its holder, so the permits of one that dies come back by themselves within 100 ms: the next holder
 * of such a permit finds `ownerDied` true until it releases it.
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
export class Semaphore extends GuardedLock implements Lock {
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
  readonly #backoff = new Backoff({ yields: 0 });
  /** The word of the permit that this object took or released last: free or its own, most of the time. */
  #last: number;

  private constructor(region: Region) {
    super(plainGuard);
    this.#header = new LockHeader("semaphore", region);
    this.permits = storedCellCount(this.#header, "permits", COUNT_WORD);
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#returned = new EventCount(this.#words, RETURNED_WORD);
    this.#id = this.#header.id;
    this.#last = this.#permitAt(this.#id % this.permits);
  }

  /** The bytes a semaphore takes. */
  static byteLength(options: SemaphoreOptions): number {
    requireOptions("make a semaphore", options, "with permits");
    return lockBytes("semaphore", "permits", options.permits);
  }

  /** Prepares a semaphore in zeroed memory. */
  static init(region: Region, options: SemaphoreOptions): void {
    Semaphore.byteLength(options);
    region.views.i32[COUNT_WORD] = options.permits;
  }

  /** Attaches to a semaphore; `permits` is read from it. A read-only attachment can only read `stats()`. */
  static attach(region: Region, _options: Partial<SemaphoreOptions>): Semaphore {
    return new Semaphore(region);
  }

  /** As {@linkcode Lock.tryLock}: takes a permit, if one is free. */
  tryLock(): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    return this.#tryLast() || this.#takeFree() || this.#takeOver();
  }

  /**
   * As {@linkcode Lock.lock}: takes a permit.
   *
   * @throws {AlreadyOwnerError} If this attachment holds all permits.
   */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const limit = options === undefined ? NO_LIMIT : this.#header.limitOf("lock", options);
    return this.#tryLast() || this.#takeFree() || this.#lockTaken(limit);
  }

  /**
   * Releases a permit: the one that was taken last, if that is still held.
   *
   * @throws {NotOwnerError} If this attachment holds none.
   */
  unlock(): void {
    if (this.#words.length === 0) this.#header.refuseUse("unlock");
    // Pairs: permit; then, Dekker's way, with the snapshot in #lockTaken.
    if (compareExchange(this.#words, this.#last, this.#id, FREE) !== this.#id) this.#releaseAnother();
    this.#returned.notifyOne();
  }

  /** As {@linkcode Lock.lockAsync}: takes a permit. */
  lockAsync(options?: AsyncWaitOptions): Promise<boolean> {
    let hasWaited = false;
    return this.#header.tasks.wait("lock", {
      attempt: (isLifeCheck) => {
        if (!this.#tryLast() && !this.#takeFree() && !(isLifeCheck && this.#takeOver())) return false;
        return !hasWaited || this.#contended();
      },
      arm: () => {
        hasWaited = true;
        return announcedTo(this.#returned);
      },
    }, options);
  }

  /** Whether the permit that this object took last is still held, and its previous holder died. */
  get ownerDied(): boolean {
    return this.#words.length > 0 && peek(this.#words, this.#last) === (this.#id | MARK); // written by this thread
  }

  /** Waiters, counts and permits; the owner, if there is one permit only. */
  stats(): SemaphoreStats {
    const { source, party } = this.#header;
    if (source.closed) this.#header.refuseUse("report on");
    let held = 0, acquisitions = 0, contended = 0, recoveries = 0, owner = FREE;
    for (let i = 0; i < this.permits; i++) {
      const permit = this.#permitAt(i), id = ownerOf(load(source.i32, permit)); // pairs: permit
      if (id !== FREE && party.isAlive(id)) held++;
      if (this.permits === 1) owner = id;
      acquisitions += source.f64[permit / 2 + ACQUISITIONS_F64];
      contended += source.f64[permit / 2 + CONTENDED_F64];
      recoveries += source.f64[permit / 2 + RECOVERIES_F64];
    }
    return { ...this.#header.stats(owner), acquisitions, contended, recoveries, permits: this.permits, held };
  }

  /** The word of a permit. */
  #permitAt(index: number): number {
    return FIRST_PERMIT + index * PERMIT_WORDS;
  }

  #tryLast(): boolean {
    if (compareExchange(this.#words, this.#last, FREE, this.#id) !== FREE) return false; // pairs: permit
    this.#counts[this.#last / 2 + ACQUISITIONS_F64]++;
    return true;
  }

  /** Takes a free permit, searching from the last one on. */
  #takeFree(): boolean {
    const end = this.#permitAt(this.permits);
    let permit = this.#last;
    for (let i = 0; i < this.permits; i++) {
      if (load(this.#words, permit) === FREE && this.#change(permit, FREE, this.#id)) return true; // pairs: permit
      permit = permit + PERMIT_WORDS < end ? permit + PERMIT_WORDS : FIRST_PERMIT;
    }
    return false;
  }

  /**
   * Takes a permit whose holder died. If this process dies right after the exchange, the next holder takes it over in
   * the same way.
   */
  #takeOver(): boolean {
    for (let i = 0; i < this.permits; i++) {
      const permit = this.#permitAt(i), word = load(this.#words, permit), id = ownerOf(word); // pairs: permit
      if (id === FREE && this.#change(permit, FREE, this.#id)) return true; // it came back meanwhile
      if (id === FREE || id === this.#id || this.#header.party.isAlive(id)) continue;
      if (!this.#change(permit, word, this.#id | MARK)) continue;
      this.#counts[permit / 2 + RECOVERIES_F64]++;
      return true;
    }
    return false;
  }

  #lockTaken(relative: WaitLimit): boolean {
    const limit = relative.from(this.#returned.now()), backoff = this.#backoff;
    this.#requireOthers(limit);
    for (backoff.reset(); !backoff.isSleeping; backoff.step()) if (this.#takeFree()) return this.#contended();
    return this.#sleep(limit) && this.#contended();
  }

  #sleep(limit: WaitLimit): boolean {
    return this.#header.sleepUntil(
      this.#returned,
      limit,
      (isLifeCheck) => this.#takeFree() || (isLifeCheck && this.#takeOver()),
    );
  }

  /** Another holds a permit that is worth waiting for. */
  #requireOthers(limit: WaitLimit): void {
    const { party } = this.#header;
    let another = this.#id;
    for (let i = 0; i < this.permits; i++) {
      const id = ownerOf(load(this.#words, this.#permitAt(i))); // pairs: permit
      if (id === this.#id) continue;
      if (id === FREE || !party.isOfThisThread(id)) return;
      another = id;
    }
    if (another !== this.#id) return this.#header.refuseEndless("lock", another, limit);
    throw new AlreadyOwnerError(
      `Cannot lock ${this.#header.what} as this attachment holds all its permits; unlock it first`,
    );
  }

  /** The last permit is not simply this attachment's: it is marked, or it is not held any more. */
  #releaseAnother(): void {
    if (this.#tryRelease(this.#last)) return;
    for (let i = 0; i < this.permits; i++) if (this.#tryRelease(this.#permitAt(i))) return;
    throw new NotOwnerError(`Cannot unlock ${this.#header.what} as this attachment must hold a permit: found none`);
  }

  #tryRelease(permit: number): boolean {
    const word = load(this.#words, permit); // own id: written by this thread
    if (ownerOf(word) !== this.#id) return false;
    compareExchange(this.#words, permit, word, FREE); // pairs: permit
    this.#last = permit;
    return true;
  }

  #change(permit: number, from: number, to: number): boolean {
    if (compareExchange(this.#words, permit, from, to) !== from) return false; // pairs: permit
    this.#last = permit;
    this.#counts[permit / 2 + ACQUISITIONS_F64]++;
    return true;
  }

  #contended(): true {
    this.#counts[this.#last / 2 + CONTENDED_F64]++;
    return true;
  }
}
