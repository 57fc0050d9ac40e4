import { add, Backoff, compareExchange, load, peek, store } from "../atomic/mod.ts";
import { OwnerDiedError } from "../errors.ts";
import { OWN_TYPE, requireOptions } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { CELL_OWN_WORD, Cells, lockBytes, storedCellCount } from "./shared/cells.ts";
import { EventCount } from "./event_count.ts";
import { announcedTo } from "./shared/async/announced.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import { LockTasks } from "./shared/async/lock_tasks.ts";
import { FIRST_OWN_WORD, FREE } from "./shared/lock_format.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { NO_WAIT, type WaitLimit } from "./shared/wait_limit.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** How a {@linkcode Barrier} is made. */
export interface BarrierOptions {
  /** How many attachments meet: from 1 to 1024. */
  readonly parties: number;
}

/*
 * After the header (see lock_format.ts; its lock word and counts stay zero):
 *
 *     offset  bytes  field
 *         32      4  round: how often all have met
 *         36      4  event count: the round ended
 *         40      4  cells ever used
 *         44      4  parties, and so cells
 *         48      4  how often an attachment took a dead party's place
 *        256      …  cells
 *
 *     a cell's own words
 *          4      4  last arrival: 2 × round + 1; 0 for none
 *          8      4  the last arrival whose party knows that its round has ended
 *
 * Where deaths are not seen, cells have no holder: each arrival takes any that has none in the round.
 */
const ROUND_WORD = FIRST_OWN_WORD;
const ENDED_WORD = FIRST_OWN_WORD + 1;
const USED_WORD = FIRST_OWN_WORD + 2;
const PARTIES_WORD = FIRST_OWN_WORD + 3;
const HEIRS_WORD = FIRST_OWN_WORD + 4;
const ARRIVED: number = CELL_OWN_WORD;
const KNOWN_END: number = CELL_OWN_WORD + 1;

/** What a cell says after an arrival in a round: never 0, which an empty cell says. */
function arrivalIn(round: number): number {
  return (round << 1) | 1;
}

/** The statistics of a {@linkcode Barrier}. */
export interface BarrierStats extends LockStats {
  /** How many attachments meet. */
  readonly parties: number;
  /** How many of them have arrived in this round. */
  readonly arrived: number;
  /** How often all have met, modulo 2^32. */
  readonly rounds: number;
}

/**
 * Where a fixed number of attachments wait for each other, round after round, in any of the processes. An attachment
 * becomes one of the parties when it first waits.
 *
 * If a party dies before it has arrived, the others get an {@linkcode OwnerDiedError} within 100 ms instead of waiting
 * for ever; if it dies after it has arrived, they get it in the next round. Their arrival stands: they may wait again,
 * and continue when another attachment has taken the dead one's place by waiting. A stopped party is waited for. A
 * process that dies before it first waits is not known here: use `timeoutMs`. See {@linkcode Lock} for what counts as a
 * death. Over a `SharedArrayBuffer`, where deaths are not seen, any attachments may meet in each round.
 *
 * Source: D. Hensgen, R. Finkel, U. Manber, "Two Algorithms for Barrier Synchronization" (1988): no count that a death
 * could leave wrong, but a place for each party.
 *
 * @example
 * ```ts
 * import { Barrier, Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { parties: 1 };
 * const region = Region.over(new SharedArrayBuffer(Barrier.byteLength(options)));
 * Barrier.init(region, options);
 * const barrier = Barrier.attach(region, options);
 * assertEquals(barrier.wait(), true); // all one of us are here
 * assertEquals(barrier.stats().rounds, 1);
 * ```
 */
export class Barrier {
  /** The name in the catalog. */
  static readonly kind = "Barrier";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** How many attachments meet. */
  readonly parties: number;
  readonly #header: LockHeader;
  readonly #words: Int32Array;
  readonly #cells: Cells;
  readonly #ended: EventCount;
  readonly #backoff = new Backoff();
  /** The first word of this attachment's cell; −1 before the first use, and where cells have no holder. */
  #cell = -1;
  /** Where cells have no holder: the round in which this attachment arrived and whose end it does not know yet. */
  #pending: number | undefined;

