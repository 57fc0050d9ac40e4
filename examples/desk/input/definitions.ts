import type { InstrumentModel, Venue } from "../instrument/instrument_model.ts";
import { modelOf, withRoom } from "../instrument/model_of.ts";

/**
 * Definitions of instruments in recordings, shared by all that are played together. A definition counts for instruments
 * that were not seen before it: what the desk holds does not change its nature.
 */
export class Definitions {
  /** Definitions that came when their instrument was in use already, and say something else. */
  late = 0;
  readonly #defined: Map<string, InstrumentModel> = new Map();
  readonly #used: Map<string, InstrumentModel> = new Map();

  /** Takes definitions. */
  define(models: readonly InstrumentModel[]): void {
    for (const model of models) {
      const key = keyOf(model.name, model.venue), used = this.#used.get(key);
      if (used === undefined) this.#defined.set(key, withRoom(model));
      else if (!isSame(used, model)) this.late++;
    }
  }

  /** What is known of an instrument by now: its definition, or what its name says. */
  of(name: string, venue: Venue): InstrumentModel {
    const key = keyOf(name, venue);
    return this.#used.get(key) ?? this.#defined.get(key) ?? modelOf(name, venue);
  }

  /** The same, and from now on it stays so. */
  use(name: string, venue: Venue): InstrumentModel {
    const model = this.of(name, venue);
    this.#used.set(keyOf(name, venue), model);
    return model;
  }
}

function keyOf(name: string, venue: Venue): string {
  return `${venue} ${name}`;
}

/** Whether two models lead to the same accounts. */
function isSame(one: InstrumentModel, other: InstrumentModel): boolean {
  return (["kind", "base", "quote", "contractSize", "expiryMs", "strike", "isCall"] as const)
    .every((field) => Object.is(one[field], other[field]));
}
