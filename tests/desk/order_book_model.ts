import type { DepthEvent } from "../../examples/desk/input/events.ts";

/** An order book as simple as can be. */
export class BookModel {
  readonly bids: Map<number, number> = new Map();
  readonly asks: Map<number, number> = new Map();

  /** Applies a change, or a whole book. */
  apply(event: DepthEvent): void {
    if (event.isSnapshot) {
      this.bids.clear();
      this.asks.clear();
    }
    for (const [side, levels] of [[this.bids, event.bids], [this.asks, event.asks]] as const) {
      for (let i = 0; i < levels.length; i++) {
        if (levels.quantities[i] === 0) side.delete(levels.prices[i]);
        else side.set(levels.prices[i], levels.quantities[i]);
      }
    }
  }

  /** The best levels of a side, as pairs. */
  best(side: "bids" | "asks", depth: number): [price: number, quantity: number][] {
    const direction = side === "bids" ? -1 : 1;
    return [...this[side]].sort(([a], [b]) => (a - b) * direction).slice(0, depth);
  }
}
