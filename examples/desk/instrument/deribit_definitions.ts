import { deribitModel } from "./deribit_names.ts";
import { digitsOf, isRecord, numberOf, textOf } from "./definition_fields.ts";
import type { InstrumentKind, InstrumentModel } from "./instrument_model.ts";

/** A future that expires later than this has no end: Deribit says the year 3000. */
const FOR_EVER_MS = Date.UTC(2500, 0);

/**
 * Reads the result of Deribit's `public/get_instruments`. What a definition does not tell, its instrument's name does.
 * The size of a contract is left alone: Deribit's quantities are dollars or coins, not contracts.
 */
export function deribitDefinitions(reply: unknown): InstrumentModel[] {
  const list = isRecord(reply) && Array.isArray(reply.result) ? reply.result : [];
  return list.filter(isRecord).filter(({ instrument_name }) => textOf(instrument_name) !== "").map(modelOfDefinition);
}

function modelOfDefinition(told: Record<string, unknown>): InstrumentModel {
  const named = deribitModel(textOf(told.instrument_name)), kind = kindOf(told, named);
  const expiryMs = numberOf(told.expiration_timestamp), lot = numberOf(told.min_trade_amount);
  const isLinear = kind.startsWith("linear");
  const base = textOf(told.base_currency) || named.base;
  const quote = (isLinear || kind === "spot" ? textOf(told.quote_currency) : textOf(told.counter_currency)) ||
    named.quote;
  return {
    ...named,
    kind,
    base,
    quote: quote || "USD",
    settlement: textOf(told.settlement_currency) || named.settlement || (isLinear ? quote : base),
    contractSize: kind === "unknown" ? NaN : 1,
    expiryMs: kind.endsWith("Perpetual") || !(expiryMs < FOR_EVER_MS) ? named.expiryMs : expiryMs,
    strike: told.strike === undefined ? named.strike : numberOf(told.strike),
    isCall: told.option_type === undefined ? named.isCall : told.option_type === "call",
    lot: lot > 0 ? lot : named.lot,
    priceDigits: digitsOf(told.tick_size),
    quantityDigits: digitsOf(told.min_trade_amount),
  };
}

/** Old definitions do not say which way a future or an option is settled: its name does. */
function kindOf(told: Record<string, unknown>, named: InstrumentModel): InstrumentKind {
  const way = textOf(told.instrument_type) || textOf(told.future_type) ||
    (named.settlement !== "" && named.settlement === named.quote ? "linear" : "reversed");
  const prefix = way === "linear" ? "linear" : "inverse";
  switch (told.kind) {
    case "future":
      return `${prefix}${told.settlement_period === "perpetual" ? "Perpetual" : "Future"}`;
    case "option":
      return `${prefix}Option`;
    case "spot":
      return "spot";
    case "future_combo":
    case "option_combo":
      return "combo";
    default:
      return told.kind === undefined ? named.kind : "unknown";
  }
}
