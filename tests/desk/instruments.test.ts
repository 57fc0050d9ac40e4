import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { CaptureParser } from "../../examples/desk/input/capture_parser.ts";
import { Instruments } from "../../examples/desk/input/instruments.ts";
import { binanceDefinitions } from "../../examples/desk/instrument/binance_definitions.ts";
import { coinsOf, contractOf, gainOf, lotOf, quantityOf } from "../../examples/desk/instrument/contract.ts";
import { deribitDefinitions } from "../../examples/desk/instrument/deribit_definitions.ts";
import { expiryName, expiryOfDigits, expiryOfName } from "../../examples/desk/instrument/expiry.ts";
import {
  type InstrumentModel,
  isHedge,
  isValued,
  mayBeNegative,
  optionTermsOf,
  type Venue,
} from "../../examples/desk/instrument/instrument_model.ts";
import { modelOf } from "../../examples/desk/instrument/model_of.ts";
import { okxDefinitions } from "../../examples/desk/instrument/okx_definitions.ts";
import { optionName } from "../../examples/desk/instrument/option_name.ts";
import { modelOfRow, rowOfModel } from "../../examples/desk/layout/instrument_rows.ts";
import { InstrumentRow } from "../../examples/desk/layout/records.ts";
import { futureValue } from "../../examples/desk/risk/future_value.ts";
import { Position } from "../../examples/desk/risk/position.ts";
import { Random } from "../../support/random.ts";

/** What a name must be taken for: kind, base, quote, settlement, contract size. */
type Expected = readonly [name: string, ...told: unknown[]];

function told({ name, kind, base, quote, settlement, contractSize }: InstrumentModel): Expected {
  return [name, kind, base, quote, settlement, contractSize];
}

const NAMES: Readonly<Partial<Record<Venue, readonly Expected[]>>> = {
  deribit: [
    ["BTC-PERPETUAL", "inversePerpetual", "BTC", "USD", "BTC", 1],
    ["BTC-27DEC24", "inverseFuture", "BTC", "USD", "BTC", 1],
    ["ETH_USDC-PERPETUAL", "linearPerpetual", "ETH", "USDC", "USDC", 1],
    ["BTC_USDC-27DEC24", "linearFuture", "BTC", "USDC", "USDC", 1],
    ["BTC-25MAR22-400000-C", "inverseOption", "BTC", "USD", "BTC", 1],
    ["SOL-3JUN22-35-P", "inverseOption", "SOL", "USD", "SOL", 1],
    ["BTC_USDC-27DEC24-70000-C", "linearOption", "BTC", "USDC", "USDC", 1],
    ["XRP_USDC-30JUN23-0d55-C", "linearOption", "XRP", "USDC", "USDC", 1],
    ["BTC_USDC", "spot", "BTC", "USDC", "", 1],
    ["BTC-FS-27DEC24_PERP", "combo", "BTC", "USD", "BTC", 1],
    ["BTC-CS-27DEC24-70000_80000", "combo", "BTC", "USD", "BTC", 1],
    ["BTC_USDC-CS-27DEC24_70000", "combo", "BTC", "USDC", "USDC", 1],
  ],
  binanceFutures: [
    ["BTCUSDT", "linearPerpetual", "BTC", "USDT", "USDT", 1],
    ["1000PEPEUSDT", "linearPerpetual", "1000PEPE", "USDT", "USDT", 1],
    ["ETHUSDC", "linearPerpetual", "ETH", "USDC", "USDC", 1],
    ["ETHBTC", "linearPerpetual", "ETH", "BTC", "BTC", 1],
    ["BTCUSDT_241227", "linearFuture", "BTC", "USDT", "USDT", 1],
    ["BTCUSD_PERP", "inversePerpetual", "BTC", "USD", "BTC", 100],
    ["BCHUSD_PERP", "inversePerpetual", "BCH", "USD", "BCH", 10],
    ["ETHUSD_210924", "inverseFuture", "ETH", "USD", "ETH", 10],
    ["BTC-240329-70000-P", "linearOption", "BTC", "USDT", "USDT", 1],
    ["DOGE-240223-0.091-C", "linearOption", "DOGE", "USDT", "USDT", NaN],
  ],
  binanceSpot: [
    ["BTCUSDT", "spot", "BTC", "USDT", "", 1],
    ["NKNUSDT", "spot", "NKN", "USDT", "", 1],
    ["BLZETH", "spot", "BLZ", "ETH", "", 1],
    ["RUNEEUR", "spot", "RUNE", "EUR", "", 1],
  ],
  okx: [
    ["BTC-USDT", "spot", "BTC", "USDT", "", 1],
    ["BTC-USDT-SWAP", "linearPerpetual", "BTC", "USDT", "USDT", 0.01],
    ["UNI-USDT-SWAP", "linearPerpetual", "UNI", "USDT", "USDT", NaN],
    ["BTC-USD-SWAP", "inversePerpetual", "BTC", "USD", "BTC", 100],
    ["UNI-USD-SWAP", "inversePerpetual", "UNI", "USD", "UNI", 10],
    ["BTC-USD-220527", "inverseFuture", "BTC", "USD", "BTC", 100],
    ["ETH-USDT-220527", "linearFuture", "ETH", "USDT", "USDT", 0.1],
    ["BTC-USD-220514-22000-C", "inverseOption", "BTC", "USD", "BTC", NaN],
  ],
};

