import { coinsOf, type Contract, gainOf } from "../instrument/contract.ts";

/** What a position in a future or a perpetual is, at a price. */
export interface FutureValue {
  /** How many coins it moves like. */
  readonly coins: number;
  /** What it earned, realised or not, in dollars. */
  readonly profit: number;
}

/**
 * Values a position in a future or a perpetual. Coins earned by an inverse one are worth what a coin costs.
 *
 * @param price Its price, above 0.
 */
export function futureValue(
  contract: Contract,
  { quantity, averagePrice, realised }: { quantity: number; averagePrice: number; realised: number },
  price: number,
): FutureValue {
  if (quantity === 0) return { coins: 0, profit: contract.isInverse ? realised * price : realised };
  const gain = realised + quantity * gainOf(contract, averagePrice, price);
  return { coins: coinsOf(contract, quantity, price), profit: contract.isInverse ? gain * price : gain };
}
