import pc from "picocolors";
import { digitsOf } from "../input/decimal.ts";
import { LATENCIES, ROLES } from "../layout/desk.ts";
import type { ChannelState, DeskSnapshot, FutureState, OptionState } from "./desk_snapshot.ts";
import { flow } from "./flow.ts";
import { amount, count, duration, fixed, percent, plural } from "./format.ts";
import { table } from "./table.ts";

/** The percentiles that are shown. */
export const PERCENTILES = [50, 99, 99.9, 100] as const;

/** What they are called. */
export const PERCENTILE_NAMES = ["p50", "p99", "p99.9", "max"] as const;

/** Those that are left out where there is no room. */
const PERCENTILE_RANKS = [undefined, undefined, 1, undefined] as const;

/** How many futures are named of those that are held. */
const MOST_HELD = 3;

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
  const rate = (messages: number, i: number) => seconds > 0 ? (messages - before[i].messages) / seconds : 0;
  const ofQueue = (text: (channel: ChannelState) => string) =>
    channels.map((channel) => channel.kind === "Pipeline" ? text(channel) : "");
  const lags = ({ lags }: ChannelState) =>
    Object.entries(lags).map(([reader, lag]) => `${reader} ${count(lag)}`).join(", ");
  return table([
    { head: "channel", cells: channels.map(({ name }) => name) },
    { head: "", cells: channels.map(({ kind }) => kind), rank: 2 },
    { head: "messages", cells: channels.map(({ messages }) => count(messages)) },
    { head: "per second", cells: channels.map(({ messages }, i) => count(rate(messages, i))) },
    { head: "depth", cells: ofQueue(({ depth, capacity }) => `${count(depth)} of ${count(capacity)}`), rank: 1 },
    { head: "at most", cells: ofQueue(({ highWater }) => count(highWater)), rank: 3 },
    { head: "lag of", cells: ofQueue(lags), rank: 4 },
  ], columns);
}

/** End-to-end latencies. @param columns Of the terminal. */
export function latencyTable(latencies: DeskSnapshot["latencies"], columns = Infinity): string {
  const totals = LATENCIES.map((name) => latencies[name].total);
  const at = (percent: number) =>
    LATENCIES.map((name, i) => totals[i] === 0 ? "" : duration(latencies[name].percentile(percent)));
  return table([
    { head: "from the feed's write to", cells: LATENCIES },
    { head: "times", cells: totals.map(count), rank: 2 },
    ...PERCENTILES.map((p, i) => ({ head: PERCENTILE_NAMES[i], cells: at(p), rank: PERCENTILE_RANKS[i] })),
  ], columns);
}

/** Options and their greeks. @param columns Of the terminal. */
export function optionTable(options: readonly OptionState[], columns = Infinity): string {
  const numbers = (of: keyof OptionState, digits: number) => options.map((option) => fixed(Number(option[of]), digits));
  return table([
    { head: "option", cells: options.map(({ name }) => name) },
    { head: "held", cells: options.map(({ held }) => amount(held)) },
    { head: "price", cells: numbers("price", 2) },
    { head: "exchange", cells: numbers("mark", 2), rank: 5 },
    { head: "volatility", cells: options.map(({ volatility }) => percent(volatility)), rank: 4 },
    { head: "delta", cells: numbers("delta", 4) },
    { head: "gamma", cells: numbers("gamma", 6), rank: 2 },
    { head: "vega", cells: numbers("vega", 2), rank: 1 },
    { head: "theta", cells: numbers("theta", 2), rank: 3 },
  ], columns);
}

/** The processes and what they did. @param columns Of the terminal. */
export function processTable(processes: DeskSnapshot["processes"], columns = Infinity): string {
  const rows = ROLES.map((role) => processes[role]);
  return table([
    { head: "process", cells: ROLES },
    { head: "on", cells: rows.map((row) => row.pid === 0 ? "–" : `${row.runtime} ${row.version}`), rank: 2 },
    { head: "pid", cells: rows.map(({ pid }) => String(pid)) },
    { head: "restarts", cells: rows.map(({ starts }) => count(Math.max(0, starts - 1))) },
    { head: "messages", cells: rows.map(({ messages }) => count(messages)), rank: 1 },
    { head: "behind", cells: rows.map(({ lag }) => count(lag)), rank: 3 },
    { head: "faults", cells: rows.map(({ faults }) => count(faults)), rank: 4 },
  ], columns);
}

