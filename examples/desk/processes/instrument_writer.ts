import { type InstrumentModel, VENUE_TEXTS } from "../instrument/instrument_model.ts";
import type { Desk } from "../layout/desk.ts";
import { rowOfModel } from "../layout/instrument_rows.ts";
import { takeOver } from "./take_over.ts";

/**
 * Makes instruments known: the one writer of their table. Rows are given in the order of addition, as none is ever
 * taken away: so a row is an instrument's index, also for a successor, which adds the same ones again.
 */
export class InstrumentWriter implements Disposable {
  readonly #writer: ReturnType<Desk["instruments"]["writer"]>;
  readonly #names: Set<string> = new Set();

  constructor(desk: Desk) {
    this.#writer = takeOver(() => desk.instruments.writer());
  }

  /** How many were added. */
  get length(): number {
    return this.#names.size;
  }

  /** Adds the next one. It is called what its venue calls it, and its venue's name too if another one is called so. */
  add(model: InstrumentModel): void {
    let name = model.name;
    while (this.#names.has(name)) name += ` ${VENUE_TEXTS[model.venue]}`;
    const row = this.#writer.set(name, rowOfModel(model));
    if (row !== this.#names.size) {
      throw new Error(`Cannot add instrument ${this.#names.size} as its row must be its number: received ${row}`);
    }
    this.#names.add(name);
  }

  /** Releases the role. */
  [Symbol.dispose](): void {
    this.#writer.close();
  }
}
