import { digitsOf, isRecord, numberOf, textOf } from "./definition_fields.ts";
import type { InstrumentKind, InstrumentModel } from "./instrument_model.ts";
import { okxModel } from "./okx_names.ts";

/** Reads the result of OKX's `public/instruments`. */
export function okxDefinitions(reply: unknown): InstrumentModel[] {
  const list = isRecord(reply) && Array.isArray(reply.data) ? reply.data : [];
  return list.filter(isRecord).filter(({ instId }) => textOf(instId) !== "").map(modelOfDefinition);
}

function modelOfDefinition(definition: Record<string, unknown>): InstrumentModel {
  const named = okxModel(textOf(definition.instId)), kind = kindOf(definition, named);
  const [uly = "", ulyQuote = ""] = textOf(definition.uly).split("-");
  const size = numberOf(definition.ctVal) * (definition.ctMult === "" ? 1 : numberOf(definition.ctMult ?? 1));
  const lot = numberOf(definition.lotSz);
  return {
    ...named,
    kind,
    base: textOf(definition.baseCcy) || uly || named.base,
    quote: textOf(definition.quoteCcy) || ulyQuote || named.quote,
    settlement: textOf(definition.settleCcy) || named.settlement,
    contractSize: kind === "spot" ? 1 : size > 0 ? size : named.contractSize,
    expiryMs: definition.expTime === "" ? NaN : numberOf(definition.expTime),
    strike: definition.stk === undefined || definition.stk === "" ? named.strike : numberOf(definition.stk),
    isCall: definition.optType === undefined || definition.optType === "" ? named.isCall : definition.optType === "C",
    lot: lot > 0 ? lot : named.lot,
    priceDigits: digitsOf(definition.tickSz),
    quantityDigits: digitsOf(definition.lotSz),
  };
}

/** Options have no contract type: those that pay the coin they are on are inverse. */
function kindOf(definition: Record<string, unknown>, named: InstrumentModel): InstrumentKind {
  const isInverse = definition.ctType === "inverse" ||
    (definition.ctType !== "linear" && textOf(definition.settleCcy) !== "" &&
      textOf(definition.settleCcy) === textOf(definition.uly).split("-")[0]);
  switch (definition.instType) {
    case "SPOT":
      return "spot";
    case "SWAP":
      return isInverse ? "inversePerpetual" : "linearPerpetual";
    case "FUTURES":
      return isInverse ? "inverseFuture" : "linearFuture";
    case "OPTION":
      return isInverse ? "inverseOption" : "linearOption";
    default:
      return definition.instType === undefined ? named.kind : "unknown";
  }
}
