import { mayBeNegative } from "../instrument/instrument_model.ts";
import { type TradeEvent, tradeEvent } from "./events.ts";
import type { Instruments } from "./instruments.ts";
import { type JsonScanner, names } from "./json_scanner.ts";

const TRADE = names("instrument_name", "timestamp", "trade_seq", "price", "amount", "direction");
const DIRECTIONS = names("buy", "sell");
const ALL = 0b111111;

/** The trades of one message of Deribit's, each identified by its number among those of its instrument. */
export class DeribitTrades {
  readonly #scanner: JsonScanner;
  readonly #instruments: Instruments;
  /** Trades, of which the first `#count` are of the last message. */
  readonly #trades: TradeEvent[] = [];
  #count = 0;
  #taken = 0;

  constructor(scanner: JsonScanner, instruments: Instruments) {
    this.#scanner = scanner;
    this.#instruments = instruments;
  }

  /** Forgets the last message. */
  forget(): void {
    this.#count = this.#taken = 0;
  }

  /** The first trade; undefined if there is none. */
  first(): TradeEvent | undefined {
    this.#taken = 0;
    return this.next();
  }

  /** The next trade; undefined if there is none. */
  next(): TradeEvent | undefined {
    return this.#taken < this.#count ? this.#trades[this.#taken++] : undefined;
  }

  /** Reads `[{…}, …]`. They are reported once the whole message is known to be right. */
  read(): void {
    const scanner = this.#scanner;
    if (!scanner.beginArray()) return;
    do this.#readTrade(this.#trades[this.#count] ??= tradeEvent()); while (scanner.inArray());
    this.#taken = this.#count; // `next` returns none before `first`
  }

  #readDirection(): boolean {
    const direction = this.#scanner.word(DIRECTIONS);
    if (direction === -1) this.#scanner.fail("a trade must be a buy or a sell");
    return direction === 0;
  }

  #readTrade(trade: TradeEvent): void {
    const scanner = this.#scanner;
    let seen = 0, priceDigits = 0, quantityDigits = 0;
    if (scanner.beginObject()) {
      do {
        const member = scanner.key(TRADE);
        if (member >= 0) seen |= 1 << member;
        switch (member) {
          case 0:
            trade.instrument = this.#instruments.read(scanner, "deribit");
            break;
          case 1:
            trade.exchangeMs = scanner.integer();
            break;
          case 2:
            trade.id = scanner.integer();
            break;
          case 3:
            trade.price = scanner.decimal();
            priceDigits = scanner.digits;
            break;
          case 4:
            trade.quantity = scanner.decimal();
            quantityDigits = scanner.digits;
            break;
          case 5:
            trade.isTakerBuy = this.#readDirection();
            break;
          default:
            scanner.skip();
        }
      } while (scanner.inObject());
    }
    const { exchangeMs, id, price, quantity, instrument } = trade, sum = exchangeMs + id + price + quantity;
    if (seen !== ALL || sum !== sum) scanner.fail("a trade must have all its members");
    const isPriced = price > 0 || mayBeNegative(this.#instruments.at(instrument));
    if (!(quantity > 0 && isPriced)) scanner.fail("a trade must have a price and a quantity above 0");
    this.#instruments.note(instrument, priceDigits, quantityDigits);
    this.#count++;
  }
}
