import { type Instruments, MAX_NAME_BYTES } from "./instruments.ts";
import { type JsonScanner, names } from "./json_scanner.ts";
import type { Levels } from "./levels.ts";

/** The members that are read, of the wrapper of combined streams and of what it holds. Frequent ones come first. */
const MEMBERS = names(
  "stream",
  "data",
  "e",
  "s",
  "T",
  "E",
  "u",
  "U",
  "pu",
  "b",
  "a",
  "B",
  "A",
  "t",
  "p",
  "q",
  "m",
  "lastUpdateId",
  "bids",
  "asks",
  "symbol",
  "M",
  "X",
  "code",
  "msg",
  "result",
);
/** The types that are read. */
export const TYPES = ["depthUpdate", "bookTicker", "trade", "aggTrade"] as const;
const TYPE_NAMES = names(...TYPES);
/** Streams of the best 5, 10 or 20 levels. */
const PARTIAL = /@depth\d+(@|$)/;

/**
 * The members of a message of Binance's, in any order, with or without the wrapper of combined streams. A number that
 * the message lacks is NaN.
 */
export class BinanceMessage {
  /** Index in `TYPES`; −1 for another one, or none. */
  type = -1;
  /** The name of a type that is not read, or what else is known of the message. */
  other = "";
  /** Where the symbol lies. */
  symbolStart = 0;
  symbolEnd = 0;
  transactionMs = NaN;
  eventMs = NaN;
  last = NaN;
  first = NaN;
  previous = NaN;
  bid = NaN;
  ask = NaN;
  bidQuantity = NaN;
  askQuantity = NaN;
  id = NaN;
  price = NaN;
  quantity = NaN;
  lastUpdateId = NaN;
  isMakerBuy = false;
  /** Whether there is a member that only messages of the spot market have, or only those of futures. */
  isOfSpot = false;
  isOfFutures = false;
  hasBids = false;
  hasAsks = false;
  readonly bids: Levels;
  readonly asks: Levels;
  /** The most digits after the point. */
  priceDigits = 0;
  quantityDigits = 0;
  readonly #scanner: JsonScanner;
  #streamStart = 0;
  #streamEnd = 0;

  /** Reads levels into those given. */
  constructor(scanner: JsonScanner, bids: Levels, asks: Levels) {
    this.#scanner = scanner;
    this.bids = bids;
    this.asks = asks;
  }

  /** Reads a message to the end of its line. */
  read(): void {
    this.#forget();
    this.#readMembers();
    this.#scanner.end();
  }

  /** Whether its stream is one of the best few levels. */
  get isPartial(): boolean {
    return this.#streamEnd > this.#streamStart && PARTIAL.test(this.stream);
  }

  /** The name of its stream; empty if it came without a wrapper. */
  get stream(): string {
    const { bytes } = this.#scanner;
    return String.fromCharCode(
      ...bytes.subarray(this.#streamStart, Math.min(this.#streamEnd, this.#streamStart + 100)),
    );
  }

  /** Whether it names its symbol. */
  get hasSymbol(): boolean {
    return this.symbolEnd > this.symbolStart;
  }

  /** Notes the digits of its prices and quantities. */
  noteDigits(instruments: Instruments, instrument: number): void {
    instruments.note(instrument, this.priceDigits, this.quantityDigits);
  }

  #readMembers(): void {
    const scanner = this.#scanner;
    if (!scanner.beginObject()) return;
    do this.#readMember(scanner.key(MEMBERS)); while (scanner.inObject());
  }