  private constructor(region: Region) {
    this.#header = new LockHeader("barrier", region);
    this.parties = storedCellCount(this.#header, "parties", PARTIES_WORD);
    this.#words = this.#header.words;
    // Off every fast path: atomic, as a barrier has no owner.
    const onInherited = () => void add(this.#words, HEIRS_WORD, 1); // pairs: barrier heirs
    this.#cells = new Cells(this.#header, USED_WORD, this.parties, onInherited);
    this.#ended = new EventCount(this.#words, ENDED_WORD);
  }

  /** The bytes a barrier takes. */
  static byteLength(options: BarrierOptions): number {
    requireOptions("make a barrier", options, "with parties");
    return lockBytes("barrier", "parties", options.parties);
  }

  /** Prepares a barrier in zeroed memory. */
  static init(region: Region, options: BarrierOptions): void {
    Barrier.byteLength(options);
    region.views.i32[PARTIES_WORD] = options.parties;
  }

  /** Attaches to a barrier; `parties` is read from it. A read-only attachment can only read `stats()`. */
  static attach(region: Region, _options: Partial<BarrierOptions>): Barrier {
    return new Barrier(region);
  }

  /**
   * Arrives, and sleeps until all parties have arrived.
   *
   * @param options `timeoutMs` and `stop`; `WaitOptions` has the rules of all forms that block.
   * @returns True if all have arrived. False if the time ran out: the arrival stands, and the next call continues the
   * wait.
   * @throws {OwnerDiedError} If a party died before it arrived. The arrival stands.
   * @throws {AlreadyOwnerError} Without a limit, if a party that has not arrived is another attachment of this very
   * thread, as the wait would never end. The arrival stands.
   * @throws {SegmentStateError} `FULL` if there are as many parties already, all alive. Not over a `SharedArrayBuffer`.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  wait(options?: WaitOptions): boolean {
    const words = this.#words;
    if (words.length === 0) this.#header.refuseUse("wait at");
    const limit = this.#header.limitOf("wait at", options).from(this.#ended.now());
    const round = this.#header.party.seesDeaths ? this.#arrive() : this.#arriveAnywhere();
    if (!this.#endRound(round) && !this.#spin(round) && !this.#sleep(round, limit)) return false;
    return this.#endsKnown();
  }

  /**
   * As `wait`, but waits in the event loop. Tasks of one attachment are one party.
   *
   * @param options `timeoutMs` and `signal`; `AsyncWaitOptions` has the rules of all async forms.
   * @returns True if all have arrived. False if the time ran out: the arrival stands, also if the wait is cancelled.
   */
  waitAsync(options?: AsyncWaitOptions): Promise<boolean> {
    let round: number | undefined;
    return new LockTasks(this.#header).wait("wait at", {
      attempt: (isLifeCheck) => {
        round ??= this.#header.party.seesDeaths ? this.#arrive() : this.#arriveAnywhere();
        if (this.#endRound(round)) return this.#endsKnown();
        // Not an endless wait: a waiting task does not keep other attachments of this thread from arriving.
        if (isLifeCheck) this.#requireLiving(round, NO_WAIT);
        return false;
      },
      arm: () => announcedTo(this.#ended),
    }, options);
  }

  /**
   * Parties, arrivals and rounds. Rounds count as `acquisitions`, dead parties whose place was taken as `recoveries`.
   */
  stats(): BarrierStats {
    const { source } = this.#header;
    if (source.closed) this.#header.refuseUse("report on");
    const round = load(source.i32, ROUND_WORD); // pairs: barrier round
    let arrived = 0;
    for (let cell = 0; cell < this.parties; cell++) {
      // pairs: barrier arrival
      if (load(source.i32, this.#cells.wordOf(cell) + ARRIVED) === arrivalIn(round)) arrived++;
    }
    const rounds = round >>> 0, recoveries = load(source.i32, HEIRS_WORD) >>> 0; // pairs: barrier heirs
    return { ...this.#header.stats(FREE), acquisitions: rounds, recoveries, parties: this.parties, arrived, rounds };
  }

  /** Notes that this attachment knows of the end of the round in which it arrived. */
  #endsKnown(): true {
    const words = this.#words;
    this.#pending = undefined;
    // Own cell: written by this thread.
    if (this.#cell !== -1) words[this.#cell + KNOWN_END] = words[this.#cell + ARRIVED];
    return true;
  }

  /**
   * Arrives in this attachment's own cell, if it has not. Returns the round; one that has ended if this attachment is
   * to learn of that now.
   */
  #arrive(): number {
    if (this.#cell === -1) this.#cell = this.#claimCell();
    const words = this.#words, arrived = peek(words, this.#cell + ARRIVED);
    const round = load(words, ROUND_WORD); // pairs: barrier round
    if (arrived === arrivalIn(round)) return round; // in an earlier call, whose time ran out
    if (arrived !== peek(words, this.#cell + KNOWN_END)) return (round - 1) | 0; // and that round has ended since
    store(words, this.#cell + ARRIVED, arrivalIn(round)); // pairs: barrier arrival; the last to arrive sees all
    return round;
  }

  #claimCell(): number {
    const cell = this.#cells.claim();
    if (cell === -1) this.#cells.refuse();
    return this.#cells.wordOf(cell);
  }

  /** Arrives in any cell, if this object has not. Returns the round. */
  #arriveAnywhere(): number {
    const words = this.#words;
    while (this.#pending === undefined) {
      const round = load(words, ROUND_WORD); // pairs: barrier round
      for (let cell = 0; cell < this.parties && this.#pending === undefined; cell++) {
        const word = this.#cells.wordOf(cell) + ARRIVED, before = load(words, word); // pairs: barrier arrival
        // One of this round is taken; one of a later round shows that this one has ended.
        if (before !== 0 && ((before - arrivalIn(round)) | 0) >= 0) continue;
        // Pairs: barrier arrival; the last to arrive sees all.
        if (compareExchange(words, word, before, arrivalIn(round)) === before) this.#pending = round;
      }
      if (this.#pending === undefined) this.#endRound(round); // all have arrived
    }
    return this.#pending;
  }

  /** Ends the round if all have arrived. Returns whether it has ended, now or before. */
  #endRound(round: number): boolean {
    const words = this.#words;
    if (load(words, ROUND_WORD) !== round) return true; // pairs: barrier round
    for (let cell = 0; cell < this.parties; cell++) {
      const word = this.#cells.wordOf(cell);
      if (load(words, word + ARRIVED) !== arrivalIn(round)) return false; // pairs: barrier arrival
    }
    // Pairs: barrier round. Of all that see every arrival, one ends the round.
    if (compareExchange(words, ROUND_WORD, round, (round + 1) | 0) === round) this.#ended.notifyAll();
    return true;
  }

  #spin(round: number): boolean {
    const backoff = this.#backoff;
    for (backoff.reset(); !backoff.isSleeping; backoff.step()) {
      if (load(this.#words, ROUND_WORD) !== round) return true; // pairs: barrier round
    }
    return false;
  }

  #sleep(round: number, limit: WaitLimit): boolean {
    const attempt = (isLifeCheck: boolean) => {
      if (this.#endRound(round)) return true;
      if (isLifeCheck) this.#requireLiving(round, limit);
      return false;
    };
    // No check of lives at first: most rounds end soon, and the check asks the kernel about each party.
    return this.#header.sleepUntil(this.#ended, limit, attempt, false);
  }

  /** All known parties that have not arrived are alive. */
  #requireLiving(round: number, limit: WaitLimit): void {
    const { party, what } = this.#header;
    for (let cell = 0; cell < this.#cells.used; cell++) {
      const id = this.#cells.idAt(cell);
      if (id === FREE) continue;
      // pairs: barrier arrival
      if (load(this.#words, this.#cells.wordOf(cell) + ARRIVED) === arrivalIn(round)) continue;
      if (party.isAlive(id)) {
        this.#header.refuseEndless("wait at", id, limit);
        continue;
      }
      throw new OwnerDiedError(
        `Cannot wait at ${what} as all parties must live: ${
          party.describe(id)
        } died; wait again once another has taken its place`,
      );
    }
  }
}
