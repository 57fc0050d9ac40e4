import { binanceFuturesModel, binanceSpotModel } from "./binance_names.ts";
import { digitsOf, isRecord, numberOf, textOf } from "./definition_fields.ts";
import type { InstrumentKind, InstrumentModel } from "./instrument_model.ts";

/** Reads the result of Binance's `exchangeInfo`, of its spot or its futures. */
export function binanceDefinitions(reply: unknown, isSpot: boolean): InstrumentModel[] {
  const list = isRecord(reply) && Array.isArray(reply.symbols) ? reply.symbols : [];
  return list.filter(isRecord).filter(({ symbol }) => textOf(symbol) !== "").map((definition) =>
    isSpot ? spotModel(definition) : futuresModel(definition)
  );
}

function spotModel(definition: Record<string, unknown>): InstrumentModel {
  return { ...common(definition, binanceSpotModel(textOf(definition.symbol))), kind: "spot", contractSize: 1 };
}

function futuresModel(definition: Record<string, unknown>): InstrumentModel {
  const named = binanceFuturesModel(textOf(definition.symbol)), known = common(definition, named);
  const contractType = textOf(definition.contractType), contractSize = numberOf(definition.contractSize);
  const settlement = textOf(definition.marginAsset) || named.settlement;
  // A contract type that names no time, such as TRADIFI_PERPETUAL, is one of its kind all the same.
  const isPerpetual = contractType.includes("PERPETUAL");
  const isInverse = settlement !== "" && settlement === known.base && settlement !== known.quote;
  const kind: InstrumentKind = contractType === ""
    ? named.kind
    : isInverse
    ? isPerpetual ? "inversePerpetual" : "inverseFuture"
    : isPerpetual
    ? "linearPerpetual"
    : "linearFuture";
  return {
    ...known,
    kind,
    settlement,
    contractSize: contractSize > 0 ? contractSize : isInverse ? NaN : 1,
    expiryMs: isPerpetual ? NaN : numberOf(definition.deliveryDate),
  };
}

function common(definition: Record<string, unknown>, named: InstrumentModel): InstrumentModel {
  const filters = Array.isArray(definition.filters) ? definition.filters.filter(isRecord) : [];
  const step = (type: string, field: string) => filters.find(({ filterType }) => filterType === type)?.[field];
  const lot = numberOf(step("LOT_SIZE", "stepSize")), priceDigits = digitsOf(step("PRICE_FILTER", "tickSize"));
  const quantityDigits = digitsOf(step("LOT_SIZE", "stepSize"));
  return {
    ...named,
    base: textOf(definition.baseAsset) || named.base,
    quote: textOf(definition.quoteAsset) || named.quote,
    lot: lot > 0 ? lot : named.lot,
    priceDigits: Number.isNaN(priceDigits) ? named.priceDigits : priceDigits,
    quantityDigits: Number.isNaN(quantityDigits) ? named.quantityDigits : quantityDigits,
  };
}
