import { add, Backoff, compareExchange, load, peek, store } from "../atomic/mod.ts";
import { AlreadyOwnerError, NotOwnerError } from "../errors.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { CELL_BYTES, cellCount, Cells, DEFAULT_CELLS, storedCellCount } from "./shared/cells.ts";
import { EventCount } from "./event_count.ts";
import { Guard } from "./guard.ts";
import {
  ACQUISITIONS_F64,
  CONTENDED_F64,
  FREE,
  LOCK_BYTES,
  LOCK_WORD,
  MARK,
  ownerOf,
  RECOVERIES_F64,
} from "./shared/lock_format.ts";
import { LIFE_CHECK_MS, LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import {
  COUNT_WORD,
  NEXT_WORD,
  NONE,
  PASSED_WORD,
  SERVING_WORD,
  STATE,
  TAKING,
  TICKET,
  USED_WORD,
  WAITING,
} from "./ticket_lock_format.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** How a {@linkcode TicketLock} is made. */
export interface TicketLockOptions {
  /**
   * How many attachments may use it at once: up to 1024. Defaults to 64. Over a `SharedArrayBuffer`: how many may hold it
   * or wait for it.
   */
  readonly maxParticipants?: number;
}

/**
 * Lets one attachment at a time into a section of code, first come, first served, in any processes. Waiters spin, then
 * sleep; each change of turn wakes all that sleep, so it suits few waiters and short sections.
 *
 * An owner that dies leaves the lock to the next in line within 100 ms, who finds `ownerDied` true until it unlocks. A
 * ticket whose holder died waiting, or gave up when its time ran out, is passed over. A stopped owner keeps the lock, and
 * a stopped waiter its place: nobody behind it gets in. What counts as a death is said at {@linkcode Mutex}.
 *
 * How a death is told: before it takes a ticket, an attachment says so in its cell. A turn that no living attachment can
 * have, by what the cells say, is passed on. Source: J. Mellor-Crummey and M. Scott, "Algorithms for Scalable
 * Synchronization" (1991), for the lock; the cells are this project's.
 *
 * @example
 * ```ts
 * import { Region, TicketLock } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const region = Region.over(new SharedArrayBuffer(TicketLock.byteLength({})));
 * TicketLock.init(region, {});
 * const lock = TicketLock.attach(region, {});
 * assertEquals(lock.lock({ timeoutMs: 100 }), true);
 * lock.unlock();
 * ```
 */
export class TicketLock {
  /** The name in the catalog. */
  static readonly kind = "TicketLock";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #cells: Cells;
  readonly #passed: EventCount;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #guard: Guard;
  /** Spins, then sleeps. To give way in between would put this thread behind all others, and all tickets behind its own. */
  readonly #backoff = new Backoff({ yields: 0 });
  /** The state word of this attachment's cell. */
  #state = -1;
  /**
   * Whether this attachment keeps that cell. Where deaths are not seen, the cell of one that has gone would never be free
   * again, so it is freed after each use.
   */
  #keepsCell = false;

  private constructor(region: Region) {
    this.#header = new LockHeader("ticket lock", region);
    const count = storedCellCount(this.#header, "maxParticipants", region.source.i32[COUNT_WORD]);
    new LockHeader("ticket lock", region, LOCK_BYTES + count * CELL_BYTES);
    this.#cells = new Cells(this.#header, USED_WORD, LOCK_BYTES, count);
    this.#words = this.#header.words;
    this.#passed = new EventCount(this.#words, PASSED_WORD);
    this.#counts = this.#header.counts;
    this.#id = this.#header.id;
    this.#guard = new Guard(this);
  }

  /** The bytes a ticket lock takes. */
  static byteLength({ maxParticipants = DEFAULT_CELLS }: TicketLockOptions = {}): number {
    return LOCK_BYTES + cellCount("ticket lock", "maxParticipants", maxParticipants) * CELL_BYTES;
  }

  /** Prepares a ticket lock in zeroed memory. */
  static init(region: Region, { maxParticipants = DEFAULT_CELLS }: TicketLockOptions = {}): void {
    region.views.i32[COUNT_WORD] = maxParticipants;
  }

  /** Attaches to a ticket lock. A read-only attachment can only look at `stats()`. */
  static attach(region: Region, _options: TicketLockOptions): TicketLock {
    return new TicketLock(region);
  }

  /**
   * Takes the lock if nobody alive holds it or waits for it. Never blocks.
   *
   * @throws {AlreadyOwnerError} If this attachment holds it.
   * @throws {SegmentStateError} `FULL` if more than `maxParticipants` attachments use it.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLock(): boolean {
    if (this.#tryFast()) return true;
    this.#requireOther();
    while (this.#passOver()) if (this.#tryFast()) return true;
    return false;
  }

  /**
   * Takes a ticket, and waits for its turn.
   *
   * @returns False if the turn did not come in time; the ticket is then passed over.
   * @throws {AlreadyOwnerError} If this attachment holds it.
   * @throws {SegmentStateError} `FULL` if more than `maxParticipants` attachments use it.
   * @throws {TypeError | RangeError} If `timeoutMs` is no number, or negative.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const timeoutMs = options === undefined ? Infinity : this.#header.timeoutMs("lock", options);
    return this.#tryFast() || this.#lockTaken(timeoutMs);
  }

  /**
   * Passes the lock to the next in line.
   *
   * @throws {NotOwnerError} If this attachment does not hold it.
   * @throws {ClosedError} If the segment was closed, which gave the lock up as a death does.
   */
  unlock(): void {
    const words = this.#words;
    if (words.length === 0) this.#header.refuseUse("unlock");
    const owner = ownerOf(peek(words, LOCK_WORD)); // own id: written by this thread
    if (owner !== this.#id) this.#refuseUnlock(owner);
    if (!this.#keepsCell) this.#claimCell();
    const serving = peek(words, SERVING_WORD); // while this attachment lives and has the turn, nobody else passes it on
    // In this order: a death in between leaves a turn that nobody has, and no owner, so nothing is suspect.
    words[LOCK_WORD] = FREE;
    words[this.#state] = NONE;
    store(words, SERVING_WORD, (serving + 1) | 0); // pairs with the exchange in #tryFast and the loads in #lockTaken
    if (!this.#keepsCell) this.#leaveCell();
    this.#passed.notifyAll();
  }

  /**
   * Takes the lock for a block: `using guard = lock.acquire()`.
   *
   * @returns The lock's one guard, or undefined if the turn did not come in time.
   * @throws As `lock` does.
   */
  acquire(): Guard;
  /** With a limit: `undefined` if the time runs out. */
  acquire(options: WaitOptions): Guard | undefined;
  acquire(options?: WaitOptions): Guard | undefined {
    return this.lock(options) ? this.#guard : undefined;
  }

  /** Whether this attachment holds the lock and the owner before died. */
  get ownerDied(): boolean {
    return this.#words.length > 0 && peek(this.#words, LOCK_WORD) === (this.#id | MARK); // written by this thread
  }

  /** Owner, waiters and counts. */
  stats(): LockStats {
    if (this.#header.source.closed) this.#header.refuseUse("tell of");
    return this.#header.stats(ownerOf(load(this.#header.source.i32, LOCK_WORD)));
  }

  /** Takes the next ticket if its turn is now. */
  #tryFast(): boolean {
    const words = this.#words;
    if (words.length === 0) this.#header.refuseUse("lock");
    if (!this.#keepsCell) this.#claimCell();
    if (ownerOf(peek(words, LOCK_WORD)) === this.#id) this.#requireOther();
    const serving = peek(words, SERVING_WORD);
    words[this.#state] = TAKING;
    // The ticket `serving` was still to be had, so the turn was still its own: the plain look above was good. Pairs with
    // the store in unlock.
    if (compareExchange(words, NEXT_WORD, serving, (serving + 1) | 0) !== serving) {
      words[this.#state] = NONE;
      if (!this.#keepsCell) this.#leaveCell();
      return false;
    }
    this.#own();
    return true;
  }

  #lockTaken(timeoutMs: number): boolean {
    this.#requireOther();
    if (!this.#keepsCell) this.#claimCell();
    const words = this.#words, state = this.#state, deadline = this.#passed.now() + timeoutMs;
    store(words, state, TAKING);
    const ticket = add(words, NEXT_WORD, 1); // pairs with the load in #passOver: who sees the ticket taken sees TAKING
    store(words, state + TICKET - STATE, ticket);
    store(words, state, WAITING); // pairs with the load in #passOver, which then reads the ticket
    const backoff = this.#backoff;
    backoff.reset();
    let place = -1;
    try {
      while (true) {
        // The snapshot comes before the look, so that no change of turn is missed.
        const seen = backoff.isSleeping ? this.#passed.snapshot() : 0;
        if (load(words, SERVING_WORD) === ticket) return this.#turn(); // pairs with the store in unlock
        if (!backoff.isSleeping) {
          backoff.step();
          continue;
        }
        if (place === -1) place = this.#header.beginWaiting();
        if (this.#passOver()) continue;
        const until = Math.min(deadline, this.#passed.now() + LIFE_CHECK_MS);
        if (this.#passed.wait(seen, until) || until !== deadline) continue;
        return this.#giveUp(ticket);
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }

  /** The turn has come. */
  #turn(): true {
    store(this.#words, this.#state, TAKING);
    this.#own();
    this.#counts[CONTENDED_F64]++;
    return true;
  }

  /** The time ran out: nobody has the ticket from now on, unless its turn came just now. */
  #giveUp(ticket: number): boolean {
    store(this.#words, this.#state, TAKING);
    if (load(this.#words, SERVING_WORD) === ticket) return this.#turn(); // pairs with the store in unlock
    store(this.#words, this.#state, NONE);
    if (!this.#keepsCell) this.#leaveCell();
    // Whoever is next in line passes the ticket over when its turn comes.
    return false;
  }

  #claimCell(): void {
    const cell = this.#cells.claim();
    if (cell === -1) this.#cells.refuse();
    this.#state = this.#cells.wordOf(cell) + STATE;
    this.#keepsCell = this.#header.party.seesDeaths;
  }

  #leaveCell(): void {
    this.#cells.leave(this.#state - STATE);
  }

  /** Has the turn: becomes the owner. A name that an owner left tells that it died. */
  #own(): void {
    const before = peek(this.#words, LOCK_WORD); // written by owners only, and this is the only one
    this.#words[LOCK_WORD] = before === FREE ? this.#id : this.#id | MARK;
    this.#counts[ACQUISITIONS_F64]++;
    if (before !== FREE) this.#counts[RECOVERIES_F64]++;
  }

  /** Passes the turn on if no living attachment can have it, and returns whether it was passed on. */
  #passOver(): boolean {
    const words = this.#words;
    const serving = load(words, SERVING_WORD); // pairs with the store in unlock
    // Only a ticket that was taken: whoever has it said TAKING before, and says so still, or WAITING with it.
    if (load(words, NEXT_WORD) === serving) return false;
    const used = this.#cells.used;
    for (let cell = 0; cell < used; cell++) {
      const word = this.#cells.wordOf(cell);
      const state = load(words, word + STATE); // pairs with the stores of its owner
      if (state === NONE || (state === WAITING && load(words, word + TICKET) !== serving)) continue;
      const id = this.#cells.idAt(cell);
      if (id !== FREE && this.#header.party.isAlive(id)) return false;
    }
    // Pairs with the store in unlock: if the turn moved on meanwhile, nothing happens.
    if (compareExchange(words, SERVING_WORD, serving, (serving + 1) | 0) !== serving) return true;
    this.#passed.notifyAll();
    return true;
  }

  #requireOther(): void {
    if (ownerOf(peek(this.#words, LOCK_WORD)) !== this.#id) return; // own id: written by this thread
    throw new AlreadyOwnerError(
      `Cannot lock ${this.#header.what} as this attachment holds it already; unlock it first`,
    );
  }

  #refuseUnlock(owner: number): never {
    throw new NotOwnerError(
      `Cannot unlock ${this.#header.what} as this attachment must hold it: found ${
        owner === FREE ? "nobody" : this.#header.party.describe(owner)
      }`,
    );
  }
}
