import { expiryOfName } from "./expiry.ts";
import { type InstrumentModel, unknownModel } from "./instrument_model.ts";

/** `BTC` or `BTC_USDC`: the coin, and what a linear instrument is priced in. */
const PAIR = /^([A-Z0-9]+)(?:_([A-Z]+))?$/;
/** A strike: `70000`, or `0d55` for 0.55. */
const STRIKE = /^\d+(?:d\d+)?$/;
/** What a combo is made of, such as `FS` for a spread of futures or `CS` for one of calls. */
const STRATEGY = /^[A-Z][A-Z0-9]{1,7}$/;
/** The smallest order of an inverse future, in dollars; the one of coins that are not named here is 1. */
const DOLLAR_LOTS: Readonly<Record<string, number>> = { BTC: 10 };

/**
 * Reads Deribit's names:
 *
 *     BTC-PERPETUAL  BTC-27DEC24               inverse perpetual and future: quantities are in dollars
 *     BTC_USDC-PERPETUAL  BTC_USDC-27DEC24     linear ones: quantities are in coins
 *     BTC-27DEC24-70000-C                      inverse option
 *     XRP_USDC-30JUN23-0d55-C                  linear option, with a strike of 0.55
 *     BTC_USDC                                 spot
 *     BTC-FS-27DEC24_PERP                      combo
 */
export function deribitModel(name: string): InstrumentModel {
  const unknown = unknownModel(name, "deribit");
  const [pair, second, third, right, ...rest] = name.split("-");
  const match = PAIR.exec(pair);
  if (match === null || rest.length > 0) return unknown;
  const [, base, quote = "USD"] = match, isLinear = match[2] !== undefined;
  const known = { ...unknown, base, quote, settlement: isLinear ? quote : base, contractSize: 1 };
  const lot = isLinear ? NaN : DOLLAR_LOTS[base] ?? 1;
  if (second === undefined) return isLinear ? { ...known, kind: "spot", settlement: "" } : unknown;
  if (second === "PERPETUAL" && third === undefined) {
    return { ...known, kind: isLinear ? "linearPerpetual" : "inversePerpetual", lot };
  }
  const expiryMs = expiryOfName(second);
  if (expiryMs !== undefined && third === undefined) {
    return { ...known, kind: isLinear ? "linearFuture" : "inverseFuture", expiryMs, lot };
  }
  if (expiryMs !== undefined) {
    const strike = STRIKE.test(third) ? Number(third.replace("d", ".")) : 0;
    if (!(strike > 0) || (right !== "C" && right !== "P")) return unknown;
    return { ...known, kind: isLinear ? "linearOption" : "inverseOption", expiryMs, strike, isCall: right === "C" };
  }
  const isCombo = STRATEGY.test(second) && third !== undefined && isLeg(third.split("_")[0]);
  return isCombo ? { ...known, kind: "combo" } : unknown;
}

function isLeg(text: string): boolean {
  return text === "PERP" || expiryOfName(text) !== undefined;
}
