import pc from "picocolors";
import type { DeskSnapshot } from "./desk_snapshot.ts";
import { amount } from "./format.ts";
import { channelTable, ladder, latencyTable, optionTable, standingLines } from "./tables.ts";

/** Lines of all that is always shown. */
const LEAST_ROWS = 21;

/**
 * The desk as it is now, to be drawn over the picture before.
 *
 * @param before An earlier look, for rates.
 * @param rows Lines that the terminal has: a small one shows less of the book and of the options.
 * @param columns A narrow one shows fewer columns.
 */
export function liveView(
  now: DeskSnapshot,
  before: DeskSnapshot,
  seconds: number | null,
  rows: number,
  columns: number,
): string {
  const room = rows - LEAST_ROWS, options = now.options.slice(0, Math.max(0, Math.min(8, (room >> 1) - 2)));
  const levels = Math.min(5, (room - (options.length > 0 ? options.length + 2 : 0) - 2) >> 1);
  const passed = now.feed.startedAt > 0 ? (now.at - now.feed.startedAt) / 1e9 : 0;
  const starts = Object.values(now.processes).reduce((sum, { starts }) => sum + Math.max(0, starts - 1), 0);
  const head = `${pc.bold("desk")}  ${passed.toFixed(0)}${seconds === null ? "" : ` of ${amount(seconds)}`} s  ` +
    `${now.validBooks} of ${now.instruments} books valid${starts > 0 ? `  ${starts} restarts` : ""}  Ctrl-C ends`;
  return [
    head,
    "",
    ...(now.book === undefined || levels < 1 ? [] : [ladder(now.book, levels), ""]),
    ...(options.length === 0 ? [] : [optionTable(options, columns), ""]),
    ...standingLines(now),
    "",
    channelTable(now.channels, before.channels, (now.at - before.at) / 1e9, columns),
    "",
    latencyTable(now.latencies),
  ].join("\n");
}
