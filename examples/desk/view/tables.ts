import Table from "cli-table3";
import pc from "picocolors";
import { digitsOf } from "../input/decimal.ts";
import { LATENCIES } from "../layout/desk.ts";
import type { ChannelState, DeskSnapshot, FutureState, OptionState } from "./desk_snapshot.ts";
import { amount, count, duration, fixed, percent } from "./format.ts";

/** The percentiles that are shown. */
export const PERCENTILES = [50, 99, 99.9, 100] as const;

/** Draws a table: the first column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: head.map((text) => pc.dim(text)),
    style: { head: [], border: [], "padding-left": 1, "padding-right": 1 },
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: " ",
    },
    colAligns: head.map((_, i) => i === 0 ? "left" : "right"),
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

/** Columns that a terminal must have for all that tables can tell. */
const WIDE = 125;

/**
 * Channels and their rates.
 *
 * @param seconds How long the messages since `before` took.
 * @param columns Of the terminal.
 */
export function channelTable(
  channels: readonly ChannelState[],
  before: readonly ChannelState[],
  seconds: number,
  columns = Infinity,
): string {
  const isWide = columns >= WIDE;
  const rows = channels.map(({ name, kind, messages, capacity, depth, highWater, lags }, i) => {
    const rate = seconds > 0 ? (messages - before[i].messages) / seconds : 0;
    const isQueue = kind === "Pipeline";
    return [
      name,
      kind,
      count(messages),
      count(rate),
      isQueue ? `${count(depth)} of ${count(capacity)}` : "",
      isQueue ? count(highWater) : "",
      ...(isWide ? [Object.entries(lags).map(([reader, lag]) => `${reader} ${count(lag)}`).join(", ")] : []),
    ];
  });
  const head = ["channel", "", "messages", "per second", "depth", "at most"];
  return table(isWide ? [...head, "lag of"] : head, rows);
}

/** End-to-end latencies. */
export function latencyTable(latencies: DeskSnapshot["latencies"]): string {
  const rows = LATENCIES.map((name) => {
    const { total } = latencies[name];
    return [name, count(total), ...PERCENTILES.map((p) => total === 0 ? "" : duration(latencies[name].percentile(p)))];
  });
  return table(["from the feed's write to", "times", "p50", "p99", "p99.9", "max"], rows);
}

/** Options and their greeks. @param columns Of the terminal. */
export function optionTable(options: readonly OptionState[], columns = Infinity): string {
  const isWide = columns >= WIDE;
  const rows = options.map(({ name, held, price, mark, volatility, delta, gamma, vega, theta }) => [
    name,
    amount(held),
    fixed(price, 2),
    ...(isWide ? [fixed(mark, 2), percent(volatility)] : []),
    fixed(delta, 4),
    fixed(gamma, 6),
    fixed(vega, 2),
    fixed(theta, 2),
  ]);
  const told = isWide ? ["exchange", "volatility"] : [];
  return table(["option", "held", "price", ...told, "delta", "gamma", "vega", "theta"], rows);
}

/** The best levels of a book, the asks above the bids. What is not known to be the best is not shown. */
export function ladder({ name, top }: NonNullable<DeskSnapshot["book"]>, levels: number): string {
  if (!top.isValid) return `${name}: ${pc.yellow("awaits a snapshot")}`;
  const asks = Math.min(top.knownAsks, levels), bids = Math.min(top.knownBids, levels);
  const shown = [...top.askPrices.subarray(0, asks), ...top.bidPrices.subarray(0, bids)];
  const digits = Math.max(2, ...shown.map(digitsOf));
  const most = Math.max(...top.askQuantities.subarray(0, asks), ...top.bidQuantities.subarray(0, bids), 0) || 1;
  const line = (price: number, quantity: number, paint: (text: string) => string) =>
    `${paint(fixed(price, digits).padStart(12))} ${amount(quantity).padStart(9)} ${
      paint("█".repeat(Math.ceil(quantity / most * 20)))
    }`;
  const unknown = (side: string, price: number) => pc.yellow(`${side} beyond ${fixed(price, 2)} are not known`);
  const lines = [pc.bold(name)];
  if (asks < levels && !top.isAskKnown) lines.push(unknown("asks", top.knownAsk));
  for (let i = asks - 1; i >= 0; i--) lines.push(line(top.askPrices[i], top.askQuantities[i], pc.red));
  for (let i = 0; i < bids; i++) lines.push(line(top.bidPrices[i], top.bidQuantities[i], pc.green));
  if (bids < levels && !top.isBidKnown) lines.push(unknown("bids", top.knownBid));
  return lines.join("\n");
}

/** Where the desk stands. */
export function standingLines({ standing, limits, futures }: DeskSnapshot): string[] {
  const { delta, vega, profit, equity, initialMargin, maintenanceMargin } = standing;
  const allowed = equity * limits.marginUse, used = initialMargin / allowed;
  const cells = Math.max(0, Math.min(20, Math.round(used * 20)));
  const paint = used > 1 ? pc.red : used > 0.8 ? pc.yellow : pc.green;
  return [
    `delta ${fixed(delta, 3)} of ±${amount(limits.delta)}, vega ${fixed(vega, 0)} of ±${count(limits.vega)}, ` +
    `${positionText(futures)}`,
    `profit ${fixed(profit, 0)}, equity ${fixed(equity, 0)}, maintenance margin ${fixed(maintenanceMargin, 0)}`,
    `initial margin ${paint("█".repeat(cells) + "░".repeat(20 - cells))} ${fixed(initialMargin, 0)} of ${
      fixed(allowed, 0)
    } (${percent(used)})${limits.isStopped ? pc.red("  ORDERS ARE STOPPED") : ""}`,
  ];
}

function positionText(futures: readonly FutureState[]): string {
  return futures.map(({ name, held }) => `${fixed(held, 3)} ${name} held`).join(", ") || "no future";
}
