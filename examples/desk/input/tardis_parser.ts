import type { Venue } from "../instrument/instrument_model.ts";
import { type DepthEvent, depthEvent, type MarketEvent, type TradeEvent, tradeEvent } from "./events.ts";
import type { Instruments } from "./instruments.ts";
import { type JsonScanner, LineError } from "./json_scanner.ts";

const COMMA = 0x2c, NEWLINE = 0x0a, RETURN = 0x0d, ZERO = 0x30, NINE = 0x39;

/** The columns with which each table begins. */
const COMMON: readonly string[] = ["exchange", "symbol", "timestamp", "local_timestamp"];
/** Those that are read of each table, by its name. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  incremental_book_L2: [...COMMON, "is_snapshot", "side", "price", "amount"],
  trades: [...COMMON, "id", "side", "price", "amount"],
};
/** Places of columns in those lists. */
const EXCHANGE = 0, SYMBOL = 1, TIMESTAMP = 2, LOCAL = 3, KIND = 4, SIDE = 5, PRICE = 6, AMOUNT = 7;

/** Whose names the symbols are. Those of other exchanges are not read. */
const VENUES: Readonly<Record<string, Venue>> = {
  binance: "binanceSpot",
  "binance-us": "binanceSpot",
  "binance-futures": "binanceFutures",
  "binance-delivery": "binanceFutures",
  "binance-european-options": "binanceFutures",
  deribit: "deribit",
  okex: "okx",
  "okex-swap": "okx",
  "okex-futures": "okx",
  "okex-options": "okx",
};

const decoder = new TextDecoder();

/**
 * Reads CSV files of Tardis: `incremental_book_L2` and `trades`, each with a header that names its columns. Rows of a
 * book that were received together are one change: the first row of the next one ends it. Changes have no numbers, so
 * nothing shows whether one is missing.
 */
export class TardisParser {
  readonly #scanner: JsonScanner;
  readonly #instruments: Instruments;
  readonly #trade: TradeEvent = tradeEvent();
  /** The change that is being read, and the one that was read before. */
  #depth: DepthEvent = depthEvent();
  #read: DepthEvent = depthEvent();
  #isReading = false;
  #table = "";
  /** Which field each column is in. */
  #places: number[] = [];
  #fields = 0;
  /** Where the fields of a row begin; each ends before the comma in front of the next one. */
  readonly #starts: number[] = [];
  /** By instrument: whether its last rows were those of a snapshot. */
  readonly #wasSnapshot: boolean[] = [];
  /** The exchange of the last row, as it stands there. */
  #exchange = "";
  #venue: Venue = "other";

  constructor(scanner: JsonScanner, instruments: Instruments) {
    this.#scanner = scanner;
    this.#instruments = instruments;
  }

  /** Whether rows are expected. */
  get isOpen(): boolean {
    return this.#places.length > 0;
  }

  /** Reads a header. @returns What the line is, in words; undefined if it is none of a table's. */
  begin(line: string): string | undefined {
    const columns = line.trim().split(",");
    if (columns[0] !== COMMON[0] || columns[1] !== COMMON[1]) return undefined;
    const found = Object.entries(TABLES).find(([, needed]) => needed.every((name) => columns.includes(name)));
    this.#table = found?.[0] ?? "";
    this.#places = found?.[1].map((name) => columns.indexOf(name)) ?? [-1];
    this.#fields = columns.length;
    return found === undefined
      ? `Tardis: a table with the columns ${line.trim()}`
      : `Tardis: the header of ${this.#table}`;
  }

