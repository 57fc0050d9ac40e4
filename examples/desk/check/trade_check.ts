import type { TradeEvent } from "../input/events.ts";

/** Counts an instrument's trades. Volumes are scaled integers. */
export class TradeCheck {
  /** Trades seen. */
  trades = 0;
  /** Times that an id did not follow the one before. */
  holes = 0;
  /** Quantity bought by those who took liquidity. */
  bought = 0;
  /** Quantity sold by them. */
  sold = 0;
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
    if (isTakerBuy) this.bought += quantity;
    else this.sold += quantity;
  }
}
