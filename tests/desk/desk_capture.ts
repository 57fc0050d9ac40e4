/**
 * A small capture in Binance's format, made up: a book of two levels a side whose best quantities grow with each
 * update, each followed by the book ticker that says so, and a trade.
 *
 * @module
 */

import { deribitModel } from "../../examples/desk/instrument/deribit_names.ts";
import { optionTermsOf } from "../../examples/desk/instrument/instrument_model.ts";
import { black76, emptyGreeks, YEAR_MS } from "../../examples/desk/pricing/black76.ts";

/** What is wrong with a capture. */
export interface CaptureFaults {
  /** A line that is no JSON, at this update. */
  readonly broken?: number;
  /** An update that is missing. */
  readonly gap?: number;
  /** An update whose book ticker has another quantity. */
  readonly wrongTop?: number;
}

/** Lines of a book of Deribit's, a whole one and a change, at which an option or a combo has these best prices. */
export function bookLines(seconds: number, name: string, bid: number, ask: number): string[] {
  const line = (type: string, change_id: number, rest: Record<string, unknown>) => {
    const data = {
      type,
      timestamp: Math.round(seconds * 1000) - 2 + change_id,
      instrument_name: name,
      change_id,
      ...rest,
    };
    return `${(seconds + change_id / 1000).toFixed(6)}: ${
      JSON.stringify({ params: { channel: `book.${name}.raw`, data } })
    }`;
  };
  return [
    line("snapshot", 1, { bids: [["new", bid, 3]], asks: [["new", ask, 4]] }),
    line("change", 2, { prev_change_id: 1, bids: [["change", bid, 1]], asks: [["change", ask, 1]] }),
  ];
}

/** A ticker of an option, in Deribit's format, with the greeks that its price comes from. */
export function tickerLine(seconds: number, name: string, forward: number, volatility: number): string {
  const model = deribitModel(name),
    option = optionTermsOf(model)!,
    greeks = emptyGreeks(),
    timestamp = Math.round(seconds * 1000);
  const years = (option.expiryMs - timestamp) / YEAR_MS;
  const { price, ...rest } = black76(greeks, option.isCall, forward, option.strike, years, volatility);
  const data = {
    timestamp,
    instrument_name: name,
    underlying_price: forward,
    index_price: forward,
    mark_price: model.kind === "inverseOption" ? price / forward : price,
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
