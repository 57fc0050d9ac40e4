import { add, Backoff, load, peek, store } from "../atomic/mod.ts";
import type { EventCount } from "./event_count.ts";
import type { Cells } from "./shared/cells.ts";
import {
  ACQUISITIONS_F64,
  CONTENDED_F64,
  FREE,
  LOCK_WORD,
  MARK,
  ownerOf,
  RECOVERIES_F64,
} from "./shared/lock_format.ts";
import type { LockHeader } from "./shared/lock_header.ts";
import type { WaitLimit } from "./shared/wait_limit.ts";
import { NEXT_WORD, NONE, SERVING_WORD, STATE, TAKING, TICKET, WAITING } from "./ticket_lock_format.ts";
import type { TicketTurns } from "./ticket_turns.ts";

/** One attachment at a ticket lock: its cell, the ticket with which it waits, and its turn. */
export class TicketHolder {
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
  stateWord = -1;
  /** Whether a task waits with a ticket, and so keeps the cell. */
  #isKept = false;

  /**
   * @param header Of the lock.
   * @param cells With the state of each attachment.
   * @param turns Of the lock.
   * @param passed Notified when the turn has changed.
   */
  constructor(header: LockHeader, cells: Cells, turns: TicketTurns, passed: EventCount) {
    this.#header = header;
    this.#cells = cells;
    this.#turns = turns;
    this.#passed = passed;
    this.#words = header.words;
    this.#counts = header.counts;
    this.#id = header.id;
  }

  /** Whether this attachment has the lock. */
  isOwner(): boolean {
    return ownerOf(peek(this.#words, LOCK_WORD)) === this.#id; // own id: written by this thread
  }

  /**
   * Runs a part of a call with `stateWord` set. Where deaths are not seen, the cell of one that has gone would never be
   * free again: there a cell is kept only while its attachment holds the lock or waits for it.
   */
  withCell<T>(call: () => T): T {
    if (this.stateWord !== -1) return call();
    const cell = this.#cells.claim(); // finds the one with which another object took the lock
    if (cell === -1) this.#cells.refuse();
    const word = this.#cells.wordOf(cell);
    this.stateWord = word + STATE;
    if (this.#header.party.seesDeaths) return call();
    try {
      return call();
    } finally {
      this.stateWord = -1;
      if (!this.#isKept && !this.isOwner()) this.#cells.leave(word);
    }
  }

  /**
   * Draws a ticket.
   *
   * @param isKept Whether a task waits with it, beyond this call.
   */
  draw(isKept: boolean): number {
    const words = this.#words, state = this.stateWord;
    store(words, state, TAKING); // pairs: ticket holder
    const ticket = add(words, NEXT_WORD, 1); // pairs: ticket drawn; one that sees it drawn sees TAKING
    store(words, state + TICKET - STATE, ticket);
    store(words, state, WAITING); // pairs: ticket holder; one that sees it sees the ticket
    this.#isKept = isKept;
    return ticket;
  }

  /** Whether this attachment waits with a ticket. Own cell: written by this thread. */
  hasTicket(ticket: number): boolean {
    const state = this.stateWord;
    return peek(this.#words, state) === WAITING && peek(this.#words, state + TICKET - STATE) === ticket;
  }

  /** Waits for the turn of the ticket. */
  awaitTurn(ticket: number, limit: WaitLimit): boolean {
    const backoff = this.#backoff;
    for (backoff.reset(); !backoff.isSleeping; backoff.step()) {
      if (load(this.#words, SERVING_WORD) === ticket) return this.takeTurn(); // pairs: ticket turn
    }
    return this.#sleep(ticket, limit);
  }

  /** The turn has come. */
  takeTurn(): true {
    this.#isKept = false;
    store(this.#words, this.stateWord, TAKING); // pairs: ticket holder
    this.own();
    this.#counts[CONTENDED_F64]++;
    return true;
  }

  /** Becomes the owner, and counts that. The turn is this attachment's. */
  own(): void {
    const words = this.#words;
    const before = peek(words, LOCK_WORD); // written by owners only, and this is the only one
    words[LOCK_WORD] = before === FREE ? this.#id : this.#id | MARK; // a name that an owner left shows that it died
    this.#counts[ACQUISITIONS_F64]++;
    if (before !== FREE) this.#counts[RECOVERIES_F64]++;
  }

  /** Gives the ticket up, unless its turn has just come: returns whether it has. */
  giveUp(ticket: number): boolean {
    store(this.#words, this.stateWord, TAKING); // pairs: ticket holder
    if (load(this.#words, SERVING_WORD) === ticket) return this.takeTurn(); // pairs: ticket turn
    // Pairs: ticket holder. The next in line passes the ticket over when its turn comes.
    store(this.#words, this.stateWord, NONE);
    return false;
  }

  /** A task gives its ticket up, if it still has it. As `giveUp`. */
  giveUpTask(ticket: number): boolean {
    this.#isKept = false;
    return this.hasTicket(ticket) && this.giveUp(ticket);
  }

  #sleep(ticket: number, limit: WaitLimit): boolean {
    return this.#header.sleepUntil(this.#passed, limit, () => {
      do {
        if (load(this.#words, SERVING_WORD) === ticket) return this.takeTurn(); // pairs: ticket turn
      } while (this.#turns.passOver());
      return false;
    });
  }
}
