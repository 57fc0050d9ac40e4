/** Levels of one side of an update, in any order, in arrays that are used again and again. */
export class BookLevels {
  /** How many there are. */
  length: number = 0;
  /** Their prices. */
  prices: Float64Array = new Float64Array(16);
  /** Their quantities: 0 for a level that is gone. */
  quantities: Float64Array = new Float64Array(16);

  /**
   * Adds a level. What a later one says of the same price counts.
   *
   * @param price Its price.
   * @param quantity What there is of it; 0 if nothing any more.
   */
  push(price: number, quantity: number): void {
    const at = this.length;
    if (at === this.prices.length) this.#grow();
    this.prices[at] = price;
    this.quantities[at] = quantity;
    this.length = at + 1;
  }

  /** Forgets all. */
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
 * What a venue sends of an order book: a change, or a whole one. To be filled, applied by an `OrderBookWriter`, cleared
 * and filled again.
 */
export class BookUpdate {
  /** The buying side. */
  readonly bids: BookLevels = new BookLevels();
  /** The selling side. */
  readonly asks: BookLevels = new BookLevels();
  /** The first sequence number that is in it. */
  first: number = NaN;
  /** The last one: the book's, when it is applied. */
  last: number = NaN;
  /** The last number of the update before it; NaN where updates have no numbers, and each follows the one before. */
  previous: number = NaN;
  /** When it happened, on the clock of whoever says so; NaN if nobody does. */
  time: number = NaN;
  /** Of a whole book: the lowest bid down to which it is whole; −∞ if nothing was left out. */
  knownBid: number = -Infinity;
  /** Of a whole book: the highest ask up to which it is whole. */
  knownAsk: number = Infinity;
  /**
   * What the venue says is the best bid after this update, beyond what is known of the book; NaN if it does not say.
   */
  toldBid: number = NaN;
  /** The same of the best ask. */
  toldAsk: number = NaN;

  /** Makes it as if it were new. */
  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.first =
      this.last =
      this.previous =
      this.time =
      this.toldBid =
      this.toldAsk =
        NaN;
    this.knownBid = -Infinity;
    this.knownAsk = Infinity;
  }
}
