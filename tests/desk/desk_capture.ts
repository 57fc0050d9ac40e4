/**
 * A small capture in Binance's format, made up: a book of two levels a side whose best quantities grow with each update,
 * each followed by the book ticker that says so, and a trade.
 *
 * @module
 */

import { black76, emptyGreeks, YEAR_MS } from "../../examples/desk/pricing/black76.ts";
import { parseOptionName } from "../../examples/desk/pricing/option_name.ts";

/** What is wrong with a capture. */
export interface CaptureFaults {
  /** A line that is no JSON, at this update. */
  readonly broken?: number;
  /** An update that is missing. */
  readonly gap?: number;
  /** An update whose book ticker tells another quantity. */
  readonly wrongTop?: number;
}

/** A ticker of an option, in Deribit's format, with the greeks that its price comes from. */
export function tickerLine(seconds: number, name: string, forward: number, volatility: number): string {
  const option = parseOptionName(name)!, greeks = emptyGreeks(), timestamp = Math.round(seconds * 1000);
  const years = (option.expiryMs - timestamp) / YEAR_MS;
  const { price, ...rest } = black76(greeks, option.isCall, forward, option.strike, years, volatility);
  const data = {
    timestamp,
    instrument_name: name,
    underlying_price: forward,
    index_price: forward,
    mark_price: price / forward,
    mark_iv: volatility * 100,
    greeks: rest,
    best_bid_price: 0.01,
    best_bid_amount: 1,
    best_ask_price: 0.02,
    best_ask_amount: 1,
  };
  return `${seconds.toFixed(6)}: ${JSON.stringify({ params: { channel: `ticker.${name}.raw`, data } })}`;
}

/** Updates of the capture; the snapshot comes before the first. */
export const UPDATES = 200;

/** The capture's lines. */
export function captureText({ broken, gap, wrongTop }: CaptureFaults = {}): string {
  const lines: string[] = [];
  let time = 1723161255000000000n;
  const add = (json: string) => lines.push(`${time += 1000000n} ${json}`);
  const stream = (name: string, data: unknown) => add(JSON.stringify({ stream: `btcusdt@${name}`, data }));
  const top = (u: number, quantity: string) => {
    const rest = { s: "BTCUSDT", b: "100.00", B: quantity, a: "100.10", A: "5.000", T: 1, E: 1 };
    stream("bookTicker", { e: "bookTicker", u, ...rest });
  };
  top(1000, "1.000");
  add(JSON.stringify({
    lastUpdateId: 1000,
    E: 1,
    T: 1,
    bids: [["100.00", "1.000"], ["99.00", "7.000"]],
    asks: [["100.10", "5.000"], ["101.00", "7.000"]],
  }));
  for (let i = 1; i <= UPDATES; i++) {
    const quantity = `${i}.000`, u = 1000 + i;
    if (i === broken) add(`{"stream":"btcusdt@depth`);
    if (i !== gap) {
      stream("depth@0ms", {
        e: "depthUpdate",
        E: i,
        T: i,
        s: "BTCUSDT",
        U: u,
        u,
        pu: u - 1,
        b: [["100.00", quantity]],
        a: [["101.00", `${i % 9}.000`]],
      });
    }
    top(u, i === wrongTop ? "999.000" : quantity);
    const isSell = i % 2 === 0;
    stream("trade", { e: "trade", E: i, T: i, s: "BTCUSDT", t: i, p: "100.00", q: "0.500", X: "MARKET", m: isSell });
  }
  return lines.join("\n") + "\n";
}
