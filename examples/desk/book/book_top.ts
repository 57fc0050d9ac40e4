/** The best levels of an order book, as `OrderBook.read` found them: the best first. All are decimals. */
export class BookTop {
  /** The most levels a side is asked for. */
  readonly depth: number;
  /** How many bids there are. */
  bids = 0;
  /** How many asks there are. */
  asks = 0;
  readonly bidPrices: Float64Array;
  readonly bidQuantities: Float64Array;
  readonly askPrices: Float64Array;
  readonly askQuantities: Float64Array;
  /** Whether the book may be used; there are no levels if not. */
  isValid = false;
  /** Sequence number of the last change applied. */
  sequence = 0;
  /** When that happened at the exchange: milliseconds since 1970. */
  exchangeMs = 0;
  /** Changes applied since the book was made. */
  changes = 0;
  /** Levels that found no room since the last snapshot: that many of the worst may be missing. */
  dropped = 0;
  /** The lowest bid down to which all is known; what lies below may be there, or not. −∞ if all is known. */
  knownBid = -Infinity;
  /** The highest ask up to which all is known. */
  knownAsk = Infinity;

  /** @param depth The most levels a side. */
  constructor(depth: number) {
    if (!Number.isInteger(depth) || depth < 1) {
      throw new RangeError(`Cannot make a book's top as its depth must be an integer from 1 on: received ${depth}`);
    }
    this.depth = depth;
    this.bidPrices = new Float64Array(depth);
    this.bidQuantities = new Float64Array(depth);
    this.askPrices = new Float64Array(depth);
    this.askQuantities = new Float64Array(depth);
  }

  /** The best bid; 0 if nobody bids. */
  get bid(): number {
    return this.bids > 0 ? this.bidPrices[0] : 0;
  }

  /** Quantity at the best bid. */
  get bidQuantity(): number {
    return this.bids > 0 ? this.bidQuantities[0] : 0;
  }

  /** The best ask; 0 if nobody asks. */
  get ask(): number {
    return this.asks > 0 ? this.askPrices[0] : 0;
  }

  /** Quantity at the best ask. */
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
    return this.bids > 0 && this.asks > 0 && this.bid >= this.ask;
  }
}
