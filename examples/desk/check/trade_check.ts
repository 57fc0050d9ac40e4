import { DecimalSum } from "../risk/decimal_sum.ts";
import type { TradeEvent } from "../input/events.ts";

/** Counts an instrument's trades. */
export class TradeCheck {
  /** Trades seen. */
  trades = 0;
  /** Those without an id. */
  unnumbered = 0;
  /** Times that an id did not follow the one before. */
  holes = 0;
  /** Quantity bought by takers. */
  readonly bought: DecimalSum = new DecimalSum();
  /** Quantity sold by them. */
  readonly sold: DecimalSum = new DecimalSum();
  /** The first id; 0 before. */
  firstId = 0;
  /** The last id. */
  lastId = 0;

  /** Counts a trade. */
  count({ id, count, quantity, isTakerBuy }: TradeEvent): void {
    this.trades++;
    if (id !== id) this.unnumbered++;
    else {
      const first = id - count + 1;
      if (this.trades - this.unnumbered === 1) this.firstId = first;
      else if (first !== this.lastId + 1) this.holes++;
      this.lastId = id;
    }
    (isTakerBuy ? this.bought : this.sold).add(quantity);
  }
}
