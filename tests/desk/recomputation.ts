/**
 * What captures come to, computed once more in the simplest of ways: `JSON.parse`, a `Map` a side, one pass over all.
 * Nothing of it is the desk's.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Whether all that can be compared is equal, and how much that was. */
export interface Recomputed {
  readonly isRight: boolean;
  readonly compared: number;
  /** Why it is not right. */
  readonly why: string;
}

type Json = Record<string, unknown>;
type Level = readonly [price: number, quantity: number];

/** Best bid and ask, with their quantities; 0 for none. */
type Best = readonly [number, number, number, number];

class Book {
  readonly bids: Map<number, number> = new Map();
  readonly asks: Map<number, number> = new Map();
  /** As it was sent, by price. */
  readonly texts: Map<string, string> = new Map();
  isValid = false;
  hasAny = false;
  sequence = NaN;
  timeMs = NaN;

  set(side: "bids" | "asks", levels: readonly Level[]): void {
    for (const [price, quantity] of levels) {
      if (quantity === 0) this[side].delete(price);
      else this[side].set(price, quantity);
    }
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.texts.clear();
  }

  get best(): Best {
    const bid = Math.max(...this.bids.keys()), ask = Math.min(...this.asks.keys());
    return [
      Number.isFinite(bid) ? bid : 0,
      this.bids.get(bid) ?? 0,
      Number.isFinite(ask) ? ask : 0,
      this.asks.get(ask) ?? 0,
    ];
  }

  get isCrossed(): boolean {
    const [bid, bidQuantity, ask, askQuantity] = this.best;
    return bidQuantity > 0 && askQuantity > 0 && bid >= ask;
  }
}

/** What is found out on the way. */
class Findings {
  compared = 0;
  readonly faults: string[] = [];

  compare(what: string, one: readonly number[], other: readonly number[]): void {
    this.compared++;
    if (one.some((value, i) => value !== other[i])) this.faults.push(`${what}: ${one} is not ${other}`);
  }

  conclude(books: Iterable<readonly [string, Book]>): Recomputed {
    for (const [name, book] of books) if (book.hasAny && !book.isValid) this.faults.push(`${name} is not valid`);
    if (this.compared === 0) this.faults.push("nothing was compared");
    return { isRight: this.faults.length === 0, compared: this.compared, why: this.faults[0] ?? "" };
  }
}

/** Binance's futures: changes by their numbers, tickers by theirs. Snapshots name their symbol. */
export function recomputeBinance(text: string): Recomputed {
  const books = new Map<string, Book>(), findings = new Findings(), kept = new Map<string, Json[]>();
  const tops = new Map<string, [number, Best][]>(), tickers = new Map<string, [number, Best][]>();
  const bookOf = (symbol: string) => books.get(symbol) ?? books.set(symbol, new Book()).get(symbol)!;
  const note = (map: Map<string, [number, Best][]>, symbol: string, at: number, best: Best) =>
    void (map.get(symbol) ?? map.set(symbol, []).get(symbol)!).push([at, best]);
  const apply = (symbol: string, book: Book, data: Json) => {
    book.set("bids", levelsOf(data.b));
    book.set("asks", levelsOf(data.a));
    book.sequence = data.u as number;
    if (book.isCrossed) findings.faults.push(`${symbol} is crossed`);
    note(tops, symbol, book.sequence, book.best);
  };
  for (const message of messagesOf(text)) {
    const data = (message.data ?? message) as Json, symbol = (data.s ?? data.symbol) as string;
    if (typeof symbol !== "string" || symbol === "") continue;
    if (data.e === "bookTicker" && areNumbers(data.u) && areAmounts(data.b, data.B, data.a, data.A)) {
      note(tickers, symbol, data.u as number, [data.b, data.B, data.a, data.A].map(Number) as unknown as Best);
    } else if (data.e === "depthUpdate" && areNumbers(data.U, data.u, data.pu) && areLevels(data.b, data.a)) {
      const book = bookOf(symbol);
      book.hasAny = true;
      if (!book.isValid) (kept.get(symbol) ?? kept.set(symbol, []).get(symbol)!).push(data);
      else if (data.pu === book.sequence) apply(symbol, book, data);
      else if ((data.u as number) > book.sequence) {
        if (book.timeMs === -1 && (data.U as number) <= book.sequence) apply(symbol, book, data);
        else book.isValid = false;
      }
      if (book.isValid && book.sequence === data.u) book.timeMs = 0;
    } else if (areNumbers(data.lastUpdateId) && areLevels(data.bids, data.asks)) {
      const book = bookOf(symbol), last = data.lastUpdateId as number;
      book.hasAny = true;
      if (book.isValid && last < book.sequence) continue;
      book.clear();
      book.set("bids", levelsOf(data.bids));
      book.set("asks", levelsOf(data.asks));
      book.sequence = last;
      book.isValid = true;
      book.timeMs = -1; // the next change may straddle
      for (const change of kept.get(symbol) ?? []) {
        const [U, u, pu] = [change.U, change.u, change.pu] as number[];
        if (!book.isValid || u <= book.sequence) continue;
        if (pu === book.sequence || (book.timeMs === -1 && U <= book.sequence)) {
          apply(symbol, book, change);
          tops.get(symbol)!.pop(); // they are not compared in between
          book.timeMs = 0;
        } else book.isValid = false;
      }
      kept.delete(symbol);
    }
  }
  for (const [symbol, asked] of tops) {
    const known = (tickers.get(symbol) ?? []).toSorted(([a], [b]) => a - b), end = known.at(-1)?.[0] ?? -Infinity;
    for (const [at, best] of asked) {
      const told = known.findLast(([u]) => u <= at);
      if (told !== undefined && at <= end) findings.compare(`${symbol} at ${at}`, best, told[1]);
    }
  }
  return findings.conclude(books);
}

