import { BinanceParser, NOBODY } from "./binance_parser.ts";
import { DeribitParser } from "./deribit_parser.ts";
import type { MarketEvent } from "./events.ts";
import { InputReport } from "./input_report.ts";
import { Instruments } from "./instruments.ts";
import { BROKEN_JSON, JsonScanner, LineError, names } from "./json_scanner.ts";
import { OkxParser } from "./okx_parser.ts";
import { TardisParser } from "./tardis_parser.ts";
import { connectionOf, definitionsOf, type Origin, restLineOf, snapshotOf } from "./recorder_lines.ts";

const ZERO = 0x30, NINE = 0x39, SPACE = 0x20, POINT = 0x2e, COLON = 0x3a, NEWLINE = 0x0a, RETURN = 0x0d;
const BRACKET = 0x5b;

/** Whatever is later is no time: the year 33658. */
const LAST_US = 1e18;

/** Digits of a second that are kept, and those after them in a time in nanoseconds. */
const MICRO_DIGITS = 6, NANO_DIGITS_LEFT = 3;

/** First members of messages, by which exchanges are distinguished; `data` is OKX's if it is an array. */
const BINANCE_FIRST = names("stream", "e", "u", "s", "lastUpdateId", "data", "E", "T", "symbol", "code", "msg");
const DERIBIT_FIRST = names("jsonrpc", "params", "method", "usIn", "usOut", "usDiff", "testnet");
const OKX_FIRST = names("arg", "action", "event", "op", "connId"), DATA = names("data");
const ANSWER_FIRST = names("result", "id", "error");

/** With this the header of a table begins. */
const HEADER: Uint8Array = new TextEncoder().encode("exchange,symbol,");

/** What there is besides events: nothing to report, or what the line is instead. */
type Found = MarketEvent | string | undefined;

/** What reads the messages of an exchange. */
interface MessageParser {
  parse(origin: Origin): Found;
  /** The rest of the last message. */
  more(): MarketEvent | undefined;
}

/**
 * Reads lines of captures into events. A line begins with the time at which it was received:
 *
 *     1723161255030314667 {…}                  nanoseconds
 *     1617644856.913596: {…}                   seconds
 *     https://… -> 1617644856.9: {…}           the answer to a request: a snapshot, or definitions of instruments
 *     wss://… <-> 1617644856.9                 to whom the recorder connected
 *     exchange,symbol,timestamp,…              the header of a table of Tardis, whose rows follow
 *
 * Whose message it is shows in its first member. What is skipped or broken is counted in the report, with the reason.
 */
export class CaptureParser {
  /** What was found. */
  readonly report: InputReport = new InputReport();
  /** The instruments that the events are about. */
  readonly instruments: Instruments;
  readonly #scanner = new JsonScanner();
  readonly #binance: BinanceParser;
  readonly #deribit: DeribitParser;
  readonly #okx: OkxParser;
  readonly #tardis: TardisParser;
  /** Where the lines that follow come from. */
  #origin: Origin = {};
  /** What read the last line, and may hold more of it. */
  #parser: Pick<MessageParser, "more"> | undefined;
  #receivedUs = 0;

  /** @param instruments Shared by several captures that are replayed together. */
  constructor(instruments: Instruments = new Instruments()) {
    this.instruments = instruments;
    this.#binance = new BinanceParser(this.#scanner, instruments);
    this.#deribit = new DeribitParser(this.#scanner, instruments);
    this.#okx = new OkxParser(this.#scanner, instruments);
    this.#tardis = new TardisParser(this.#scanner, instruments);
  }

  /**
   * Reads a line.
   *
   * @param bytes Hold the line and its line feed.
   * @param start Where it begins.
   * @returns The event, good until the next one; undefined if the line holds none. `more` returns those after it.
   */
  parse(bytes: Uint8Array, start: number): MarketEvent | undefined {
    const { report } = this;
    report.lines++;
    this.#parser = undefined;
    try {
      const found = isDigit(bytes[start]) ? this.#readMessage(bytes, start) : this.#readOther(bytes, start);
      if (typeof found === "string") report.countSkipped(found, bytes, start);
      else if (found !== undefined) return this.#finish(found);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      report.countBroken(error, bytes, start);
      this.#parser = undefined;
    }
    return undefined;
  }

  /** The next event of the line read last; undefined if there is none. */
  more(): MarketEvent | undefined {
    const event = this.#parser?.more();
    return event === undefined ? undefined : this.#finish(event);
  }

  /** Ends the input: `more` returns what was waiting for another line. */
  end(): void {
    if (this.#binance.releaseSnapshot()) this.report.countBroken(new LineError(NOBODY, NOBODY));
    // The last rows of a table are a change, too.
    const last = this.#tardis.end();
    let isReturned = last === undefined;
    if (last !== undefined) this.#receivedUs = last.receivedUs;
    this.#parser = {
      more: () => {
        if (isReturned) return undefined;
        isReturned = true;
        return last;
      },
    };
  }

