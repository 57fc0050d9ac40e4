import { expiryOfDigits } from "./expiry.ts";
import { type InstrumentModel, unknownModel } from "./instrument_model.ts";

const COIN = /^[A-Z0-9]+$/;
/** Dollars of an inverse contract; those of coins that are not named here have 10. */
const CONTRACT_DOLLARS: Readonly<Record<string, number>> = { BTC: 100 };
/** Coins of a linear contract. For other coins, instrument definitions say it: names do not. */
const CONTRACT_COINS: Readonly<Record<string, number>> = { BTC: 0.01, ETH: 0.1 };
const SWAP = "SWAP";

/**
 * Reads OKX's names:
 *
 *     BTC-USDT                                 spot
 *     BTC-USDT-SWAP  BTC-USDT-241227           linear perpetual and future: quantities are contracts of so many coins
 *     BTC-USD-SWAP  BTC-USD-241227             inverse ones: contracts of 100 dollars, or 10
 *     BTC-USD-241227-70000-C                   inverse option
 */
export function okxModel(name: string): InstrumentModel {
  const unknown = unknownModel(name, "okx");
  const [base, quote, delivery, strikeText, right, ...rest] = name.split("-");
  if (!COIN.test(base) || quote === undefined || !COIN.test(quote) || rest.length > 0) return unknown;
  const known = { ...unknown, base, quote };
  if (delivery === undefined) return { ...known, kind: "spot", contractSize: 1 };
  const isInverse = quote === "USD", settlement = isInverse ? base : quote;
  const expiryMs = delivery === SWAP ? NaN : expiryOfDigits(delivery);
  if (expiryMs === undefined) return unknown;
  if (strikeText === undefined) {
    const contractSize = isInverse ? CONTRACT_DOLLARS[base] ?? 10 : CONTRACT_COINS[base] ?? NaN;
    const terms = { settlement, contractSize, expiryMs, lot: isInverse ? 1 : NaN };
    const isPerpetual = delivery === SWAP;
    if (isInverse) return { ...known, ...terms, kind: isPerpetual ? "inversePerpetual" : "inverseFuture" };
    return { ...known, ...terms, kind: isPerpetual ? "linearPerpetual" : "linearFuture" };
  }
  const strike = /^\d+(\.\d+)?$/.test(strikeText) ? Number(strikeText) : 0;
  if (delivery === SWAP || !(strike > 0) || (right !== "C" && right !== "P")) return unknown;
  const kind = isInverse ? "inverseOption" : "linearOption";
  return { ...known, kind, settlement, expiryMs, strike, isCall: right === "C" };
}
