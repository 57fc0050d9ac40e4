/** How a hedger acts. Quantities are in coins. */
export interface HedgerOptions {
  /** Net delta, on either side, that is left alone. */
  readonly band: number;
  /** Orders are multiples of this. */
  readonly lot: number;
  /** The most an order may be. */
  readonly largest: number;
  /** Ids of orders begin here: one more than the last one's that a hedger before this one used. */
  readonly firstId: number;
}

/** An order for the future. */
export interface HedgeOrder {
  /** Never used twice. */
  readonly id: number;
  /** Bought; below 0, sold. */
  readonly quantity: number;
}

/**
 * Decides which orders of the future bring a position's delta back to 0. What was ordered and is not filled yet counts as if
 * it were, so the same delta is never hedged twice. Pure: it neither sends nor asks the time.
 */
export class Hedger {
  readonly #options: HedgerOptions;
  /** Quantities by id. */
  readonly #open: Map<number, number> = new Map();
  #nextId: number;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: HedgerOptions) {
    const { band, lot, largest, firstId } = options;
    if (!(lot > 0) || !(band >= lot / 2) || !(largest >= lot) || !Number.isSafeInteger(firstId)) {
      throw new RangeError(
        `Cannot hedge as lots must be above 0, the band half of one or more, orders one or more, and ids integers: received ${
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
    for (const quantity of this.#open.values()) sum += quantity;
    return sum;
  }

  /**
   * Decides.
   *
   * @param delta The net delta of all that is held, in coins.
   * @returns An order to send now, which counts as open; undefined if none is needed.
   */
  decide(delta: number): HedgeOrder | undefined {
    const { band, lot, largest } = this.#options;
    const excess = delta + this.open;
    if (!(Math.abs(excess) > band)) return undefined; // not a number: nothing is known, so nothing is done
    const lots = Math.min(Math.round(Math.abs(excess) / lot), Math.floor(largest / lot));
    const order = { id: this.#nextId++, quantity: -Math.sign(excess) * lots * lot };
    this.#open.set(order.id, order.quantity);
    return order;
  }

  /**
   * Takes an order up that an earlier hedger sent and nobody has answered.
   *
   * @throws {RangeError} If its id may still be given to a new one.
   */
  adopt(order: HedgeOrder): void {
    if (order.id >= this.#nextId) {
      throw new RangeError(`Cannot adopt an order as its id must be below ${this.#nextId}: received ${order.id}`);
    }
    this.#open.set(order.id, order.quantity);
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