/** Names that are none of an instrument: days that do not exist, strikes of nothing, other venues' names. */
const UNKNOWN: Readonly<Partial<Record<Venue, readonly string[]>>> = {
  deribit: [
    "BTC-31FEB25",
    "BTC-31FEB25-70000-C",
    "BTC-0JAN25",
    "BTC-30FEB24-70000-C",
    "BTC-9XYZ21-1950-P",
    "BTC-9APR21-1950-X",
    "BTC-9APR21-0-P",
    "BTC-9APR21-1d-P",
    "BTC-9APR21-1950",
    "BTC-FS-31FEB25_PERP",
    "BTCUSDT",
    "btc-perpetual",
    "",
    "-",
  ],
  binanceFutures: [
    "BTC",
    "USDT",
    "BTCUSDT_250231",
    "BTCUSD_251301",
    "BTC-250231-70000-C",
    "BTC-240329-0-C",
    "BTCUSDT_1_2",
  ],
  okx: ["BTC", "BTC-USD-250231", "BTC-USD-250231-70000-C", "BTC-USD-220514-0-C", "BTC-USD-SWAP-1-C", "BTC_USD-SWAP"],
  other: ["BTCUSDT", "BTC-PERPETUAL"],
};

describe("instruments", () => {
  for (const [venue, names] of Object.entries(NAMES)) {
    it(`are known by their names at ${venue}`, () => {
      for (const expected of names) assertEquals(told(modelOf(expected[0], venue as Venue)), expected);
    });
  }

  it("of other names are unknown, and neither hedge nor are valued", () => {
    for (const [venue, names] of Object.entries(UNKNOWN)) {
      for (const name of names) {
        const model = modelOf(name, venue as Venue);
        assertEquals([model.kind, isHedge(model), isValued(model)], ["unknown", false, false], name);
      }
    }
    assertEquals(modelOf(`${"X".repeat(17)}USDT`, "binanceFutures").kind, "unknown", "no row has room for that coin");
  });

  it("expire on days that exist, at 08:00 UTC", () => {
    assertEquals(expiryOfName("27DEC24"), Date.UTC(2024, 11, 27, 8));
    assertEquals(expiryOfName("9APR21"), Date.UTC(2021, 3, 9, 8));
    assertEquals(expiryOfName("29FEB24"), Date.UTC(2024, 1, 29, 8));
    assertEquals(expiryOfDigits("241227"), Date.UTC(2024, 11, 27, 8));
    for (const none of ["29FEB23", "31FEB25", "31APR25", "0JAN25", "32JAN25", "1jan25", "27DEC2024"]) {
      assertEquals(expiryOfName(none), undefined, none);
    }
    for (const none of ["230229", "241301", "240100", "24122", "2412270"]) {
      assertEquals(expiryOfDigits(none), undefined);
    }
    assertEquals(expiryName(Date.UTC(2024, 10, 1, 8)), "1NOV24");
  });

  it("of which all is known may hedge: futures and perpetuals priced in dollars", () => {
    const hedges = (name: string, venue: Venue) => isHedge(modelOf(name, venue));
    for (const name of ["BTC-PERPETUAL", "BTC-27DEC24", "BTC_USDC-PERPETUAL"]) assert(hedges(name, "deribit"), name);
    for (const name of ["BTCUSDT", "BTCUSD_PERP", "BTCUSDT_241227"]) assert(hedges(name, "binanceFutures"), name);
    const others = ["BTC_USDC-27DEC24-70000-C", "BTC-25MAR22-400000-C", "BTC-FS-27DEC24_PERP", "BTC_USDC", "FOO"];
    for (const name of others) assertEquals(hedges(name, "deribit"), false, name);
    for (const name of ["ETHBTC", "DOGE-240223-0.091-C"]) assertEquals(hedges(name, "binanceFutures"), false, name);
    assertEquals(hedges("UNI-USDT-SWAP", "okx"), false, "nobody knows what its contract is");
    assertEquals([
      mayBeNegative(modelOf("BTC-FS-27DEC24_PERP", "deribit")),
      mayBeNegative(modelOf("BTC-PERPETUAL", "deribit")),
    ], [
      true,
      false,
    ]);
  });

  it("that are options say what their price depends on, if all of it is known", () => {
    const terms = { currency: "XRP", expiryMs: Date.UTC(2023, 5, 30, 8), strike: 0.55, isCall: true };
    assertEquals(optionTermsOf(modelOf("XRP_USDC-30JUN23-0d55-C", "deribit")), terms);
    assertEquals(optionName({ ...terms, strike: 70_000, currency: "BTC" }), "BTC-30JUN23-70000-C");
    assertEquals(optionTermsOf(modelOf(optionName(terms), "deribit")), terms);
    assertEquals(optionTermsOf(modelOf("DOGE-240223-0.091-C", "binanceFutures")), undefined);
    assertEquals(optionTermsOf(modelOf("BTC-PERPETUAL", "deribit")), undefined);
  });

  it("have a row in shared memory that keeps all of it", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 16 });
    assert(segment.byteLength > 0);
    const row = InstrumentRow.alloc();
    for (const [venue, names] of Object.entries({ ...NAMES, deribit: [...NAMES.deribit!, ["FOO"] as const] })) {
      for (const [name] of names) {
        const model = { ...modelOf(name, venue as Venue), priceDigits: 5 };
        InstrumentRow.assign(row, rowOfModel(model));
        assertEquals(modelOfRow(row), model);
      }
    }
  });
});

