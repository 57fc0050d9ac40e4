/** What is held of an instrument, and what it earned: average-cost accounting. Quantities below 0 are sold short. */
export class Position {
  /** Coins, or contracts. */
  quantity = 0;
  /** What one of them cost on average, in dollars; 0 if nothing is held. */
  averagePrice = 0;
  /** Dollars earned by what was closed. */
  realised = 0;

  /**
   * Books a trade.
   *
   * @param quantity Bought; below 0, sold.
   * @param price In dollars.
   * @throws {RangeError} If one is no finite number.
   */
  trade(quantity: number, price: number): void {
    if (!Number.isFinite(quantity) || !Number.isFinite(price)) {
      throw new RangeError(
        `Cannot book a trade as quantity and price must be finite: received ${quantity} at ${price}`,
      );
    }
    const before = this.quantity, after = before + quantity;
    const closes = before * quantity < 0;
    if (closes) {
      const closed = Math.sign(before) * Math.min(Math.abs(before), Math.abs(quantity));
      this.realised += closed * (price - this.averagePrice);
      if (before * after < 0) this.averagePrice = price; // what is beyond was opened now
    } else if (after !== 0) {
      this.averagePrice = (this.averagePrice * before + price * quantity) / after;
    }
    this.quantity = after;
    if (after === 0) this.averagePrice = 0;
  }

  /** Dollars that closing at a price would earn. */
  unrealised(price: number): number {
    return this.quantity * (price - this.averagePrice);
  }
}
