/** Levels of one side of an update, in any order, in arrays that are reused. */
export class BookLevels {
  /** How many there are. */
  length: number = 0;
  /** Their prices. */
  prices: Float64Array = new Float64Array(16);
  /** Their quantities: 0 removes a level. */
  quantities: Float64Array = new Float64Array(16);

  /**
   * Adds a level. Of several at one price the last counts.
   *
   * @param price Its price.
   * @param quantity Its quantity; 0 removes it.
   */
  push(price: number, quantity: number): void {
    const at = this.length;
    if (at === this.prices.length) this.#grow();
    this.prices[at] = price;
    this.quantities[at] = quantity;
    this.length = at + 1;
  }

  /** Removes all levels. */
  clear(): void {
    this.length = 0;
  }

  #grow(): void {
    for (const key of ["prices", "quantities"] as const) {
      const longer = new Float64Array(this.length * 2);
      longer.set(this[key]);
      this[key] = longer;
    }
  }
}

/**
 * A change of an order book, or a whole one, as a venue sends it. Fill it, apply it by an `OrderBookWriter`, clear it
 * and fill it again.
 */
export class BookUpdate {
  /** The buying side. */
  readonly bids: BookLevels = new BookLevels();
  /** The selling side. */
  readonly asks: BookLevels = new BookLevels();
  /** The first sequence number that it covers. */
  first: number = NaN;
  /** The last one: the book's, once it is applied. */
  last: number = NaN;
  /** The last number of the update before it; NaN where updates have no numbers; then each follows the one before. */
  previous: number = NaN;
  /** Its time, on the clock of its source; NaN if there is none. */
  time: number = NaN;
  /** Of a whole book: the lowest bid down to which it is complete; −∞ if nothing was left out. */
  knownBid: number = -Infinity;
  /** Of a whole book: the highest ask up to which it is complete. */
  knownAsk: number = Infinity;
  /**
   * The best bid after this update by the venue's own statement, which may lie outside the known range; NaN if there is
   * none.
   */
  reportedBid: number = NaN;
  /** The same for the best ask. */
  reportedAsk: number = NaN;

  /** Resets it to a new update. */
  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.first =
      this.last =
      this.previous =
      this.time =
      this.reportedBid =
      this.reportedAsk =
        NaN;
    this.knownBid = -Infinity;
    this.knownAsk = Infinity;
  }
}
