import { DecimalSum } from "../risk/decimal_sum.ts";
import type { TradeEvent } from "../input/events.ts";

/** Counts an instrument's trades. */
export class TradeCheck {
  /** Trades seen. */
  trades = 0;
  /** Times that an id did not follow the one before. */
  holes = 0;
  /** Quantity bought by those who took liquidity. */
  readonly bought: DecimalSum = new DecimalSum();
  /** Quantity sold by them. */
  readonly sold: DecimalSum = new DecimalSum();
  /** The first id; 0 before. */
  firstId = 0;
  /** The last id. */
  lastId = 0;

  /** Counts a trade. */
  count({ id, quantity, isTakerBuy }: TradeEvent): void {
    if (this.trades === 0) this.firstId = id;
    else if (id !== this.lastId + 1) this.holes++;
    this.trades++;
    this.lastId = id;
    (isTakerBuy ? this.bought : this.sold).add(quantity);
  }
}