  #readMember(member: number): void {
    const scanner = this.#scanner;
    switch (member) {
      case 0:
        scanner.string();
        this.#streamStart = scanner.textStart;
        this.#streamEnd = scanner.textEnd;
        break;
      case 1:
        if (scanner.isObject) this.#readMembers();
        else scanner.skip();
        break;
      case 2:
        this.type = scanner.word(TYPE_NAMES);
        if (this.type === -1) this.other = scanner.text;
        break;
      case 3:
      case 20:
        this.#readSymbol();
        break;
      case 4:
        this.transactionMs = scanner.integer();
        break;
      case 5:
        this.eventMs = scanner.integer();
        break;
      case 6:
        this.last = scanner.integer();
        break;
      case 7:
        this.first = scanner.integer();
        break;
      case 8:
        this.previous = scanner.integer();
        this.isOfFutures = true;
        break;
      case 9:
        if (scanner.isArray) this.#readBids();
        else this.bid = this.#readPrice();
        break;
      case 10:
        // Levels, a price, or the number of an aggregate trade.
        if (scanner.isArray) this.#readAsks();
        else this.ask = this.id = this.#readPrice();
        break;
      case 11:
        this.bidQuantity = this.#readQuantity();
        break;
      case 12:
        this.askQuantity = this.#readQuantity();
        break;
      case 13:
        this.id = scanner.integer();
        break;
      case 14:
        this.price = this.#readPrice();
        break;
      case 15:
        this.quantity = this.#readQuantity();
        break;
      case 16:
        this.isMakerBuy = scanner.boolean();
        break;
      case 17:
        this.lastUpdateId = scanner.integer();
        break;
      case 18:
        this.#readBids();
        break;
      case 19:
        this.#readAsks();
        break;
      case 21:
        scanner.skip();
        this.isOfSpot = true;
        break;
      case 22:
        scanner.skip();
        this.isOfFutures = true;
        break;
      case 23:
      case 24:
        scanner.skip();
        this.other ||= "an error";
        break;
      case 25:
        scanner.skip();
        this.other ||= "an answer to a request";
        break;
      default:
        scanner.skip();
    }
  }

  #readSymbol(): void {
    const scanner = this.#scanner;
    scanner.string();
    this.symbolStart = scanner.textStart;
    this.symbolEnd = scanner.textEnd;
    const length = this.symbolEnd - this.symbolStart;
    if (length === 0 || length > MAX_NAME_BYTES) {
      scanner.fail(`an instrument's name must have 1 to ${MAX_NAME_BYTES} bytes`);
    }
  }

  #readBids(): void {
    this.#readLevels(this.bids);
    this.hasBids = true;
  }

  #readAsks(): void {
    this.#readLevels(this.asks);
    this.hasAsks = true;
  }

  /** Reads `[["price","quantity"], …]`. */
  #readLevels(levels: Levels): void {
    const scanner = this.#scanner;
    levels.clear();
    if (!scanner.beginArray()) return;
    do {
      if (!scanner.beginArray()) scanner.fail("a level must have a price");
      const price = this.#readPrice();
      if (!scanner.inArray()) scanner.fail("a level must have a quantity");
      const quantity = this.#readQuantity();
      if (scanner.inArray()) scanner.fail("a level must have no more than a price and a quantity");
      if (!(price >= 0 && quantity >= 0)) scanner.fail("prices and quantities must not be negative");
      levels.push(price, quantity);
    } while (scanner.inArray());
  }

  #readPrice(): number {
    const scanner = this.#scanner, price = scanner.decimal();
    if (scanner.digits > this.priceDigits) this.priceDigits = scanner.digits;
    return price;
  }

  #readQuantity(): number {
    const scanner = this.#scanner, quantity = scanner.decimal();
    if (scanner.digits > this.quantityDigits) this.quantityDigits = scanner.digits;
    return quantity;
  }

  #forget(): void {
    this.type = -1;
    this.other = "";
    this.symbolStart =
      this.symbolEnd =
      this.#streamStart =
      this.#streamEnd =
        0;
    this.isMakerBuy =
      this.isOfSpot =
      this.isOfFutures =
      this.hasBids =
      this.hasAsks =
        false;
    this.priceDigits = this.quantityDigits = 0;
    this.transactionMs =
      this.eventMs =
      this.last =
      this.first =
      this.previous =
      this.id =
      this.lastUpdateId =
        NaN;
    this.bid =
      this.ask =
      this.bidQuantity =
      this.askQuantity =
      this.price =
      this.quantity =
        NaN;
  }
}