describe("instrument definitions", () => {
  const deribit = (told: Record<string, unknown>) => deribitDefinitions({ result: [told] })[0];
  const okx = (told: Record<string, unknown>) => okxDefinitions({ data: [told] })[0];
  const binance = (told: Record<string, unknown>, isSpot = false) => binanceDefinitions({ symbols: [told] }, isSpot)[0];

  it("of Deribit: old ones without a word about settlement, and new ones", () => {
    const old = deribit({
      tick_size: 0.0005,
      strike: 40000.0,
      quote_currency: "USD",
      option_type: "put",
      min_trade_amount: 0.1,
      kind: "option",
      instrument_name: "BTC-24SEP21-40000-P",
      expiration_timestamp: 1632470400000,
      contract_size: 1.0,
      base_currency: "BTC",
    });
    assertEquals(old, { ...modelOf("BTC-24SEP21-40000-P", "deribit"), lot: 0.1, priceDigits: 4, quantityDigits: 1 });
    const perpetual = deribit({
      kind: "future",
      settlement_period: "perpetual",
      instrument_name: "BTC-PERPETUAL",
      expiration_timestamp: 32503708800000,
      contract_size: 10.0,
      min_trade_amount: 10.0,
      tick_size: 0.5,
      base_currency: "BTC",
      quote_currency: "USD",
    });
    assertEquals(told(perpetual), ["BTC-PERPETUAL", "inversePerpetual", "BTC", "USD", "BTC", 1]);
    assertEquals([perpetual.lot, perpetual.expiryMs, perpetual.priceDigits], [10, NaN, 1]);
    const linear = deribit({
      kind: "future",
      future_type: "linear",
      settlement_period: "perpetual",
      settlement_currency: "USDC",
      quote_currency: "USDC",
      counter_currency: "USDC",
      base_currency: "UNI",
      instrument_name: "UNI_USDC-PERPETUAL",
      contract_size: 1,
      min_trade_amount: 1,
      tick_size: 0.001,
      expiration_timestamp: 32503708800000,
    });
    assertEquals(told(linear), ["UNI_USDC-PERPETUAL", "linearPerpetual", "UNI", "USDC", "USDC", 1]);
    const combo = deribit({ kind: "future_combo", instrument_name: "BTC-FS-27DEC24_PERP", base_currency: "BTC" });
    assertEquals([combo.kind, isValued(combo)], ["combo", false]);
    const strange = deribit({ kind: "swaption", instrument_name: "BTC-27DEC24" });
    assertEquals([strange.kind, isHedge(strange)], ["unknown", false], "a kind that is not known makes it unknown");
  });

  it("of OKX: a contract is its value times its multiplier", () => {
    const option = okx({
      ctMult: "0.1",
      ctType: "",
      ctVal: "1",
      ctValCcy: "BTC",
      expTime: "1652515200000",
      instId: "BTC-USD-220514-22000-C",
      instType: "OPTION",
      lotSz: "1",
      optType: "C",
      settleCcy: "BTC",
      stk: "22000",
      tickSz: "0.0005",
      uly: "BTC-USD",
      baseCcy: "",
      quoteCcy: "",
    });
    assertEquals(told(option), ["BTC-USD-220514-22000-C", "inverseOption", "BTC", "USD", "BTC", 0.1]);
    assertEquals([option.expiryMs, option.strike, option.isCall, option.lot, option.priceDigits], [
      Date.UTC(2022, 4, 14, 8),
      22000,
      true,
      1,
      4,
    ]);
    const swap = okx({
      ctMult: "1",
      ctType: "linear",
      ctVal: "1",
      expTime: "",
      instId: "UNI-USDT-SWAP",
      instType: "SWAP",
      lotSz: "1",
      settleCcy: "USDT",
      tickSz: "0.001",
      uly: "UNI-USDT",
    });
    assertEquals([told(swap), isHedge(swap)], [["UNI-USDT-SWAP", "linearPerpetual", "UNI", "USDT", "USDT", 1], true]);
    assertEquals(
      okx({ instId: "BTC-USDT", instType: "SPOT", baseCcy: "BTC", quoteCcy: "USDT", ctVal: "" }).kind,
      "spot",
    );
  });

  it("of Binance: contracts of so many dollars, steps of prices and quantities", () => {
    const filters = [
      { filterType: "PRICE_FILTER", tickSize: "0.10" },
      { filterType: "LOT_SIZE", stepSize: "1" },
    ];
    const inverse = binance({
      symbol: "BTCUSD_PERP",
      contractType: "PERPETUAL",
      deliveryDate: 4133404800000,
      contractSize: 100,
      marginAsset: "BTC",
      baseAsset: "BTC",
      quoteAsset: "USD",
      filters,
    });
    assertEquals(told(inverse), ["BTCUSD_PERP", "inversePerpetual", "BTC", "USD", "BTC", 100]);
    assertEquals([inverse.lot, inverse.priceDigits, inverse.quantityDigits, inverse.expiryMs], [1, 1, 0, NaN]);
    const dated = binance({
      symbol: "BTCUSDT_241227",
      contractType: "CURRENT_QUARTER",
      deliveryDate: Date.UTC(2024, 11, 27, 8),
      marginAsset: "USDT",
      baseAsset: "BTC",
      quoteAsset: "USDT",
    });
    assertEquals([dated.kind, dated.expiryMs, dated.contractSize], ["linearFuture", Date.UTC(2024, 11, 27, 8), 1]);
    const spot = binance({ symbol: "BTCUSDT", baseAsset: "BTC", quoteAsset: "USDT" }, true);
    assertEquals([spot.venue, spot.kind], ["binanceSpot", "spot"]);
  });

  it("that are invalid are left out, and never throw", () => {
    for (
      const nothing of [null, 1, "x", [], {}, { result: 1 }, { data: [1, null] }, { symbols: [{}] }, { result: [{}] }]
    ) {
      for (const read of [deribitDefinitions, okxDefinitions, (value: unknown) => binanceDefinitions(value, true)]) {
        assertEquals(read(nothing), []);
      }
    }
  });

  it("count for instruments that come after them; later ones are reported if they say something else", () => {
    const instruments = new Instruments(),
      [definition] = okxDefinitions({
        data: [{
          instId: "UNI-USDT-SWAP",
          instType: "SWAP",
          ctType: "linear",
          ctVal: "1",
          ctMult: "1",
          uly: "UNI-USDT",
        }],
      });
    instruments.definitions.define([definition]);
    assertEquals(instruments.at(instruments.add("UNI-USDT-SWAP", "okx")).contractSize, 1);
    instruments.definitions.define([definition]);
    assertEquals(instruments.definitions.late, 0);
    instruments.definitions.define([{ ...definition, contractSize: 10 }]);
    assertEquals([instruments.definitions.late, instruments.at(0).contractSize], [1, 1]);
  });

  it("are read from the answers that a recorder kept", () => {
    const parser = new CaptureParser(), encoder = new TextEncoder();
    const lines = [
      `https://www.okx.com/api/v5/public/instruments?instType=SWAP -> 1652458996.5: {"code":"0","data":[{"instId":"UNI-USDT-SWAP","instType":"SWAP","ctType":"linear","ctVal":"5","ctMult":"1","uly":"UNI-USDT"}]}`,
      `https://www.okx.com/api/v5/public/time -> 1652458996.5: {"code":"0"}`,
      `https://www.okx.com/api/v5/public/instruments?instType=SWAP -> 1652458996.5: {"code":`,
    ];
    for (const line of lines) assertEquals(parser.parse(encoder.encode(`${line}\n`), 0), undefined);
    const { lines: read, skipped, broken, definitions } = parser.report;
    assertEquals({ read, skipped, broken, definitions }, { read: 3, skipped: 1, broken: 1, definitions: 1 });
    assertEquals(parser.instruments.at(parser.instruments.add("UNI-USDT-SWAP", "okx")).contractSize, 5);
  });
});

