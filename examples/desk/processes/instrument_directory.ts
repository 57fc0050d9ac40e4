import { type Contract, contractOf } from "../instrument/contract.ts";
import { type InstrumentModel, isFuture, isHedge, isValued, optionTermsOf } from "../instrument/instrument_model.ts";
import type { OptionTerms } from "../instrument/option_terms.ts";
import { type Desk, MAX_INSTRUMENTS } from "../layout/desk.ts";
import { modelOfRow } from "../layout/instrument_rows.ts";
import { InstrumentRow } from "../layout/records.ts";

/** What a process knows of an instrument. */
export interface Instrument {
  readonly index: number;
  /** What it is called here: its venue's name, and the venue's if an instrument before it is called the same. */
  readonly name: string;
  /** What it is. */
  readonly model: InstrumentModel;
  /** What it is an option on; undefined if it is no option, or too little of it is known. */
  readonly option: OptionTerms | undefined;
  /** Whether it is a future or a perpetual. */
  readonly isFuture: boolean;
  /** Whether enough is known to hold it, and to compute its value. */
  readonly isValued: boolean;
  /** What a unit of its quantity is. */
  readonly contract: Contract;
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

  /** The future that the desk hedges with: the first one of which all is known; undefined if there is none yet. */
  get hedge(): Instrument | undefined {
    const found = this.#known.find(hedges);
    if (found !== undefined) return found;
    this.#learn();
    return this.#known.find(hedges);
  }

  #learn(): void {
    const { instruments } = this.#desk;
    for (let index = this.#known.length; index < MAX_INSTRUMENTS && instruments.read(index, this.#row); index++) {
      const model = modelOfRow(this.#row);
      this.#known.push({
        index,
        name: instruments.keyOf(index) as string,
        model,
        option: optionTermsOf(model),
        isFuture: isFuture(model),
        isValued: isValued(model),
        contract: contractOf(model),
        coin: model.base,
      });
    }
  }
}

function hedges({ model }: Instrument): boolean {
  return isHedge(model);
}
