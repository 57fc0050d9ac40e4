import { compareExchange, load } from "../atomic/mod.ts";
import { SegmentFormatError } from "../errors.ts";
import type { EventCount } from "./event_count.ts";
import type { Cells } from "./shared/cells.ts";
import type { LockHeader } from "./shared/lock_header.ts";
import { NEXT_WORD, NONE, SERVING_WORD, STATE, TICKET, WAITING } from "./ticket_lock_format.ts";

/** The turns of a ticket lock: which of them a living attachment has, and passing over the others. */
export class TicketTurns {
  readonly #header: LockHeader;
  readonly #cells: Cells;
  readonly #passed: EventCount;

  /**
   * @param header Of the lock.
   * @param cells With the state of each attachment.
   * @param passed Notified when the turn has changed.
   */
  constructor(header: LockHeader, cells: Cells, passed: EventCount) {
    this.#header = header;
    this.#cells = cells;
    this.#passed = passed;
  }

  /**
   * Refuses words that contradict each other: a turn ahead of all tickets drawn would be waited for through 2^32 turns.
   *
   * @param action What is refused, in messages.
   */
  requireOrder(action: string): void {
    const { i32 } = this.#header.source;
    while (true) {
      const serving = load(i32, SERVING_WORD), next = load(i32, NEXT_WORD); // pairs: ticket turn, ticket drawn
      if (((next - serving) | 0) >= 0) return;
      // The two were there together, unless the turn moved on while this thread was stopped between the loads. Pairs:
      // ticket turn.
      if (load(i32, SERVING_WORD) === serving) this.#refuseDisorder(action, serving, next);
    }
  }

  /** Passes the turn on, past all tickets that no living attachment has. Returns whether the turn has changed. */
  passOver(): boolean {
    this.requireOrder("lock");
    const { words } = this.#header;
    const serving = load(words, SERVING_WORD); // pairs: ticket turn
    // Only tickets that were drawn by now: the cell of a ticket's holder was TAKING before, and is so still, or is
    // WAITING with that ticket.
    const drawn = (load(words, NEXT_WORD) - serving) | 0; // pairs: ticket drawn
    if (drawn <= 0) return false;
    const passed = this.#isOver(serving) ? this.#countUnheld(serving, drawn) : 0;
    if (passed === 0) return false;
    // If the turn has changed meanwhile, nothing happens. Pairs: ticket turn.
    if (compareExchange(words, SERVING_WORD, serving, (serving + passed) | 0) === serving) this.#passed.notifyAll();
    return true;
  }

  /** Whether no living attachment has this turn. */
  #isOver(serving: number): boolean {
    return this.#countUnheld(serving, 1) === 1;
  }

  /** How many tickets in a row, of so many from this one on, no living attachment has. */
  #countUnheld(first: number, count: number): number {
    const { words, party } = this.#header, used = this.#cells.used;
    let unheld = count;
    for (let cell = 0; cell < used && unheld > 0; cell++) {
      const word = this.#cells.wordOf(cell);
      const state = load(words, word + STATE); // pairs: ticket holder
      if (state === NONE) continue;
      // One that is about to draw a ticket may have any of them.
      const ahead = state === WAITING ? (load(words, word + TICKET) - first) | 0 : 0;
      if (ahead < 0 || ahead >= unheld) continue;
      const id = this.#cells.idAt(cell);
      if (id !== 0 && party.isAlive(id)) unheld = ahead;
    }
    return unheld;
  }

  #refuseDisorder(action: string, serving: number, next: number): never {
    throw new SegmentFormatError(
      "OBJECT",
      `Cannot ${action} ${this.#header.what} as its turn must not be ahead of the tickets drawn: found turn ${
        serving >>> 0
      }, next ticket ${next >>> 0}`,
    );
  }
}
