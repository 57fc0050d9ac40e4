/** How many changes of an instrument are remembered. */
const KEPT = 64;
/** A snapshot whose price is further from an instrument's than this factor is not its. */
const FAR = 2;

/** What is remembered of an instrument. */
interface Seen {
  /** First and last sequence numbers of its changes, in turn; of a ticker, its number twice. */
  readonly ranges: Float64Array;
  /** How many were seen. */
  count: number;
  /** A price of it; NaN if none was seen. */
  price: number;
}

/**
 * Whose snapshot it is that does not say so: its sequence number lies within a change of the instrument's. Where
 * several instruments count with the same numbers, as Binance's futures do, prices have a say, too.
 */
export class SequenceRanges {
  readonly #seen: Map<number, Seen> = new Map();

  /** Remembers a change, or a ticker. @param price One of its prices, if it has any. */
  note(instrument: number, first: number, last: number, price: number): void {
    let seen = this.#seen.get(instrument);
    if (seen === undefined) {
      seen = { ranges: new Float64Array(2 * KEPT).fill(NaN), count: 0, price: NaN };
      this.#seen.set(instrument, seen);
    }
    const at = 2 * (seen.count++ % KEPT);
    seen.ranges[at] = first;
    seen.ranges[at + 1] = last;
    if (price > 0) seen.price = price;
  }

  /** The instruments that a snapshot may be of. @param price One of its prices; NaN if it has none. */
  owners(last: number, price: number): number[] {
    return [...this.#seen.keys()].filter((instrument) => {
      const { ranges } = this.#seen.get(instrument)!;
      for (let at = 0; at < ranges.length; at += 2) {
        if (ranges[at] <= last && last <= ranges[at + 1]) return this.isNear(instrument, price);
      }
      return false;
    });
  }

  /** Whether a price may be an instrument's. If there is no other one, any may: markets are reset. */
  isNear(instrument: number, price: number): boolean {
    const known = this.#seen.get(instrument)?.price ?? NaN;
    return this.#seen.size < 2 || !(known > price * FAR || known < price / FAR);
  }
}
