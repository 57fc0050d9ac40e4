/**
 * What a recorder notes besides messages: to whom it connected, and the answers to its requests.
 *
 * @module
 */
import { binanceDefinitions } from "../instrument/binance_definitions.ts";
import { deribitDefinitions } from "../instrument/deribit_definitions.ts";
import type { InstrumentModel, Venue } from "../instrument/instrument_model.ts";
import { okxDefinitions } from "../instrument/okx_definitions.ts";
import type { BinanceOrigin } from "./binance_parser.ts";

/** Where messages come from. */
export interface Origin extends BinanceOrigin {
  readonly exchange?: "binance" | "deribit" | "okx";
}

/** The answer to a request: `https://… -> <seconds>: <JSON>`. */
export interface RestLine {
  readonly url: URL;
  /** Where the time begins, in bytes of the line. */
  readonly answerAt: number;
}

const ARROW = " -> ";
/** The longest address that is looked for. */
const MOST_URL = 4096;

const BINANCE = /(^|\.)binance\.\w+$/, DERIBIT = /(^|\.)deribit\.com$/, OKX = /(^|\.)(okx|okex)\.com$/;
/** A stream of the best few levels. */
const PARTIAL = /@depth\d+(@|$)/;

/** Reads the beginning of an answer's line; undefined if it is no such line. */
export function restLineOf(bytes: Uint8Array, start: number, end: number): RestLine | undefined {
  const head = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + MOST_URL)));
  const arrow = head.indexOf(ARROW), address = head.slice(0, arrow);
  if (arrow < 0 || !/^https?:\/\/[\x21-\x7e]+$/.test(address) || !URL.canParse(address)) return undefined;
  // The address is ASCII, so its characters are its bytes.
  return { url: new URL(address), answerAt: start + arrow + ARROW.length };
}

/** Reads `wss://… <-> …`: what it says of the messages that follow; undefined if the line is not of that kind. */
export function connectionOf(line: string): Origin | undefined {
  const match = /^(wss?:\/\/\S+) <-> /.exec(line);
  if (match === null || !URL.canParse(match[1])) return undefined;
  const { hostname, pathname } = new URL(match[1]);
  if (DERIBIT.test(hostname)) return { exchange: "deribit" };
  if (OKX.test(hostname)) return { exchange: "okx" };
  if (!BINANCE.test(hostname)) return {};
  const [, folder, ...streams] = pathname.split("/");
  return {
    exchange: "binance",
    venue: marketOf(hostname),
    isPartial: folder === "ws" && streams.length > 0 && streams.every((stream) => PARTIAL.test(stream)),
  };
}

/** What an exchange that was asked for its instruments answers; undefined if it was asked for something else. */
export function definitionsOf({ hostname, pathname }: URL): ((answer: unknown) => InstrumentModel[]) | undefined {
  if (DERIBIT.test(hostname) && pathname.endsWith("/public/get_instruments")) return deribitDefinitions;
  if (OKX.test(hostname) && pathname.endsWith("/public/instruments")) return okxDefinitions;
  if (BINANCE.test(hostname) && pathname.endsWith("/exchangeInfo")) {
    return (answer) => binanceDefinitions(answer, pathname.startsWith("/api/"));
  }
  return undefined;
}

/** Of what Binance was asked for a snapshot; undefined if it was asked for something else. */
export function snapshotOf({ hostname, pathname, searchParams }: URL): Origin | undefined {
  const symbol = searchParams.get("symbol")?.toUpperCase();
  if (!BINANCE.test(hostname) || !pathname.endsWith("/depth") || !symbol) return undefined;
  const venue = pathname.startsWith("/api/") ? "binanceSpot" : "binanceFutures";
  return { exchange: "binance", venue, symbol, limit: Number(searchParams.get("limit") ?? NaN) };
}

function marketOf(hostname: string): Venue {
  return /^[fd]stream/.test(hostname) ? "binanceFutures" : "binanceSpot";
}