/** Deribit: changes by their numbers, tickers by time; greeks by a Black-76 of its own. */
export function recomputeDeribit(text: string): Recomputed {
  const books = new Map<string, Book>(), findings = new Findings();
  const states = new Map<string, [number, Best | undefined][]>(), tickers: [string, number, Best][] = [];
  for (const message of messagesOf(text)) {
    const params = message.params as Json | undefined, data = params?.data as Json | undefined;
    if (typeof data !== "object" || data === null || typeof params?.channel !== "string") continue;
    const name = data.instrument_name as string, timeMs = data.timestamp as number;
    if (typeof name !== "string" || name === "" || !Number.isInteger(timeMs)) continue;
    if (params.channel.startsWith("book.") && areNumbers(data.change_id) && areLevels3(data.bids, data.asks)) {
      const book = books.get(name) ?? books.set(name, new Book()).get(name)!;
      const list = states.get(name) ?? states.set(name, []).get(name)!;
      if (data.type === "snapshot") {
        if (book.isValid && (data.change_id as number) < book.sequence) continue;
        book.clear();
        book.isValid = true;
      } else if (data.type !== "change" || !areNumbers(data.prev_change_id)) continue;
      else if (!book.isValid) {
        book.hasAny = true;
        continue;
      } else if (data.prev_change_id !== book.sequence) {
        book.hasAny = true;
        if ((data.change_id as number) <= book.sequence) continue;
        book.isValid = false;
        list.push([timeMs, undefined]);
        continue;
      }
      book.hasAny = true;
      book.set("bids", levels3Of(data.bids));
      book.set("asks", levels3Of(data.asks));
      book.sequence = data.change_id as number;
      if (book.isCrossed) findings.faults.push(`${name} is crossed`);
      list.push([timeMs, book.best]);
    } else if (params.channel.startsWith("ticker.") && isTicker(data)) {
      const { best_bid_price, best_bid_amount, best_ask_price, best_ask_amount } = data;
      tickers.push([
        name,
        timeMs,
        [best_bid_price, best_bid_amount, best_ask_price, best_ask_amount].map(Number) as unknown as Best,
      ]);
      const computed = deltaOf(name, data);
      if (computed === undefined) continue;
      findings.compared++;
      const off = Math.abs(computed - Number((data.greeks as Json).delta));
      if (!(off < 0.02)) findings.faults.push(`${name}: a delta is off by ${off}`);
    }
  }
  for (const [name, at, best] of tickers) {
    const known = (states.get(name) ?? []).toSorted(([a], [b]) => a - b);
    const state = known.findLast(([time]) => time <= at)?.[1];
    if (state !== undefined) findings.compare(`${name} at ${at}`, state, best);
  }
  return findings.conclude(books);
}

