/**
 * What quantities of instruments are worth. Quantities are in the units of the venue: coins, dollars or contracts.
 *
 * @module
 */
import { type InstrumentModel, isInverseFuture } from "./instrument_model.ts";

/** What a unit of quantity is, as far as gains depend on it. */
export interface Contract {
  /** Whether it earns coins. */
  readonly isInverse: boolean;
  /** Coins; of an inverse contract, dollars. */
  readonly contractSize: number;
}

/** One coin. */
export const ONE_COIN: Contract = { isInverse: false, contractSize: 1 };

/** The fewest digits after the point that a lot has where its venue does not report it. */
const LOT_DIGITS = 2;

/** An instrument's contract. An option is accounted for in dollars, whatever its price is in. */
export function contractOf(model: InstrumentModel): Contract {
  return { isInverse: isInverseFuture(model), contractSize: model.contractSize };
}

/**
 * What an order must be a multiple of, in units of quantity. Where it is unknown, no finer than quantities were seen.
 */
export function lotOf({ lot, quantityDigits }: InstrumentModel): number {
  if (lot > 0) return lot;
  return 1 / 10 ** (quantityDigits < LOT_DIGITS ? quantityDigits : LOT_DIGITS);
}

/**
 * How many coins a quantity moves like: the delta of a future or a perpetual.
 *
 * @param price Its price, on which that of an inverse contract depends.
 */
export function coinsOf({ isInverse, contractSize }: Contract, quantity: number, price: number): number {
  return isInverse ? quantity * contractSize / price : quantity * contractSize;
}

/** The quantity that moves like so many coins. */
export function quantityOf({ isInverse, contractSize }: Contract, coins: number, price: number): number {
  return isInverse ? coins * price / contractSize : coins / contractSize;
}

/** What a unit earns when its price goes from one to the other: dollars; an inverse contract earns coins. */
export function gainOf({ isInverse, contractSize }: Contract, from: number, to: number): number {
  return isInverse ? contractSize * (1 / from - 1 / to) : contractSize * (to - from);
}