describe("what quantities are worth", () => {
  const inverse = contractOf(modelOf("BTCUSD_PERP", "binanceFutures"));
  const linear = contractOf(modelOf("BTC-USDT-SWAP", "okx"));

  it("contracts of dollars are coins by their price, contracts of coins are", () => {
    assertAlmostEquals(coinsOf(inverse, 40, 60_000), 40 * 100 / 60_000, 1e-12);
    assertAlmostEquals(quantityOf(inverse, coinsOf(inverse, 40, 60_000), 60_000), 40, 1e-9);
    assertAlmostEquals(coinsOf(linear, 40, 60_000), 0.4, 1e-12);
    assertAlmostEquals(quantityOf(linear, 0.4, 60_000), 40, 1e-9);
    assertAlmostEquals(gainOf(inverse, 50_000, 60_000), 100 / 50_000 - 100 / 60_000, 1e-15);
    assertAlmostEquals(gainOf(linear, 50_000, 60_000), 100, 1e-9);
  });

  it("orders are for lots: as defined, or no finer than quantities are", () => {
    const model = modelOf("BTCUSDT", "binanceFutures");
    assertEquals(lotOf(model), 0.01);
    assertEquals(lotOf({ ...model, quantityDigits: 3 }), 0.01);
    assertEquals(lotOf({ ...model, quantityDigits: 0 }), 1);
    assertEquals(lotOf({ ...model, lot: 0.001 }), 0.001);
    assertEquals([lotOf(modelOf("BTCUSD_PERP", "binanceFutures")), lotOf(modelOf("BTC-PERPETUAL", "deribit"))], [
      1,
      10,
    ]);
  });

  it("an inverse position earns the coins that its contracts pay, however it is traded", () => {
    const random = new Random(5), position = new Position(inverse);
    let coins = 0, held = 0; // each contract bought costs −100/price coins
    for (let i = 0; i < 2000; i++) {
      const quantity = random.below(21) - 10, price = 50_000 + random.below(20_000);
      position.trade(quantity, price);
      coins += quantity * 100 / price;
      held += quantity;
      assertEquals(position.quantity, held);
      const worth = coins - held * 100 / 57_000;
      assertAlmostEquals(position.realised + position.unrealised(57_000), worth, 1e-9);
    }
    assertThrows(() => position.trade(1, 0), RangeError);
  });

  it("and is worth them in dollars", () => {
    const long = { quantity: 600, averagePrice: 60_000, realised: 0.5 };
    const { coins, profit } = futureValue(inverse, long, 75_000);
    assertAlmostEquals(coins, 0.8, 1e-12);
    assertAlmostEquals(profit, (0.5 + 1 - 0.8) * 75_000, 1e-6);
    assertEquals(futureValue(inverse, { quantity: 0, averagePrice: 0, realised: 0.5 }, 100).profit, 50);
    const two = futureValue(linear, { quantity: 200, averagePrice: 100, realised: -3 }, 110);
    assertAlmostEquals(two.coins, 2, 1e-12);
    assertAlmostEquals(two.profit, 17, 1e-9);
  });
});
