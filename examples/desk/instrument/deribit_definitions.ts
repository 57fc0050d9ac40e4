import { deribitModel } from "./deribit_names.ts";
import { digitsOf, isRecord, numberOf, textOf } from "./definition_fields.ts";
import type { InstrumentKind, InstrumentModel } from "./instrument_model.ts";

/** A future that expires later than this has no end: Deribit says the year 3000. */
const FOR_EVER_MS = Date.UTC(2500, 0);

/**
 * Reads the result of Deribit's `public/get_instruments`. A field that a definition lacks comes from the name.
 * The size of a contract is left alone: Deribit's quantities are dollars or coins, not contracts.
 */
export function deribitDefinitions(reply: unknown): InstrumentModel[] {
  const list = isRecord(reply) && Array.isArray(reply.result) ? reply.result : [];
  return list.filter(isRecord).filter(({ instrument_name }) => textOf(instrument_name) !== "").map(modelOfDefinition);
}

function modelOfDefinition(definition: Record<string, unknown>): InstrumentModel {
  const named = deribitModel(textOf(definition.instrument_name)), kind = kindOf(definition, named);
  const expiryMs = numberOf(definition.expiration_timestamp), lot = numberOf(definition.min_trade_amount);
  const isLinear = kind.startsWith("linear");
  const base = textOf(definition.base_currency) || named.base;
  const quote =
    (isLinear || kind === "spot" ? textOf(definition.quote_currency) : textOf(definition.counter_currency)) ||
    named.quote;
  return {
    ...named,
    kind,
    base,
    quote: quote || "USD",
    settlement: textOf(definition.settlement_currency) || named.settlement || (isLinear ? quote : base),
    contractSize: kind === "unknown" ? NaN : 1,
    expiryMs: kind.endsWith("Perpetual") || !(expiryMs < FOR_EVER_MS) ? named.expiryMs : expiryMs,
    strike: definition.strike === undefined ? named.strike : numberOf(definition.strike),
    isCall: definition.option_type === undefined ? named.isCall : definition.option_type === "call",
    lot: lot > 0 ? lot : named.lot,
    priceDigits: digitsOf(definition.tick_size),
    quantityDigits: digitsOf(definition.min_trade_amount),
  };
}

/** Old definitions do not say which way a future or an option is settled: its name does. */
function kindOf(definition: Record<string, unknown>, named: InstrumentModel): InstrumentKind {
  const way = textOf(definition.instrument_type) || textOf(definition.future_type) ||
    (named.settlement !== "" && named.settlement === named.quote ? "linear" : "reversed");
  const prefix = way === "linear" ? "linear" : "inverse";
  switch (definition.kind) {
    case "future":
      return `${prefix}${definition.settlement_period === "perpetual" ? "Perpetual" : "Future"}`;
    case "option":
      return `${prefix}Option`;
    case "spot":
      return "spot";
    case "future_combo":
    case "option_combo":
      return "combo";
    default:
      return definition.kind === undefined ? named.kind : "unknown";
  }
}