  /**
   * Reads a row.
   *
   * @returns The event that it ends, or is, with the time at which it was received; what it is instead if it is of a
   * kind that is not read; undefined if the change continues.
   * @throws {LineError} If it is broken.
   */
  parse(bytes: Uint8Array, start: number): MarketEvent | string | undefined {
    if (this.#table === "") return "Tardis: a row of a table that is not read";
    this.#split(bytes, start);
    const instrument = this.#instrumentOf(bytes);
    return this.#table === "trades" ? this.#tradeOf(bytes, instrument) : this.#level(bytes, instrument);
  }

  /** The change that the end of the input ends; undefined if there is none. */
  end(): MarketEvent | undefined {
    return this.#isReading ? this.#finishDepth() : undefined;
  }

  #level(bytes: Uint8Array, instrument: number): DepthEvent | undefined {
    const scanner = this.#scanner, receivedUs = this.#number(LOCAL), timestamp = this.#number(TIMESTAMP);
    const isSnapshot = this.#word(bytes, KIND, "true", "false"), isBid = this.#word(bytes, SIDE, "bid", "ask");
    const price = this.#decimal(PRICE), priceDigits = scanner.digits;
    const amount = this.#decimal(AMOUNT), amountDigits = scanner.digits;
    if (!(price >= 0 && amount >= 0)) scanner.fail("prices and quantities must not be negative");
    this.#instruments.note(instrument, priceDigits, amountDigits);
    const depth = this.#depth;
    const goesOn = this.#isReading && depth.instrument === instrument && depth.receivedUs === receivedUs &&
      (this.#wasSnapshot[instrument] ?? false) === isSnapshot;
    const ended = this.#isReading && !goesOn ? this.#finishDepth() : undefined;
    if (!goesOn) this.#beginDepth(instrument, receivedUs, timestamp / 1000, isSnapshot);
    (isBid ? this.#depth.bids : this.#depth.asks).push(price, amount);
    return ended;
  }

  #beginDepth(instrument: number, receivedUs: number, exchangeMs: number, isSnapshot: boolean): void {
    const depth = this.#depth;
    this.#isReading = true;
    depth.instrument = instrument;
    depth.receivedUs = receivedUs;
    depth.exchangeMs = exchangeMs;
    // A snapshot may come in several parts: only the first takes the place of what was there.
    depth.isSnapshot = isSnapshot && !(this.#wasSnapshot[instrument] ?? false);
    this.#wasSnapshot[instrument] = isSnapshot;
    depth.first = depth.last = depth.previous = NaN;
    depth.bids.clear();
    depth.asks.clear();
  }

  /** What is read next goes into the other event, so this one stays good. */
  #finishDepth(): DepthEvent {
    const depth = this.#depth, { bids, asks } = depth;
    this.#isReading = false;
    this.#depth = this.#read;
    this.#read = depth;
    // Only Deribit has complete books.
    const isWhole = !depth.isSnapshot || this.#instruments.at(depth.instrument).venue === "deribit";
    depth.knownBid = isWhole || bids.length === 0 ? -Infinity : bids.lowest;
    depth.knownAsk = isWhole || asks.length === 0 ? Infinity : asks.highest;
    return depth;
  }

  #tradeOf(bytes: Uint8Array, instrument: number): TradeEvent | string {
    const scanner = this.#scanner, trade = this.#trade;
    if (this.#is(bytes, SIDE, "unknown")) return "Tardis: a trade of which nobody knows who took liquidity";
    trade.instrument = instrument;
    trade.receivedUs = this.#number(LOCAL);
    trade.exchangeMs = this.#number(TIMESTAMP) / 1000;
    trade.isTakerBuy = this.#word(bytes, SIDE, "buy", "sell");
    trade.price = this.#decimal(PRICE);
    trade.quantity = this.#decimal(AMOUNT);
    trade.id = this.#idOf(bytes);
    if (!(trade.price > 0 && trade.quantity > 0)) scanner.fail("a trade must have a price and a quantity above 0");
    return trade;
  }

  /** Exchanges number their trades in many ways; an id that is not a number cannot show a hole. */
  #idOf(bytes: Uint8Array): number {
    const start = this.#start(KIND), end = this.#end(KIND);
    let id = 0;
    for (let at = start; at < end; at++) {
      if (!(bytes[at] >= ZERO && bytes[at] <= NINE)) return NaN;
      id = id * 10 + (bytes[at] - ZERO);
    }
    return end > start && Number.isSafeInteger(id) ? id : NaN;
  }

  /** Finds where the fields of a row begin. */
  #split(bytes: Uint8Array, start: number): void {
    const starts = this.#starts;
    let at = start, count = 0;
    starts[count++] = start;
    for (; bytes[at] !== NEWLINE; at++) if (bytes[at] === COMMA) starts[count++] = at + 1;
    if (bytes[at - 1] === RETURN) at--;
    starts[count] = at + 1;
    if (count !== this.#fields) {
      throw new LineError(
        `Cannot read a row as it must have ${this.#fields} fields: found ${count}`,
        "a row must have all its fields",
      );
    }
    this.#scanner.reset(bytes, start);
  }

  #instrumentOf(bytes: Uint8Array): number {
    if (!this.#is(bytes, EXCHANGE, this.#exchange)) {
      this.#exchange = decoder.decode(bytes.subarray(this.#start(EXCHANGE), this.#end(EXCHANGE)));
      this.#venue = VENUES[this.#exchange] ?? "other";
    }
    return this.#instruments.find(this.#scanner, this.#start(SYMBOL), this.#end(SYMBOL), this.#venue);
  }

  #start(column: number): number {
    return this.#starts[this.#places[column]];
  }

  #end(column: number): number {
    return this.#starts[this.#places[column] + 1] - 1;
  }

  #is(bytes: Uint8Array, column: number, text: string): boolean {
    const start = this.#start(column);
    if (this.#end(column) - start !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** @returns Whether it is the first of two words. */
  #word(bytes: Uint8Array, column: number, yes: string, no: string): boolean {
    if (this.#is(bytes, column, yes)) return true;
    if (!this.#is(bytes, column, no)) this.#scanner.fail(`a field must be ${yes} or ${no}`);
    return false;
  }

  #decimal(column: number): number {
    this.#scanner.at = this.#start(column);
    return this.#ended(column, this.#scanner.decimal());
  }

  #number(column: number): number {
    this.#scanner.at = this.#start(column);
    return this.#ended(column, this.#scanner.integer());
  }

  #ended(column: number, value: number): number {
    if (this.#scanner.at !== this.#end(column) || value !== value) this.#scanner.fail("a field must be a number");
    return value;
  }
}
