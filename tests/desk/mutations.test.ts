import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { Random } from "../../support/random.ts";
import { BinanceLines } from "./binance_lines.ts";
import { tickerLine } from "./desk_capture.ts";
import { judge } from "./judge.ts";
import { mutated } from "./mutate.ts";
import { OkxLines } from "./okx_lines.ts";
import { recomputeBinance, type Recomputed, recomputeDeribit, recomputeOkx } from "./recomputation.ts";

/** How many mutated captures there are of each kind. */
const OF_EACH = 50;

/** Two futures whose books move up and down. */
function binanceText(): string {
  const random = new Random(31), lines = new BinanceLines();
  const markets = ["BTCUSDT", "ETHUSDT"].map((symbol, i) => ({
    symbol,
    middle: 1000 * (2 - i),
    u: 5000 * (i + 1),
    size: 0,
  }));
  const best = ({ middle, size }: typeof markets[number]) =>
    [[`${middle - 1}`, `${size}`], [`${middle + 1}`, "4"]] as const;
  for (const market of markets) {
    lines.symbol = market.symbol;
    market.size = 7;
    const levels = (step: number) =>
      Array.from(
        { length: 12 },
        (_, i) => [`${market.middle + step * (i + 1)}`, i === 0 ? step < 0 ? "7" : "4" : "9"] as const,
      );
    lines.ticker(market.u, ...best(market)).snapshot(market.u, levels(-1), levels(1), { symbol: market.symbol });
  }
  for (let i = 0; i < 160; i++) {
    const market = markets[random.below(2)], { middle } = market, before = market.u;
    lines.symbol = market.symbol;
    market.u += 1 + random.below(5);
    const move = random.below(3) - 1, next = middle + move;
    market.size = 1 + random.below(50);
    market.middle = next;
    const bids = [[`${next - 1}`, `${market.size}`], ...(move < 0 ? [[`${middle - 1}`, "0"]] : [])] as [
      string,
      string,
    ][];
    const asks = [[`${next + 1}`, "4"], ...(move > 0 ? [[`${middle + 1}`, "0"]] : [])] as [string, string][];
    lines.depth(market.u, bids, asks, { U: before + 1, pu: before });
    lines.ticker(market.u, ...best(market));
    if (random.below(4) === 0) lines.trade(i, `${next}`, "0.5");
    if (random.below(40) === 0) {
      const levels = (step: number) =>
        Array.from(
          { length: 12 },
          (_, i) => [`${next + step * (i + 1)}`, i === 0 ? step < 0 ? `${market.size}` : "4" : "9"] as const,
        );
      lines.snapshot(market.u, levels(-1), levels(1), { symbol: market.symbol });
    }
  }
  return lines.text;
}

/** Three options whose books change, with tickers that say so. */
function deribitText(): string {
  const random = new Random(32), lines: string[] = [], base = 1723161255;
  const options = ["BTC-27SEP24-60000-C", "BTC-27SEP24-55000-P", "ETH-27SEP24-2600-C"].map((name) => ({
    name,
    id: 100,
    bid: 0,
    ask: 0,
  }));
  let ms = 0;
  const book = (option: typeof options[number], type: string, bids: unknown[], asks: unknown[]) => {
    const prev = option.id++, timestamp = base * 1000 + ++ms;
    const data = {
      type,
      timestamp,
      instrument_name: option.name,
      change_id: option.id,
      ...(type === "change" ? { prev_change_id: prev } : {}),
      bids,
      asks,
    };
    lines.push(
      `${(base + ms / 1000).toFixed(6)}: ${JSON.stringify({ params: { channel: `book.${option.name}.raw`, data } })}`,
    );
  };
  const ticker = ({ name, bid, ask }: typeof options[number]) => {
    const forward = name.startsWith("ETH") ? 2600 + random.below(50) : 60_000 + random.below(500);
    const line = tickerLine(base + ++ms / 1000, name, forward, 0.6 + random.below(10) / 100);
    lines.push(
      line.replace(
        /"best_bid_price":[^}]*/,
        `"best_bid_price":0.01,"best_bid_amount":${bid},"best_ask_price":0.02,"best_ask_amount":${ask}`,
      ),
    );
  };
  for (const option of options) {
    option.bid = 1 + random.below(9);
    option.ask = 1 + random.below(9);
    book(option, "snapshot", [["new", 0.01, option.bid], ["new", 0.005, 3]], [["new", 0.02, option.ask]]);
  }
  for (let i = 0; i < 130; i++) {
    const option = options[random.below(3)];
    if (random.below(2) === 0) book(option, "change", [["change", 0.01, option.bid = 1 + random.below(90)]], []);
    else {book(option, "change", [], [["change", 0.02, option.ask = 1 + random.below(90)], [
        random.below(2) === 0 ? "new" : "delete",
        0.03,
        1,
      ]]);}
    ticker(option);
  }
  return lines.join("\n") + "\n";
}

/** A swap whose book changes, with or without numbers. */
function okxText(isNumbered: boolean): string {
  const random = new Random(33), lines = new OkxLines("BTC-USDT-SWAP", isNumbered);
  const levels = (from: number, step: number) =>
    Array.from({ length: 30 }, (_, i) => [String(from + step * i), `${1 + random.below(9)}.0`] as const);
  lines.book("snapshot", levels(1000, -1), levels(1001, 1));
  for (let i = 0; i < 120; i++) {
    lines.book("update", [[String(1000 - random.below(35)), String(random.below(5))]], [[
      String(1001 + random.below(35)),
      `${random.below(5)}`,
    ]]);
    if (i % 50 === 49) lines.book("snapshot", levels(1000, -1), levels(1001, 1));
  }
  return lines.text;
}

const KINDS: readonly (readonly [kind: string, text: string, recompute: (text: string) => Recomputed])[] = [
  ["Binance", binanceText(), recomputeBinance],
  ["Deribit", deribitText(), recomputeDeribit],
  ["OKX with numbers", okxText(true), recomputeOkx],
  ["OKX without numbers", okxText(false), recomputeOkx],
];

describe("mutated captures", () => {
  for (const [kind, text, recompute] of KINDS) {
    it(`of ${kind}: the desk never says right where a recomputation differs`, () => {
      const whole = judge(text), again = recompute(text);
      assertEquals([whole.value, whole.complaints, again.isRight, again.why], ["right", [], true, ""]);
      assertGreater(again.compared, 100);
      const values = { right: 0, wrong: 0, unchecked: 0 };
      for (let seed = 1; seed <= OF_EACH; seed++) {
        const { text: changed, what } = mutated(text, new Random(seed)), told = `seed ${seed}: ${what}`;
        const verdict = judge(changed),
          recomputed = recompute(changed),
          { lines, skipped, broken, total } = verdict.report;
        assertEquals(skipped + broken + total, lines, "each line is something");
        values[verdict.value]++;
        if (verdict.value === "right") assert(recomputed.isRight, `${told}: right, but ${recomputed.why}`);
        if (verdict.value === "wrong") assertGreater(verdict.complaints.length, 0, told);
        if (verdict.value === "unchecked") assertGreater(verdict.notCompared.length, 0, told);
      }
      // Some mutations change nothing that matters, others do.
      assertGreater(values.right, 3, JSON.stringify(values));
      assertGreater(values.wrong + values.unchecked, 10, JSON.stringify(values));
    });
  }
});
