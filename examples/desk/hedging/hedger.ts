/** How a hedger acts, in coins. */
export interface HedgerOptions {
  /** Net delta, on either side, that is left alone; where a lot is more, a lot is. */
  readonly band: number;
  /** The most an order may be; where a lot is more, a lot. */
  readonly largest: number;
  /** Ids of orders begin here: one more than the last one's that a hedger before this one used. */
  readonly firstId: number;
}

/** An order for the future. */
export interface HedgeOrder {
  /** Never used twice. */
  readonly id: number;
  /** So many lots are bought; below 0, sold. */
  readonly lots: number;
  /** How many coins that moves like. */
  readonly coins: number;
}

/**
 * Decides which orders of the future bring a position's delta back to 0. What was ordered and is not filled yet counts
 * as if it were, so the same delta is never hedged twice. Pure: it neither sends nor asks the time.
 */
export class Hedger {
  readonly #options: HedgerOptions;
  /** Coins by id. */
  readonly #open: Map<number, number> = new Map();
  #nextId: number;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: HedgerOptions) {
    const { band, largest, firstId } = options;
    if (!(band > 0) || !(largest > 0) || !Number.isSafeInteger(firstId)) {
      throw new RangeError(
        `Cannot hedge as the band and the largest order must be above 0, and ids integers: received ${
          JSON.stringify(options)
        }`,
      );
    }
    this.#options = options;
    this.#nextId = firstId;
  }

  /** What is ordered and not filled, net. */
  get open(): number {
    let sum = 0;
    for (const coins of this.#open.values()) sum += coins;
    return sum;
  }

  /**
   * Decides.
   *
   * @param delta The net delta of all that is held, in coins.
   * @param lot How many coins a lot of the future moves like now.
   * @returns An order to send now, which counts as open; undefined if none is needed.
   */
  decide(delta: number, lot: number): HedgeOrder | undefined {
    const { band, largest } = this.#options;
    const excess = delta + this.open;
    // Not a number: nothing is known, so nothing is done.
    if (!(lot > 0) || !Number.isFinite(lot) || !(Math.abs(excess) > Math.max(band, lot))) return undefined;
    const most = Math.max(1, Math.floor(largest / lot));
    const lots = -Math.sign(excess) * Math.min(Math.round(Math.abs(excess) / lot), most);
    const order = { id: this.#nextId++, lots, coins: lots * lot };
    this.#open.set(order.id, order.coins);
    return order;
  }

  /**
   * Takes over an order that an earlier hedger sent and that is undecided.
   *
   * @throws {RangeError} If its id may still be given to a new one.
   */
  adopt({ id, coins }: Pick<HedgeOrder, "id" | "coins">): void {
    if (id >= this.#nextId) {
      throw new RangeError(`Cannot adopt an order as its id must be below ${this.#nextId}: received ${id}`);
    }
    this.#open.set(id, coins);
  }

  /**
   * An order was filled, or refused: it is no longer open.
   *
   * @returns False if it was not open, such as at a second report of the same.
   */
  close(id: number): boolean {
    return this.#open.delete(id);
  }
}