/** The same in as few lines as they need. */
export function processLines(processes: DeskSnapshot["processes"], columns: number): string[] {
  const phrases = ROLES.map((role) => {
    const { pid, runtime, starts } = processes[role];
    return `${role} ${pid} ${runtime}${starts > 1 ? ` ${plural(starts - 1, "restart")}` : ""}`;
  });
  return flow(phrases, columns);
}

/** The best levels of a book, the asks above the bids. What is not known to be the best is not shown. */
export function ladder({ name, top }: NonNullable<DeskSnapshot["book"]>, levels: number): string {
  if (!top.isValid) return `${name}: ${pc.yellow("awaits a snapshot")}`;
  const asks = Math.min(top.knownAsks, levels), bids = Math.min(top.knownBids, levels);
  const shown = [...top.askPrices.subarray(0, asks), ...top.bidPrices.subarray(0, bids)];
  const digits = Math.max(2, ...shown.map(digitsOf));
  const most = Math.max(...top.askQuantities.subarray(0, asks), ...top.bidQuantities.subarray(0, bids), 0) || 1;
  const line = (side: string, price: number, quantity: number, cell: string, paint: (text: string) => string) =>
    `${side} ${paint(fixed(price, digits).padStart(12))} ${amount(quantity).padStart(9)} ${
      paint(cell.repeat(Math.ceil(quantity / most * 20)))
    }`;
  const unknown = (side: string, price: number) => pc.yellow(`${side} beyond ${fixed(price, 2)} are not known`);
  const lines = [
    `${pc.bold(name)}${asks > 0 && bids > 0 ? spreadText(top.bidPrices[0], top.askPrices[0], digits) : ""}`,
  ];
  if (asks < levels && !top.isAskKnown) lines.push(unknown("asks", top.knownAsk));
  for (let i = asks - 1; i >= 0; i--) lines.push(line("ask", top.askPrices[i], top.askQuantities[i], "▒", pc.red));
  for (let i = 0; i < bids; i++) lines.push(line("bid", top.bidPrices[i], top.bidQuantities[i], "█", pc.green));
  if (bids < levels && !top.isBidKnown) lines.push(unknown("bids", top.knownBid));
  return lines.join("\n");
}

function spreadText(bid: number, ask: number, digits: number): string {
  const parts = (ask - bid) / ((ask + bid) / 2) * 1e4;
  return `  spread ${fixed(ask - bid, digits)}${Number.isFinite(parts) ? ` (${amount(parts)} bp)` : ""}`;
}

/** Where the desk stands. @param columns Of the terminal. */
export function standingLines({ standing, limits, futures }: DeskSnapshot, columns = Infinity): string[] {
  const { delta, vega, profit, equity, initialMargin, maintenanceMargin } = standing;
  const allowed = equity * limits.marginUse, used = initialMargin / allowed;
  const cells = Math.max(0, Math.min(20, Math.round(used * 20))) || 0;
  const paint = used > 1 ? pc.red : used > 0.8 ? pc.yellow : pc.green;
  const bar = paint("█".repeat(cells) + "░".repeat(20 - cells));
  return [
    ...flow([
      `delta ${fixed(delta, 3)} of ±${amount(limits.delta)}`,
      `vega ${fixed(vega, 0)} of ±${count(limits.vega)}`,
      ...heldTexts(futures),
    ], columns),
    ...flow([
      `profit ${fixed(profit, 0)}`,
      `equity ${fixed(equity, 0)}`,
      `maintenance margin ${fixed(maintenanceMargin, 0)}`,
    ], columns),
    ...flow([
      `initial margin ${bar} ${fixed(initialMargin, 0)} of ${fixed(allowed, 0)} (${percent(used)})`,
      ...(limits.isStopped ? [pc.red("ORDERS ARE STOPPED")] : []),
    ], columns),
  ];
}

/** What is held of futures: of those of which something is, or else of the first. */
function heldTexts(futures: readonly FutureState[]): string[] {
  if (futures.length === 0) return ["no future"];
  const held = futures.filter(({ held }) => held !== 0), shown = held.length > 0 ? held : futures.slice(0, 1);
  const texts = shown.slice(0, MOST_HELD).map(({ name, held }) => `${fixed(held, 3)} ${name} held`);
  return shown.length > MOST_HELD ? [...texts, `${count(shown.length - MOST_HELD)} more`] : texts;
}
