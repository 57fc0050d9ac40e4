import { BinanceParser, NOBODY } from "./binance_parser.ts";
import { DeribitParser } from "./deribit_parser.ts";
import type { MarketEvent } from "./events.ts";
import { InputReport } from "./input_report.ts";
import { Instruments } from "./instruments.ts";
import { JsonScanner } from "./json_scanner.ts";
import { definitionsOf, restLineOf } from "./rest_line.ts";

const ZERO = 0x30, NINE = 0x39, SPACE = 0x20, POINT = 0x2e, COLON = 0x3a, NEWLINE = 0x0a, RETURN = 0x0d;
const LETTER_A = 0x61, LETTER_Z = 0x7a;

/** Whatever is later is no time: the year 33658. */
const LAST_US = 1e18;

/** Digits of a second that are kept, and those behind them in a time in nanoseconds. */
const MICRO_DIGITS = 6, NANO_DIGITS_LEFT = 3;

/**
 * Reads lines of captures into events. Which exchange a line is from shows in its beginning:
 *
 *     1723161255030314667 {…}        nanoseconds: Binance
 *     1617644856.913596: {…}         seconds: Deribit
 *
 * What begins with a word and a colon (`configuration: …`, `wss://… <- …`) is a header of the recorder; among those the answer
 * to a request for instruments (`https://… -> <seconds>: {…}`) tells what they are. What cannot be read is counted in the
 * report.
 */
export class CaptureParser {
  /** What was found. */
  readonly report: InputReport = new InputReport();
  /** The instruments that the events are about. */
  readonly instruments: Instruments;
  readonly #scanner = new JsonScanner();
  readonly #binance: BinanceParser;
  readonly #deribit: DeribitParser;
  #receivedUs = 0;
  /** Whether the line at hand is kept for later. */
  #isHeld = false;

  /** @param instruments Shared by several captures that are replayed together. */
  constructor(instruments: Instruments = new Instruments()) {
    this.instruments = instruments;
    this.#binance = new BinanceParser(this.#scanner, instruments);
    this.#deribit = new DeribitParser(this.#scanner, instruments);
  }

  /**
   * Reads a line.
   *
   * @param bytes Hold the line and its line feed.
   * @param start Where it begins.
   * @returns The event, good until the next one; undefined if the line holds none. `more` gives those behind it.
   */
  parse(bytes: Uint8Array, start: number): MarketEvent | undefined {
    const { report } = this;
    report.lines++;
    try {
      if (isHeader(bytes, start)) {
        this.#readHeader(bytes, start);
        return undefined;
      }
      this.#isHeld = false;
      const event = this.#parseMessage(bytes, start);
      if (event !== undefined) return this.#finish(event);
      if (!this.#isHeld) report.skipped++;
      return undefined;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      report.countBroken(error);
      return undefined;
    }
  }

  /** The next event of the line read last; undefined if there is none. */
  more(): MarketEvent | undefined {
    const event = this.#binance.more();
    return event === undefined ? undefined : this.#finish(event);
  }

  /** Tells that no line comes any more. */
  end(): void {
    if (this.#binance.releaseSnapshot()) this.report.countBroken(new SyntaxError(NOBODY));
  }

  #finish(event: MarketEvent): MarketEvent {
    event.receivedUs = this.#receivedUs;
    this.report.count(event);
    return event;
  }

  #readHeader(bytes: Uint8Array, start: number): void {
    const end = bytes.indexOf(NEWLINE, start), line = restLineOf(bytes, start, end);
    const read = line === undefined ? undefined : definitionsOf(line.url);
    if (line === undefined || read === undefined) {
      this.report.skipped++;
      return;
    }
    const answer = bytes.indexOf(SPACE, line.answerAt) + 1; // behind the time
    const models = read(JSON.parse(new TextDecoder().decode(bytes.subarray(answer, end))));
    this.instruments.definitions.define(models);
    this.report.definitions += models.length;
  }

  #parseMessage(bytes: Uint8Array, start: number): MarketEvent | undefined {
    const scanner = this.#scanner;
    scanner.reset(bytes, start);
    let at = start, micros = 0, last = 0;
    for (; isDigit(bytes[at]); at++) {
      // Nanoseconds since 1970 do not fit a number: the last three digits are left out, once they are known to be the last.
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
    if (!isNanoseconds) scanner.expect(COLON);
    scanner.expect(SPACE);
    if (!isNanoseconds) return this.#deribit.parse();
    const event = this.#binance.parse();
    this.#isHeld = this.#binance.isHeld;
    return event;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** An empty line, or one of the recorder's own. */
function isHeader(bytes: Uint8Array, start: number): boolean {
  let at = start;
  while (bytes[at] >= LETTER_A && bytes[at] <= LETTER_Z) at++;
  return at === start ? bytes[at] === NEWLINE || bytes[at] === RETURN : bytes[at] === COLON;
}
