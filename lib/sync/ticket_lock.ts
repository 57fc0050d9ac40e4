import { add, Backoff, compareExchange, load, peek, release, store } from "../atomic/mod.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { EventCount } from "./event_count.ts";
import { Cells, DEFAULT_CELLS, lockBytes, storedCellCount } from "./shared/cells.ts";
import { GuardedLock, plainGuard } from "./shared/guarded_lock.ts";
import type { Lock } from "./shared/lock.ts";
import {
  ACQUISITIONS_F64,
  CONTENDED_F64,
  FREE,
  LOCK_WORD,
  MARK,
  ownerOf,
  RECOVERIES_F64,
} from "./shared/lock_format.ts";
import { announcedTo } from "./shared/async/announced.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import { NO_LIMIT, type WaitLimit } from "./shared/wait_limit.ts";
import type { WaitOptions } from "./shared/wait_options.ts";
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
import { TicketTurns } from "./ticket_turns.ts";

/** How a {@linkcode TicketLock} is made. */
export interface TicketLockOptions {
  /**
   * How many attachments may use it at once: up to 1024. Defaults to 64. Over a `SharedArrayBuffer`: how many may hold
   * it or wait for it.
   */
  readonly maxParticipants?: number;
}

/**
 * Lets one attachment at a time into a section of code, first come, first served, in any of the processes. Waiters
 * spin, then sleep. Each change of turn wakes all that sleep, so it suits few waiters and short sections. See
 * {@linkcode Lock} for its methods and for what counts as a death.
 *
 * A ticket is passed over if its holder died while waiting, or gave up because its time ran out. A stopped waiter keeps
 * its place, and nobody behind it gets in.
 *
 * Before it takes a ticket, an attachment notes that in its cell: a turn that, by the cells, no living attachment can
 * have is passed on. Source: J. Mellor-Crummey and M. Scott, "Algorithms for Scalable Synchronization" (1991), for the
 * lock; the cells are this project's.
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
export class TicketLock extends GuardedLock implements Lock {
  /** The name in the catalog. */
  static readonly kind = "TicketLock";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #cells: Cells;
  readonly #turns: TicketTurns;
  readonly #passed: EventCount;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  /**
   * Spins, then sleeps. To give way in between would put this thread behind all others, and all tickets behind its own.
   */
  readonly #backoff = new Backoff({ yields: 0 });
  /** The state word of this attachment's cell; −1 before the first use, and where cells are not kept. */
  #state = -1;
  /** Whether a task has drawn a ticket. */
  #isDrawn = false;

  private constructor(region: Region) {
    super(plainGuard);
    this.#header = new LockHeader("ticket lock", region);
    const count = storedCellCount(this.#header, "maxParticipants", COUNT_WORD);
    this.#cells = new Cells(this.#header, USED_WORD, count);
    this.#passed = new EventCount(this.#header.words, PASSED_WORD);
    this.#turns = new TicketTurns(this.#header, this.#cells, this.#passed);
    this.#turns.requireOrder("attach to");
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#id = this.#header.id;
  }

  /** The bytes a ticket lock takes. */
  static byteLength({ maxParticipants = DEFAULT_CELLS }: TicketLockOptions = {}): number {
    return lockBytes("ticket lock", "maxParticipants", maxParticipants);
  }

  /** Prepares a ticket lock in zeroed memory. */
  static init(region: Region, { maxParticipants = DEFAULT_CELLS }: TicketLockOptions = {}): void {
    region.views.i32[COUNT_WORD] = maxParticipants;
  }

  /** Attaches to a ticket lock. A read-only attachment can only read `stats()`. */
  static attach(region: Region, _options: TicketLockOptions): TicketLock {
    return new TicketLock(region);
  }

  /**
   * As {@linkcode Lock.tryLock}: also false while another attachment waits, or is within a call that takes the lock,
   * tries to, or passes it on.
   *
   * @throws {SegmentStateError} `FULL` if more than `maxParticipants` attachments use it.
   * @throws {SegmentFormatError} If its words contradict each other.
   */
  tryLock(): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    return this.#tryTake() || this.#tryTakeOver();
  }

  /**
   * As {@linkcode Lock.lock}: takes a ticket, and waits for its turn. If the time runs out, the ticket is passed over.
   *
   * @throws {SegmentStateError} `FULL` if more than `maxParticipants` attachments use it.
   * @throws {SegmentFormatError} If its words contradict each other.
   */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const limit = options === undefined ? NO_LIMIT : this.#header.limitOf("lock", options);
    return this.#tryTake() || this.#lockTaken(limit);
  }

  /** Passes the lock to the next in line. */
  unlock(): void {
    const words = this.#words;
    if (words.length === 0) this.#header.refuseUse("unlock");
    const owner = ownerOf(peek(words, LOCK_WORD)); // own id: written by this thread
    if (owner !== this.#id) this.#header.refuseUnlock(owner);
    if (this.#state === -1) return this.#unlockAnew();
    // While this attachment lives and its cell says TAKING, nobody else passes its turn on.
    const serving = peek(words, SERVING_WORD);
    // In this order: a death in between leaves a turn that nobody has, and no owner, so nothing is suspect. And a
    // thread that is stopped in between has not given up its turn before it has passed it on: others would have, and it
    // would set the turn back.
    words[LOCK_WORD] = FREE;
    release(words, SERVING_WORD, (serving + 1) | 0); // pairs: ticket turn
    store(words, this.#state, NONE); // pairs: ticket holder; and a fence, before the check for sleepers
    this.#passed.notifyAll();
  }

  /** As {@linkcode Lock.lockAsync}: takes a ticket, once no other task of this attachment has one or holds the lock. */
  lockAsync(options?: AsyncWaitOptions): Promise<boolean> {
    let ticket: number | undefined;
    return this.#header.tasks.wait("lock", {
      attempt: (isLifeCheck) => {
        if (ownerOf(peek(this.#words, LOCK_WORD)) === this.#id) return false; // own id: written by this thread
        // A call that locked without waiting in the event loop has taken the ticket's place.
        if (ticket !== undefined && !this.#withCell(() => this.#hasTicket(ticket!))) ticket = undefined;
        if (ticket === undefined) {
          if (this.#tryTake()) return true;
          ticket = this.#withCell(() => this.#draw());
        }
        // A turn that comes between two checks of this task waits for it: a living holder's ticket is never passed
        // over.
        while (load(this.#words, SERVING_WORD) !== ticket) { // pairs: ticket turn
          if (!isLifeCheck || !this.#turns.passOver()) return false;
        }
        this.#isDrawn = false;
        return this.#withCell(() => this.#turn());
      },
      arm: () => announcedTo(this.#passed),
      disarm: (isOver) => {
        if (isOver || ticket === undefined || this.#words.length === 0) return;
        this.#isDrawn = false;
        if (this.#withCell(() => this.#hasTicket(ticket!) && this.#giveUp(ticket!))) this.unlock();
      },
    }, options);
  }

  get ownerDied(): boolean {
    return this.#words.length > 0 && peek(this.#words, LOCK_WORD) === (this.#id | MARK); // written by this thread
  }

  stats(): LockStats {
    return this.#header.stats();
  }

  /** Takes the next ticket if its turn is now. */
  #tryTake(): boolean {
    const words = this.#words;
    if (this.#state === -1) return this.#tryTakeAnew();
    if (ownerOf(peek(words, LOCK_WORD)) === this.#id) this.#header.refuseTwice(); // own id: written by this thread
    const serving = load(words, SERVING_WORD); // pairs: ticket turn; sees what the last owner wrote
    words[this.#state] = TAKING; // plain: ordered by the exchange
    // Pairs: ticket drawn. The ticket `serving` was still to be had, so the turn is still its own.
    if (compareExchange(words, NEXT_WORD, serving, (serving + 1) | 0) !== serving) {
      // pairs: ticket holder; and a fence, before the check whether the turn is anybody's
      store(words, this.#state, NONE);
      return false;
    }
    const before = peek(words, LOCK_WORD); // written by owners only, and this is the only one
    words[LOCK_WORD] = before === FREE ? this.#id : this.#id | MARK; // a name that an owner left shows that it died
    this.#counts[ACQUISITIONS_F64]++;
    if (before !== FREE) this.#counts[RECOVERIES_F64]++;
    return true;
  }

  // Kept apart from the fast paths: a function that makes another is slower from its first line on.

  #tryTakeAnew(): boolean {
    return this.#withCell(() => this.#tryTake());
  }

  #unlockAnew(): void {
    this.#withCell(() => this.unlock());
  }

  /** Takes the lock if all that hold it or wait for it are dead or gave up. */
  #tryTakeOver(): boolean {
    while (this.#turns.passOver()) if (this.#tryTake()) return true;
    return false;
  }

  #lockTaken(relative: WaitLimit): boolean {
    const limit = relative.from(this.#passed.now());
    this.#turns.requireOrder("lock");
    this.#header.refuseEndless("lock", ownerOf(load(this.#words, LOCK_WORD)), limit); // pairs: lock word
    return this.#withCell(() => this.#wait(limit));
  }

  /**
   * Runs a part of a call with `#state` set. Where deaths are not seen, the cell of one that has gone would never be
   * free again: there a cell is kept only while its attachment holds the lock or waits for it.
   */
  #withCell<T>(call: () => T): T {
    if (this.#state !== -1) return call();
    const cell = this.#cells.claim(); // finds the one with which another object took the lock
    if (cell === -1) this.#cells.refuse();
    const word = this.#cells.wordOf(cell);
    this.#state = word + STATE;
    if (this.#header.party.seesDeaths) return call();
    try {
      return call();
    } finally {
      this.#state = -1;
      // own id: written by this thread
      if (!this.#isDrawn && ownerOf(peek(this.#words, LOCK_WORD)) !== this.#id) this.#cells.leave(word);
    }
  }

  /** Draws a ticket for a task, which keeps the cell until it has its turn or gives up. */
  #draw(): number {
    const words = this.#words, state = this.#state;
    store(words, state, TAKING); // pairs: ticket holder
    const ticket = add(words, NEXT_WORD, 1); // pairs: ticket drawn; one that sees it drawn sees TAKING
    store(words, state + TICKET - STATE, ticket);
    store(words, state, WAITING); // pairs: ticket holder; one that sees it sees the ticket
    this.#isDrawn = true;
    return ticket;
  }

  /** Whether this attachment waits with a ticket. Own cell: written by this thread. */
  #hasTicket(ticket: number): boolean {
    const state = this.#state;
    return peek(this.#words, state) === WAITING && peek(this.#words, state + TICKET - STATE) === ticket;
  }

  /** Takes a ticket and waits for its turn. */
  #wait(limit: WaitLimit): boolean {
    const words = this.#words, ticket = this.#draw();
    this.#isDrawn = false;
    try {
      if (this.#awaitTurn(ticket, limit)) return true;
    } catch (error) {
      // The check of an owner may have failed, for example. The next in line must not wait for this one.
      if (words.length > 0) {
        if (this.#giveUp(ticket)) this.unlock();
        else this.#passed.notifyAll();
      }
      throw error;
    }
    if (this.#giveUp(ticket)) return true;
    // While the cell said TAKING, others took this attachment for the one whose turn it is, and fell asleep.
    this.#turns.passOver();
    return false;
  }

  #awaitTurn(ticket: number, limit: WaitLimit): boolean {
    const words = this.#words, backoff = this.#backoff;
    for (backoff.reset(); !backoff.isSleeping; backoff.step()) {
      if (load(words, SERVING_WORD) === ticket) return this.#turn(); // pairs: ticket turn
    }
    return this.#sleep(ticket, limit);
  }

  #sleep(ticket: number, limit: WaitLimit): boolean {
    return this.#header.sleepUntil(this.#passed, limit, () => {
      do {
        if (load(this.#words, SERVING_WORD) === ticket) return this.#turn(); // pairs: ticket turn
      } while (this.#turns.passOver());
      return false;
    });
  }

  /** The turn has come. */
  #turn(): true {
    const words = this.#words;
    store(words, this.#state, TAKING); // pairs: ticket holder
    const before = peek(words, LOCK_WORD); // as in #tryTake
    words[LOCK_WORD] = before === FREE ? this.#id : this.#id | MARK;
    this.#counts[ACQUISITIONS_F64]++;
    this.#counts[CONTENDED_F64]++;
    if (before !== FREE) this.#counts[RECOVERIES_F64]++;
    return true;
  }

  /** Gives the ticket up, unless its turn has just come: returns whether it has. */
  #giveUp(ticket: number): boolean {
    store(this.#words, this.#state, TAKING); // pairs: ticket holder
    if (load(this.#words, SERVING_WORD) === ticket) return this.#turn(); // pairs: ticket turn
    // Pairs: ticket holder. The next in line passes the ticket over when its turn comes.
    store(this.#words, this.#state, NONE);
    return false;
  }
}
