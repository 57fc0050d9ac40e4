import { compareExchange, load, peek, release, store } from "../atomic/mod.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { EventCount } from "./event_count.ts";
import { Cells, DEFAULT_CELLS, lockBytes, storedCellCount } from "./shared/cells.ts";
import { GuardedLock, plainGuard } from "./shared/guarded_lock.ts";
import type { Lock } from "./shared/lock.ts";
import { FREE, LOCK_WORD, MARK, ownerOf } from "./shared/lock_format.ts";
import { announcedTo } from "./shared/async/announced.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import { NO_LIMIT, type WaitLimit } from "./shared/wait_limit.ts";
import type { WaitOptions } from "./shared/wait_options.ts";
import { TicketHolder } from "./ticket_holder.ts";
import { COUNT_WORD, NEXT_WORD, NONE, PASSED_WORD, SERVING_WORD, TAKING, USED_WORD } from "./ticket_lock_format.ts";
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
 * its place, and none behind it gets in.
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
  readonly #turns: TicketTurns;
  readonly #passed: EventCount;
  readonly #holder: TicketHolder;
  readonly #words: Int32Array;
  readonly #id: number;

  private constructor(region: Region) {
    super(plainGuard);
    this.#header = new LockHeader("ticket lock", region);
    const count = storedCellCount(this.#header, "maxParticipants", COUNT_WORD);
    const cells = new Cells(this.#header, USED_WORD, count);
    this.#passed = new EventCount(this.#header.words, PASSED_WORD);
    this.#turns = new TicketTurns(this.#header, cells, this.#passed);
    this.#turns.requireOrder("attach to");
    this.#holder = new TicketHolder(this.#header, cells, this.#turns, this.#passed);
    this.#words = this.#header.words;
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
    const state = this.#holder.stateWord;
    if (state === -1) return this.#unlockAnew();
    // While this attachment lives and its cell says TAKING, no other passes its turn on.
    const serving = peek(words, SERVING_WORD);
    // In this order: a death in between leaves a turn without a holder, and no owner, so nothing is suspect. And a
    // thread that is stopped in between has not given up its turn before it has passed it on: others would have, and it
    // would set the turn back.
    words[LOCK_WORD] = FREE;
    release(words, SERVING_WORD, (serving + 1) | 0); // pairs: ticket turn
    store(words, state, NONE); // pairs: ticket holder; and a fence, before the check for sleepers
    this.#passed.notifyAll();
  }

  /** As {@linkcode Lock.lockAsync}: takes a ticket, once no other task of this attachment has one or holds the lock. */
  lockAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const holder = this.#holder;
    let ticket: number | undefined;
    return this.#header.tasks.wait("lock", {
      attempt: (isLifeCheck) => {
        if (holder.isOwner()) return false;
        // A call that locked without waiting in the event loop has taken the ticket's place.
        if (ticket !== undefined && !holder.withCell(() => holder.hasTicket(ticket!))) ticket = undefined;
        if (ticket === undefined) {
          if (this.#tryTake()) return true;
          ticket = holder.withCell(() => holder.draw(true));
        }
        // A turn that comes between two checks of this task waits for it: a living holder's ticket is never passed
        // over.
        while (load(this.#words, SERVING_WORD) !== ticket) { // pairs: ticket turn
          if (!isLifeCheck || !this.#turns.passOver()) return false;
        }
        return holder.withCell(() => holder.takeTurn());
      },
      arm: () => announcedTo(this.#passed),
      disarm: (isOver) => {
        if (isOver || ticket === undefined || this.#words.length === 0) return;
        if (holder.withCell(() => holder.giveUpTask(ticket!))) this.unlock();
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
    const words = this.#words, state = this.#holder.stateWord;
    if (state === -1) return this.#tryTakeAnew();
    if (this.#holder.isOwner()) this.#header.refuseTwice();
    const serving = load(words, SERVING_WORD); // pairs: ticket turn; sees what the last owner wrote
    words[state] = TAKING; // plain: ordered by the exchange
    // Pairs: ticket drawn. The ticket `serving` was still to be had, so the turn is still its own.
    if (compareExchange(words, NEXT_WORD, serving, (serving + 1) | 0) !== serving) {
      // pairs: ticket holder; and a fence, before the check whether the turn has a holder
      store(words, state, NONE);
      return false;
    }
    this.#holder.own();
    return true;
  }

  // Kept apart from the fast paths: a function that makes another is slower from its first line on.

  #tryTakeAnew(): boolean {
    return this.#holder.withCell(() => this.#tryTake());
  }

  #unlockAnew(): void {
    this.#holder.withCell(() => this.unlock());
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
    return this.#holder.withCell(() => this.#wait(limit));
  }

  /** Takes a ticket and waits for its turn. */
  #wait(limit: WaitLimit): boolean {
    const holder = this.#holder, ticket = holder.draw(false);
    try {
      if (holder.awaitTurn(ticket, limit)) return true;
    } catch (error) {
      // The check of an owner may have failed, for example. The next in line must not wait for this one.
      if (this.#words.length > 0) {
        if (holder.giveUp(ticket)) this.unlock();
        else this.#passed.notifyAll();
      }
      throw error;
    }
    if (holder.giveUp(ticket)) return true;
    // While the cell said TAKING, others took this attachment for the one whose turn it is, and fell asleep.
    this.#turns.passOver();
    return false;
  }
}