/** OKX: changes by their numbers, and every checksum. */
export function recomputeOkx(text: string): Recomputed {
  const books = new Map<string, Book>(), findings = new Findings();
  for (const message of messagesOf(text)) {
    const arg = message.arg as Json | undefined,
      [data, ...others] = (Array.isArray(message.data) ? message.data : []) as Json[];
    if (arg?.channel !== "books" || others.length > 0 || typeof data !== "object" || data === null) continue;
    const name = (data.instId ?? arg.instId) as string;
    if (typeof name !== "string" || name === "" || !areNumbers(data.ts) || !areLevels(data.bids, data.asks)) continue;
    const book = books.get(name) ?? books.set(name, new Book()).get(name)!;
    const isNumbered = areNumbers(data.seqId) && (message.action === "snapshot" || areNumbers(data.prevSeqId));
    if (message.action === "snapshot") {
      if (isNumbered && book.isValid && (data.seqId as number) < book.sequence) continue;
      book.clear();
      book.isValid = true;
    } else if (message.action !== "update") continue;
    book.hasAny = true;
    if (!book.isValid) continue;
    if (message.action === "update" && isNumbered && data.prevSeqId !== book.sequence) {
      if ((data.seqId as number) <= book.sequence) continue;
      book.isValid = false;
      continue;
    }
    for (const side of ["bids", "asks"] as const) {
      book.set(side, levelsOf(data[side]));
      for (const [price, size] of data[side] as string[][]) {
        book.texts.set(`${side} ${Number(price)}`, `${price}:${size}`);
      }
    }
    if (isNumbered) book.sequence = data.seqId as number;
    if (book.isCrossed) findings.faults.push(`${name} is crossed`);
    if (!areNumbers(data.checksum) || data.checksum === 0) continue;
    findings.compare(`${name} at ${data.ts}`, [checksumOf(book)], [Number(data.checksum)]);
    if (checksumOf(book) !== Number(data.checksum)) book.isValid = false;
  }
  return findings.conclude(books);
}

function checksumOf(book: Book): number {
  const bids = [...book.bids.keys()].sort((a, b) => b - a), asks = [...book.asks.keys()].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < 25; i++) {
    if (i < bids.length) parts.push(book.texts.get(`bids ${bids[i]}`)!);
    if (i < asks.length) parts.push(book.texts.get(`asks ${asks[i]}`)!);
  }
  let rest = 0xffffffff;
  for (const byte of Buffer.from(parts.join(":"))) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return ~rest | 0;
}

/** The messages of lines that can be read. */
function messagesOf(text: string): Json[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\d+(?:\.\d+)?:? (.*)$/.exec(line);
    try {
      const message = JSON.parse(match?.[1] ?? "");
      return typeof message === "object" && message !== null ? [message] : [];
    } catch {
      return [];
    }
  });
}

function areNumbers(...values: readonly unknown[]): boolean {
  return values.every((value) =>
    value !== null && value !== undefined && value !== "" && Number.isFinite(Number(value))
  );
}

/** Prices and quantities: nothing here is a combo, whose prices may be below 0. */
function areAmounts(...values: readonly unknown[]): boolean {
  return areNumbers(...values) && values.every((value) => Number(value) >= 0);
}

function areLevels(...sides: readonly unknown[]): boolean {
  return sides.every((side) =>
    Array.isArray(side) && side.every((level) => Array.isArray(level) && areAmounts(level[0], level[1]))
  );
}

function levelsOf(side: unknown): Level[] {
  return (side as unknown[][]).map(([price, quantity]) => [Number(price), Number(quantity)]);
}

function areLevels3(...sides: readonly unknown[]): boolean {
  return sides.every((side) =>
    Array.isArray(side) && side.every((level) => Array.isArray(level) && areAmounts(level[1], level[2]))
  );
}

function levels3Of(side: unknown): Level[] {
  return (side as unknown[][]).map((
    [action, price, quantity],
  ) => [Number(price), action === "delete" ? 0 : Number(quantity)]);
}

function isTicker({ greeks, underlying_price, index_price, mark_price, mark_iv }: Json): boolean {
  if (typeof greeks !== "object" || greeks === null) return false;
  const { delta, gamma, vega, theta, rho } = greeks as Json;
  return areNumbers(delta, gamma, vega, theta, rho) && areAmounts(underlying_price, index_price, mark_price, mark_iv);
}

/** By Abramowitz and Stegun's approximation 26.2.17, good to 1e-7. */
function deltaOf(name: string, data: Json): number | undefined {
  const match = /^[A-Z]+-(\d{1,2})([A-Z]{3})(\d{2})-(\d+)-([CP])$/.exec(name);
  if (match === null) return undefined;
  const expiry = Date.parse(`${match[1]} ${match[2]} 20${match[3]} 08:00 UTC`);
  const years = (expiry - Number(data.timestamp)) / (365 * 24 * 3600e3), volatility = Number(data.mark_iv) / 100;
  const deviation = volatility * Math.sqrt(years);
  const d1 = Math.log(Number(data.underlying_price) / Number(match[4])) / deviation + deviation / 2, x = Math.abs(d1);
  const k = 1 / (1 + 0.2316419 * x), density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  const tail = density * k *
    (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))));
  const below = d1 > 0 ? 1 - tail : tail;
  return match[5] === "C" ? below : below - 1;
}
