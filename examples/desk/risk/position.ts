import { type Contract, gainOf, ONE_COIN } from "../instrument/contract.ts";

/**
 * What is held of an instrument, and what it earned: average-cost accounting. Quantities below 0 are sold short. Gains
 * are in dollars; those of an inverse contract are in coins, and its average price is the harmonic mean, at which the
 * coins add up.
 */
export class Position {
  /** What a unit of quantity is. */
  contract: Contract;
  /** Units: coins, dollars or contracts. */
  quantity = 0;
  /** What one of them cost on average, in dollars; 0 if nothing is held. */
  averagePrice = 0;
  /** Earned by what was closed. */
  realised = 0;

  /** Holds nothing. @param contract Defaults to one coin. */
  constructor(contract: Contract = ONE_COIN) {
    this.contract = contract;
  }

  /**
   * Books a trade.
   *
   * @param quantity Bought; below 0, sold.
   * @param price In dollars.
   * @throws {RangeError} If one is no finite number, or an inverse contract has no price above 0.
   */
  trade(quantity: number, price: number): void {
    const { isInverse } = this.contract;
    if (!Number.isFinite(quantity) || !Number.isFinite(price) || (isInverse && !(price > 0))) {
      throw new RangeError(
        `Cannot book a trade as quantity and price must be finite${
          isInverse ? ", and the price above 0" : ""
        }: received ${quantity} at ${price}`,
      );
    }
    const before = this.quantity, after = before + quantity;
    const closes = before * quantity < 0;
    if (closes) {
      const closed = Math.sign(before) * Math.min(Math.abs(before), Math.abs(quantity));
      this.realised += closed * gainOf(this.contract, this.averagePrice, price);
      if (before * after < 0) this.averagePrice = price; // what is beyond was opened now
    } else if (after !== 0) {
      this.averagePrice = isInverse
        ? after / ((before === 0 ? 0 : before / this.averagePrice) + quantity / price)
        : (this.averagePrice * before + price * quantity) / after;
    }
    this.quantity = after;
    if (after === 0) this.averagePrice = 0;
  }

  /** What closing at a price would earn. */
  unrealised(price: number): number {
    return this.quantity === 0 ? 0 : this.quantity * gainOf(this.contract, this.averagePrice, price);
  }
}
