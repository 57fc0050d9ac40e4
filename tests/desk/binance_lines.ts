/** Prices and quantities of a side, as they are sent. */
export type Pairs = readonly (readonly [price: string, quantity: string])[];

/**
 * Lines of a capture of Binance's futures, made up: a millisecond apart by the recorder's clock and by the exchange's.
 */
export class BinanceLines {
  readonly lines: string[] = [];
  /** Of the messages that follow. */
  symbol: string;
  /** The exchange's time, in milliseconds. */
  timeMs: number;

  /** @param seconds When it begins. */
  constructor(symbol = "BTCUSDT", seconds = 1723161255) {
    this.symbol = symbol;
    this.timeMs = seconds * 1000;
  }

  /** A change; by default it follows the number before its own. */
  depth(u: number, b: Pairs, a: Pairs, rest: Record<string, unknown> = {}): this {
    return this.#add("depth@0ms", { e: "depthUpdate", U: u, u, pu: u - 1, b, a, ...rest });
  }

  /** The best prices. */
  ticker(u: number, [b, B]: Pairs[number], [a, A]: Pairs[number], rest: Record<string, unknown> = {}): this {
    return this.#add("bookTicker", { e: "bookTicker", u, b, B, a, A, ...rest });
  }

  /** A trade. */
  trade(t: number, p: string, q: string, m = false): this {
    return this.#add("trade", { e: "trade", t, p, q, X: "MARKET", m });
  }

  /** A whole book, as the REST interface gives it. */
  snapshot(lastUpdateId: number, bids: Pairs, asks: Pairs, rest: Record<string, unknown> = {}): this {
    return this.json({ lastUpdateId, E: this.timeMs + 1, T: this.timeMs + 1, bids, asks, ...rest });
  }

  /** Any message. */
  json(message: unknown): this {
    this.timeMs++;
    this.lines.push(`${this.timeMs}000000 ${JSON.stringify(message)}`);
    return this;
  }

  /** All lines. */
  get text(): string {
    return this.lines.join("\n") + "\n";
  }

  #add(stream: string, data: Record<string, unknown>): this {
    const times = { E: this.timeMs + 1, T: this.timeMs + 1, s: this.symbol };
    return this.json({ stream: `${this.symbol.toLowerCase()}@${stream}`, data: { ...times, ...data } });
  }
}

/** A feed that begins anew after 50 changes, at twice the price. */
export function restartedText(second: (lines: BinanceLines) => void): string {
  const lines = new BinanceLines();
  lines.ticker(1000, ["100", "1"], ["101", "1"]).snapshot(1000, [["100", "1"]], [["101", "1"]]);
  for (let i = 1; i <= 50; i++) {
    lines.depth(1000 + i, [["100", String(i)]], []).ticker(1000 + i, ["100", String(i)], ["101", "1"]);
  }
  second(lines);
  return lines.text;
}

/** Changes and tickers at 200, by the numbers from one on. */
export function countOn(lines: BinanceLines, from: number, count: number): void {
  for (let i = from; i < from + count; i++) {
    lines.depth(i, [["200", String(i)]], []).ticker(i, ["200", String(i)], ["201", "1"]);
  }
}