  #finish(event: MarketEvent): MarketEvent {
    event.receivedUs = this.#receivedUs;
    // Messages without a number are distinguished by their time.
    if (event.kind === "depth" && event.last !== event.last) event.first = event.last = event.receivedUs;
    this.report.count(event);
    return event;
  }

  /** A row of a table, an empty line, or one of the recorder's own. */
  #readOther(bytes: Uint8Array, start: number): Found {
    if (bytes[start] === NEWLINE || (bytes[start] === RETURN && bytes[start + 1] === NEWLINE)) return "an empty line";
    if (this.#tardis.isOpen && !HEADER.every((byte, i) => bytes[start + i] === byte)) {
      const found = this.#tardis.parse(bytes, start);
      if (found !== undefined && typeof found !== "string") this.#receivedUs = found.receivedUs;
      return found;
    }
    const end = bytes.indexOf(NEWLINE, start), line = restLineOf(bytes, start, end);
    if (line !== undefined) return this.#readAnswer(line.url, bytes, line.answerAt);
    const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 4096)));
    const header = this.#tardis.begin(text);
    if (header !== undefined) return header;
    const origin = connectionOf(text);
    if (origin !== undefined) {
      this.#origin = origin;
      return "the recorder: a connection";
    }
    if (/^wss?:\/\/\S+ <- /.test(text)) return "the recorder: what it sent";
    const word = /^([a-z]+):/.exec(text);
    if (word !== null) return `the recorder: ${word[1]}`;
    this.#scanner.reset(bytes, start);
    this.#scanner.fail("it must begin with a time");
  }

  #readAnswer(url: URL, bytes: Uint8Array, at: number): Found {
    const scanner = this.#scanner, read = definitionsOf(url), origin = snapshotOf(url);
    if (read === undefined && origin === undefined) return `an answer to a request for ${url.pathname}`;
    this.#readTime(bytes, at);
    if (origin !== undefined) return this.#parseWith(this.#binance, origin);
    const models = read!(parseJson(bytes.subarray(scanner.at, bytes.indexOf(NEWLINE, at))));
    this.instruments.definitions.define(models);
    this.report.definitions += models.length;
    return undefined;
  }

  #readMessage(bytes: Uint8Array, start: number): Found {
    const scanner = this.#scanner;
    this.#readTime(bytes, start);
    if (scanner.isArray) return "a message of no known exchange: an array";
    const { at } = scanner, parser = this.#parserOf();
    if (typeof parser === "string") return parser;
    scanner.at = at;
    return this.#parseWith(parser, this.#origin);
  }

  #parseWith(parser: MessageParser, origin: Origin): Found {
    const found = parser.parse(origin);
    this.#parser = parser;
    return found;
  }

  /** Which parser reads the message; or what is known of it if none does. */
  #parserOf(): MessageParser | string {
    const scanner = this.#scanner, { bytes } = scanner;
    if (!scanner.beginObject()) return "an empty message";
    scanner.string();
    const { textStart } = scanner;
    const isOneOf = (known: ReturnType<typeof names>) => {
      scanner.at = textStart - 1;
      return scanner.word(known) >= 0;
    };
    if (isOneOf(DATA) && bytes[scanner.at] === COLON && bytes[scanner.at + 1] === BRACKET) return this.#okx;
    if (isOneOf(BINANCE_FIRST)) return this.#binance;
    if (isOneOf(DERIBIT_FIRST)) return this.#deribit;
    if (isOneOf(OKX_FIRST)) return this.#okx;
    if (this.#origin.exchange === "binance") return this.#binance;
    if (this.#origin.exchange === "deribit") return this.#deribit;
    if (this.#origin.exchange === "okx") return this.#okx;
    if (isOneOf(ANSWER_FIRST)) return "an answer to a request";
    return `a message of no known exchange: it begins with "${scanner.text.slice(0, 32)}"`;
  }

  /** Reads a time, and goes over what stands between it and the message. */
  #readTime(bytes: Uint8Array, start: number): void {
    const scanner = this.#scanner;
    scanner.reset(bytes, start);
    let at = start, micros = 0, last = 0;
    for (; isDigit(bytes[at]); at++) {
      // Nanoseconds since 1970 do not fit a number: the last three digits are left out, once they are known to be the
      // last.
      if (at - start >= NANO_DIGITS_LEFT) micros = micros * 10 + (bytes[at - NANO_DIGITS_LEFT] - ZERO);
      last = last * 10 % 1000 + (bytes[at] - ZERO);
    }
    if (at === start) scanner.fail("it must begin with a time");
    const isNanoseconds = bytes[at] === SPACE;
    this.#receivedUs = micros;
    if (!isNanoseconds) {
      let seconds = micros * 1000 + last, digits = 0;
      if (bytes[at] === POINT) {
        for (at++; isDigit(bytes[at]); at++) {
          if (digits === MICRO_DIGITS) continue;
          seconds = seconds * 10 + (bytes[at] - ZERO);
          digits++;
        }
      }
      this.#receivedUs = seconds * 10 ** (MICRO_DIGITS - digits);
    }
    scanner.at = at;
    if (!(this.#receivedUs <= LAST_US)) scanner.fail("its time must be one since 1970 in nanoseconds or seconds");
    if (!isNanoseconds && bytes[at] !== COLON) {
      scanner.fail("it must begin with a time, and what was received after it");
    }
    if (!isNanoseconds) scanner.at++;
    scanner.expect(SPACE);
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new LineError(`Cannot read definitions: ${(error as Error).message}`, BROKEN_JSON);
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
