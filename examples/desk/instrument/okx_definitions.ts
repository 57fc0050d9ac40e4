import { digitsOf, isRecord, numberOf, textOf } from "./definition_fields.ts";
import type { InstrumentKind, InstrumentModel } from "./instrument_model.ts";
import { okxModel } from "./okx_names.ts";

/** Reads the result of OKX's `public/instruments`. */
export function okxDefinitions(reply: unknown): InstrumentModel[] {
  const list = isRecord(reply) && Array.isArray(reply.data) ? reply.data : [];
  return list.filter(isRecord).filter(({ instId }) => textOf(instId) !== "").map(modelOfDefinition);
}

function modelOfDefinition(told: Record<string, unknown>): InstrumentModel {
  const named = okxModel(textOf(told.instId)), kind = kindOf(told, named);
  const [uly = "", ulyQuote = ""] = textOf(told.uly).split("-");
  const size = numberOf(told.ctVal) * (told.ctMult === "" ? 1 : numberOf(told.ctMult ?? 1));
  const lot = numberOf(told.lotSz);
  return {
    ...named,
    kind,
    base: textOf(told.baseCcy) || uly || named.base,
    quote: textOf(told.quoteCcy) || ulyQuote || named.quote,
    settlement: textOf(told.settleCcy) || named.settlement,
    contractSize: kind === "spot" ? 1 : size > 0 ? size : named.contractSize,
    expiryMs: told.expTime === "" ? NaN : numberOf(told.expTime),
    strike: told.stk === undefined || told.stk === "" ? named.strike : numberOf(told.stk),
    isCall: told.optType === undefined || told.optType === "" ? named.isCall : told.optType === "C",
    lot: lot > 0 ? lot : named.lot,
    priceDigits: digitsOf(told.tickSz),
    quantityDigits: digitsOf(told.lotSz),
  };
}

/** Options have no contract type: those that pay the coin they are on are inverse. */
function kindOf(told: Record<string, unknown>, named: InstrumentModel): InstrumentKind {
  const isInverse = told.ctType === "inverse" ||
    (told.ctType !== "linear" && textOf(told.settleCcy) !== "" &&
      textOf(told.settleCcy) === textOf(told.uly).split("-")[0]);
  switch (told.instType) {
    case "SPOT":
      return "spot";
    case "SWAP":
      return isInverse ? "inversePerpetual" : "linearPerpetual";
    case "FUTURES":
      return isInverse ? "inverseFuture" : "linearFuture";
    case "OPTION":
      return isInverse ? "inverseOption" : "linearOption";
    default:
      return told.instType === undefined ? named.kind : "unknown";
  }
}
