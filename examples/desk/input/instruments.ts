import { type InstrumentModel, type Venue, VENUES } from "../instrument/instrument_model.ts";
import { modelOf, withRoom } from "../instrument/model_of.ts";
import type { JsonScanner } from "./json_scanner.ts";

/** The most bytes of a name. */
export const MAX_NAME_BYTES = 48;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * A source's instruments. Each gets an index when it is first seen; looking one up allocates nothing. What it is shows in its
 * name, or in a definition that came before.
 */
export class Instruments {
  readonly #models: InstrumentModel[] = [];
  readonly #bytes: Uint8Array[] = [];
  /** Indices by hash. */
  readonly #byHash: Map<number, number[]> = new Map();
  /** By venue and name. */
  readonly #defined: Map<string, InstrumentModel> = new Map();
  /** Definitions that came when their instrument was known by its name already, and say something else. */
  lateDefinitions = 0;

  /** The names, by index. */
  get names(): readonly string[] {
    return this.#models.map(({ name }) => name);
  }

  /** How many there are. */
  get length(): number {
    return this.#models.length;
  }

  /** What an instrument is. */
  at(index: number): InstrumentModel {
    return this.#models[index];
  }

  /** Takes definitions: they count for instruments that were not seen yet. */
  define(models: readonly InstrumentModel[]): void {
    for (const model of models) {
      const key = keyOf(model.name, model.venue),
        known = this.#models.find(({ name, venue }) => keyOf(name, venue) === key);
      if (known === undefined) this.#defined.set(key, withRoom(model));
      else if (!isSame(known, model)) this.lateDefinitions++;
    }
  }

  /**
   * Reads a name, a string of JSON.
   *
   * @returns Its index.
   * @throws {SyntaxError} If it is none, or cannot be a name: two that are told apart here are told apart everywhere.
   */
  read(scanner: JsonScanner, venue: Venue): number {
    scanner.string();
    const { bytes, textStart, textEnd } = scanner;
    if (textEnd === textStart || textEnd - textStart > MAX_NAME_BYTES) {
      scanner.fail(`an instrument's name must have 1 to ${MAX_NAME_BYTES} bytes`);
    }
    try {
      return this.indexOf(bytes, textStart, textEnd, venue);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      scanner.fail("an instrument's name must be UTF-8");
    }
  }

  /**
   * The index of a name that lies somewhere among bytes.
   *
   * @throws {TypeError} If it is no UTF-8.
   */
  indexOf(bytes: Uint8Array, start: number, end: number, venue: Venue): number {
    let hash = (end - start) * VENUES.length + VENUES.indexOf(venue);
    for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + bytes[i] | 0;
    const known = this.#byHash.get(hash);
    if (known !== undefined) {
      for (const index of known) if (this.#isAt(index, bytes, start, end, venue)) return index;
    }
    const bytesOfName = bytes.slice(start, end), name = decoder.decode(bytesOfName), index = this.#models.length;
    this.#models.push(this.#defined.get(keyOf(name, venue)) ?? modelOf(name, venue));
    this.#bytes.push(bytesOfName);
    if (known === undefined) this.#byHash.set(hash, [index]);
    else known.push(index);
    return index;
  }

  /** The index of a name. */
  add(name: string, venue: Venue): number {
    const bytes = new TextEncoder().encode(name);
    return this.indexOf(bytes, 0, bytes.length, venue);
  }

  #isAt(index: number, bytes: Uint8Array, start: number, end: number, venue: Venue): boolean {
    const name = this.#bytes[index];
    if (name.length !== end - start || this.#models[index].venue !== venue) return false;
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
    return true;
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
