/** The best levels of an {@linkcode OrderBook}, as `read` found them, the best first. */
export class BookReading {
  /** The most levels a side is asked for. */
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
  /** Whether the book may be used; there are no levels if not. */
  isValid: boolean = false;
  /** Sequence number of the last change applied. */
  sequence: number = 0;
  /** When that happened, as the writer was told; NaN if it was not. */
  time: number = 0;
  /** Changes applied since the book was made. */
  changes: number = 0;
  /** Levels that found no room since the last snapshot: that many of the worst may be missing. */
  dropped: number = 0;
  /** The lowest bid down to which all is known; what lies below may be there, or not. −∞ if all is known. */
  knownBid: number = -Infinity;
  /** The highest ask up to which all is known; ∞ if all is known. */
  knownAsk: number = Infinity;

  /**
   * Makes room for a reading.
   *
   * @param depth The most levels a side.
   * @throws {RangeError} If it is no integer from 1 on.
   */
  constructor(depth: number) {
    if (!Number.isInteger(depth) || depth < 1 || depth > 2 ** 20) {
      throw new RangeError(
        `Cannot make a reading of a book as depth must be an integer from 1 to 2^20: received ${depth}`,
      );
    }
    this.depth = depth;
    this.bidPrices = new Float64Array(depth);
    this.bidQuantities = new Float64Array(depth);
    this.askPrices = new Float64Array(depth);
    this.askQuantities = new Float64Array(depth);
  }

  /** The best bid; NaN if nobody bids. */
  get bid(): number {
    return this.bids > 0 ? this.bidPrices[0] : NaN;
  }

  /** Quantity at the best bid; 0 if nobody bids. */
  get bidQuantity(): number {
    return this.bids > 0 ? this.bidQuantities[0] : 0;
  }

  /** The best ask; NaN if nobody asks. */
  get ask(): number {
    return this.asks > 0 ? this.askPrices[0] : NaN;
  }

  /** Quantity at the best ask; 0 if nobody asks. */
  get askQuantity(): number {
    return this.asks > 0 ? this.askQuantities[0] : 0;
  }

  /**
   * Whether the best bid is known to be it, or nobody is known to bid: beyond what is known a better one may be
   * missing.
   */
  get isBidKnown(): boolean {
    return this.bids > 0 ? this.bidPrices[0] >= this.knownBid : this.knownBid === -Infinity;
  }

  /** The same of the best ask. */
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

  /** Whether somebody bids as much as, or more than, somebody asks: then something was missed. */
  get isCrossed(): boolean {
    return this.bids > 0 && this.asks > 0 && this.bidPrices[0] >= this.askPrices[0];
  }
}
