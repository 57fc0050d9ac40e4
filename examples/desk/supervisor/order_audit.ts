import type { ViewOf } from "../../../mod.ts";
import { DecimalSum } from "../risk/decimal_sum.ts";
import type { OrderRecord } from "../layout/records.ts";

/** How many complaints are kept in words. */
const EXAMPLES = 5;

/**
 * Follows every order through its channel: each id once and in order, each decided about once; and adds up what was
 * filled, by which the positions are checked.
 */
export class OrderAudit {
  /** Orders seen. */
  count = 0;
  filled = 0;
  refused = 0;
  /** Ids that did not follow the one before: an order lost, or there twice. */
  misplaced = 0;
  /** Orders that arrived without a decision. */
  undecided = 0;
  /** Orders sent after the kill switch was pulled, and filled after. */
  sentAfterStop = 0;
  filledAfterStop = 0;
  /** What was filled, net, by instrument. */
  readonly net: Map<number, DecimalSum> = new Map();
  /** What was wrong, in words. */
  readonly examples: string[] = [];
  /** When the orders that were not judged yet were sent, and when filled; 0 for those that were not. */
  #times: { sentAt: number; filledAt: number }[] = [];

  /** Takes an order. */
  accept(order: ViewOf<typeof OrderRecord>): void {
    const { id, instrument, outcome, side, quantity, sentAt, decidedAt } = order;
    this.count++;
    if (id !== this.count) {
      this.misplaced++;
      if (this.examples.length < EXAMPLES) this.examples.push(`order ${id} in the place of ${this.count}`);
    }
    if (outcome === "open") this.undecided++;
    else if (outcome === "refused") this.refused++;
    else {
      this.filled++;
      const net = this.net.get(instrument) ?? new DecimalSum();
      this.net.set(instrument, net);
      net.add(side === "buy" ? quantity : -quantity);
    }
    this.#times.push({ sentAt, filledAt: outcome === "filled" ? decidedAt : 0 });
  }

  /** Judges the orders that came since the last time. @param stoppedAt When orders were stopped; 0 for not at all. */
  judge(stoppedAt: number): void {
    if (stoppedAt > 0) {
      this.sentAfterStop += this.#times.filter(({ sentAt }) => sentAt > stoppedAt).length;
      this.filledAfterStop += this.#times.filter(({ filledAt }) => filledAt > stoppedAt).length;
    }
    this.#times = [];
  }
}
