import { type InstrumentModel, type Venue, VENUES } from "../instrument/instrument_model.ts";
import { Definitions } from "./definitions.ts";
import type { JsonScanner } from "./json_scanner.ts";

/** The most bytes of a name. */
export const MAX_NAME_BYTES = 48;

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** Digits after the point. */
export interface SeenDigits {
  priceDigits: number;
  quantityDigits: number;
}

/**
 * The instruments that events are about. Each gets an index when it is first seen; looking one up allocates nothing.
 */
export class Instruments {
  /** The definitions in recordings. */
  readonly definitions: Definitions;
  readonly #models: InstrumentModel[] = [];
  readonly #bytes: Uint8Array[] = [];
  /** Indices by hash. */
  readonly #byHash: Map<number, number[]> = new Map();
  readonly #settles: boolean;
  readonly #seen: (SeenDigits | undefined)[] = [];

  /**
   * @param definitions Shared by sources that are played together.
   * @param settles Whether what an instrument is, is settled here: not by sources that hand their events on.
   */
  constructor(definitions?: Definitions, settles: boolean = definitions === undefined) {
    this.#settles = settles;
    this.definitions = definitions ?? new Definitions();
  }

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

  /**
   * Reads a name, a string of JSON.
   *
   * @returns Its index.
   * @throws {SyntaxError} If it is none, or cannot be a name: two that differ here differ everywhere.
   */
  read(scanner: JsonScanner, venue: Venue): number {
    scanner.string();
    return this.find(scanner, scanner.textStart, scanner.textEnd, venue);
  }

  /** The same for a name that was gone over before. */
  find(scanner: JsonScanner, start: number, end: number, venue: Venue): number {
    if (end <= start || end - start > MAX_NAME_BYTES) {
      scanner.fail(`an instrument's name must have 1 to ${MAX_NAME_BYTES} bytes`);
    }
    try {
      return this.indexOf(scanner.bytes, start, end, venue);
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
    this.#models.push(this.#settles ? this.definitions.use(name, venue) : this.definitions.of(name, venue));
    this.#bytes.push(bytesOfName);
    if (known === undefined) this.#byHash.set(hash, [index]);
    else known.push(index);
    return index;
  }

  /** The index of a name. @param seen The known digits, for a definition without them. */
  add(name: string, venue: Venue, seen?: SeenDigits): number {
    const bytes = encoder.encode(name), count = this.#models.length;
    const index = this.indexOf(bytes, 0, bytes.length, venue);
    if (seen !== undefined && index === count) {
      const { priceDigits, quantityDigits } = this.#models[index];
      this.#models[index] = {
        ...this.#models[index],
        priceDigits: Number.isNaN(priceDigits) ? seen.priceDigits : priceDigits,
        quantityDigits: Number.isNaN(quantityDigits) ? seen.quantityDigits : quantityDigits,
      };
    }
    return index;
  }

  /** Notes digits after the point that an instrument's prices and quantities were sent with. */
  note(index: number, priceDigits: number, quantityDigits: number): void {
    const seen = this.#seen[index] ??= { priceDigits, quantityDigits };
    if (priceDigits > seen.priceDigits) seen.priceDigits = priceDigits;
    if (quantityDigits > seen.quantityDigits) seen.quantityDigits = quantityDigits;
  }

  /** The most digits that were noted; undefined if none were. */
  seen(index: number): SeenDigits | undefined {
    return this.#seen[index];
  }

  #isAt(index: number, bytes: Uint8Array, start: number, end: number, venue: Venue): boolean {
    const name = this.#bytes[index];
    if (name.length !== end - start || this.#models[index].venue !== venue) return false;
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
    return true;
  }
}
