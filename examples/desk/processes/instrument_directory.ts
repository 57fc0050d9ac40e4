import { type Desk, MAX_INSTRUMENTS } from "../layout/desk.ts";
import { InstrumentRow } from "../layout/records.ts";
import { coinOf } from "../pricing/coin.ts";
import { type OptionName, parseOptionName } from "../pricing/option_name.ts";

/** What a process knows of an instrument. */
export interface Instrument {
  readonly index: number;
  readonly name: string;
  /** What it is an option on; undefined for a future. */
  readonly option: OptionName | undefined;
  /** Which coin it is about: deltas of different ones do not add up. */
  readonly coin: string;
}

/** The instruments of a desk, as the feed made them known. An event's instrument is known before the event is seen. */
export class InstrumentDirectory {
  readonly #desk: Desk;
  readonly #known: Instrument[] = [];
  readonly #row = InstrumentRow.alloc();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** The instrument of an index. */
  at(index: number): Instrument {
    if (index >= this.#known.length) this.#learn();
    return this.#known[index];
  }

  /** All that are known by now. */
  all(): readonly Instrument[] {
    this.#learn();
    return this.#known;
  }

  /** The future that the desk hedges with: the first one; undefined if there is none yet. */
  get hedge(): Instrument | undefined {
    const found = this.#known.find(isFuture);
    if (found !== undefined) return found;
    this.#learn();
    return this.#known.find(isFuture);
  }

  #learn(): void {
    const { instruments } = this.#desk;
    for (let index = this.#known.length; index < MAX_INSTRUMENTS && instruments.read(index, this.#row); index++) {
      const { name } = this.#row;
      const option = parseOptionName(name);
      this.#known.push({ index, name, option, coin: option?.currency ?? coinOf(name) });
    }
  }
}

function isFuture({ option }: Instrument): boolean {
  return option === undefined;
}
