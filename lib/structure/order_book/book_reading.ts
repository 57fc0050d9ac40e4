import { requireInteger } from "../../memory/internal.ts";

/** The best levels of an {@linkcode OrderBook}, copied by `read`, the best first. */
export class BookReading {
  /** The most levels that are read of a side. */
  readonly depth: number;
  /** How many bids there are. */
  bids: number = 0;
  /** How many asks there are. */
  asks: number = 0;
  /** The prices of the bids. */
  readonly bidPrices: Float64Array;
  /** Their quantities. */
  readonly bidQuantities: Float64Array;
  /** The prices of the asks. */
  readonly askPrices: Float64Array;
  /** Their quantities. */
  readonly askQuantities: Float64Array;
  /** Whether the book is valid; if not, there are no levels. */
  isValid: boolean = false;
  /** Sequence number of the last change applied. */
  sequence: number = 0;
  /** The time of that change, from its update; NaN if that had none. */
  time: number = 0;
  /** Changes applied since the book was made. */
  changes: number = 0;
  /** Levels dropped for want of room since the last snapshot: that many of the worst may be missing. */
  dropped: number = 0;
  /** The lowest bid down to which all levels are known; below it, some may be missing. −∞ if all are known. */
  knownBid: number = -Infinity;
  /** The highest ask up to which all levels are known; ∞ if all are known. */
  knownAsk: number = Infinity;

  /**
   * Makes room for a reading.
   *
   * @param depth The most levels a side.
   * @throws {RangeError} If the depth is not an integer from 1 to 2^20.
   */
  constructor(depth: number) {
    requireInteger("make a reading of a book", "depth", depth, 1, 2 ** 20);
    this.depth = depth;
    this.bidPrices = new Float64Array(depth);
    this.bidQuantities = new Float64Array(depth);
    this.askPrices = new Float64Array(depth);
    this.askQuantities = new Float64Array(depth);
  }

  /** The best bid; NaN if there is no bid. */
  get bid(): number {
    return this.bids > 0 ? this.bidPrices[0] : NaN;
  }

  /** Quantity at the best bid; 0 if there is no bid. */
  get bidQuantity(): number {
    return this.bids > 0 ? this.bidQuantities[0] : 0;
  }

  /** The best ask; NaN if there is no ask. */
  get ask(): number {
    return this.asks > 0 ? this.askPrices[0] : NaN;
  }

  /** Quantity at the best ask; 0 if there is no ask. */
  get askQuantity(): number {
    return this.asks > 0 ? this.askQuantities[0] : 0;
  }

  /**
   * Whether the best bid, or its absence, is certain: where the known range does not reach it, a better bid may be
   * missing.
   */
  get isBidKnown(): boolean {
    return this.bids > 0 ? this.bidPrices[0] >= this.knownBid : this.knownBid === -Infinity;
  }

  /** The same for the best ask. */
  get isAskKnown(): boolean {
    return this.asks > 0 ? this.askPrices[0] <= this.knownAsk : this.knownAsk === Infinity;
  }

  /** How many of the bids are known to be the best ones. */
  get knownBids(): number {
    let count = 0;
    while (count < this.bids && this.bidPrices[count] >= this.knownBid) count++;
    return count;
  }

  /** How many of the asks are. */
  get knownAsks(): number {
    let count = 0;
    while (count < this.asks && this.askPrices[count] <= this.knownAsk) count++;
    return count;
  }

  /** Whether the best bid is at or above the best ask: then a change was missed. */
  get isCrossed(): boolean {
    return this.bids > 0 && this.asks > 0 && this.bidPrices[0] >= this.askPrices[0];
  }
}
