import { binanceDefinitions } from "../instrument/binance_definitions.ts";
import { deribitDefinitions } from "../instrument/deribit_definitions.ts";
import type { InstrumentModel } from "../instrument/instrument_model.ts";
import { okxDefinitions } from "../instrument/okx_definitions.ts";

const ARROW = " -> ";

/** The answer to a request that a recorder made: `https://… -> <seconds>: <JSON>`. */
export interface RestLine {
  readonly url: URL;
  /** Where the time begins, in bytes of the line. */
  readonly answerAt: number;
}

/** Reads the beginning of such a line; undefined if it is none. */
export function restLineOf(bytes: Uint8Array, start: number, end: number): RestLine | undefined {
  const head = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 2048)));
  const arrow = head.indexOf(ARROW);
  if (arrow < 0 || !/^https?:\/\//.test(head) || !URL.canParse(head.slice(0, arrow))) return undefined;
  // The url is ASCII, so its characters are its bytes.
  return { url: new URL(head.slice(0, arrow)), answerAt: start + arrow + ARROW.length };
}

/** Reads the answer of an exchange that was asked for its instruments; undefined if it was asked for something else. */
export function definitionsOf({ hostname, pathname }: URL): ((answer: unknown) => InstrumentModel[]) | undefined {
  if (/(^|\.)deribit\.com$/.test(hostname) && pathname.endsWith("/public/get_instruments")) return deribitDefinitions;
  if (/(^|\.)okx\.com$/.test(hostname) && pathname.endsWith("/public/instruments")) return okxDefinitions;
  if (/(^|\.)binance\.\w+$/.test(hostname) && pathname.endsWith("/exchangeInfo")) {
    return (answer) => binanceDefinitions(answer, pathname.startsWith("/api/"));
  }
  return undefined;
}
