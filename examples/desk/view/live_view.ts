import pc from "picocolors";
import sliceAnsi from "slice-ansi";
import { LATENCIES } from "../layout/desk.ts";
import type { DeskSnapshot } from "./desk_snapshot.ts";
import { amount } from "./format.ts";
import { channelTable, ladder, latencyTable, optionTable, standingLines } from "./tables.ts";

/** Lines that tell where the desk stands. */
const STANDING_LINES = 3;

/** How much of each block is shown. */
interface Shown {
  /** Levels of the book, a side. */
  readonly levels: number;
  readonly options: number;
  readonly channels: number;
  /** Whether empty lines are between the blocks. */
  readonly isSpaced: boolean;
}

/** What is shown, from the least to the most: the last that there is room for. */
const SHOWN: readonly Shown[] = [
  { levels: 1, options: 1, channels: 1, isSpaced: false },
  { levels: 1, options: 2, channels: 2, isSpaced: false },
  { levels: 2, options: 2, channels: 2, isSpaced: false },
  { levels: 2, options: 3, channels: 2, isSpaced: false },
  { levels: 2, options: 2, channels: 2, isSpaced: true },
  { levels: 3, options: 3, channels: 2, isSpaced: true },
  { levels: 3, options: 3, channels: 4, isSpaced: true },
  { levels: 3, options: 4, channels: 6, isSpaced: true },
  { levels: 4, options: 6, channels: 6, isSpaced: true },
  { levels: 5, options: 8, channels: 6, isSpaced: true },
];

/**
 * The desk as it is now, to be drawn over the picture before. It is never larger than the terminal: a small one shows less of
 * the book, the options and the channels, and the smallest no more than the first lines.
 *
 * @param before An earlier look, for rates.
 * @param rows Lines that the terminal has.
 * @param columns A narrow one shows fewer columns.
 */
export function liveView(
  now: DeskSnapshot,
  before: DeskSnapshot,
  seconds: number | null,
  rows: number,
  columns: number,
): string {
  const most = Math.max(1, rows - 1); // the cursor stands in the last one
  const shown = SHOWN.findLast((shown) => heightOf(shown, now) <= most) ?? SHOWN[0];
  const lines = linesOf(shown, now, before, seconds, columns);
  return lines.slice(0, most).map((line) => sliceAnsi(line, 0, columns)).join("\n");
}

/** Lines of the whole. Tables have one above their rows. */
function heightOf({ levels, options, channels, isSpaced }: Shown, now: DeskSnapshot): number {
  const blocks = [
    1,
    now.book === undefined ? 0 : 1 + levels * 2,
    now.options.length === 0 ? 0 : 1 + Math.min(options, now.options.length),
    STANDING_LINES,
    1 + LATENCIES.length,
    1 + channels,
  ].filter((lines) => lines > 0);
  return blocks.reduce((sum, lines) => sum + lines, 0) + (isSpaced ? blocks.length - 1 : 0);
}

function linesOf(
  { levels, options, channels, isSpaced }: Shown,
  now: DeskSnapshot,
  before: DeskSnapshot,
  seconds: number | null,
  columns: number,
): string[] {
  const passed = now.feed.startedAt > 0 ? (now.at - now.feed.startedAt) / 1e9 : 0;
  const starts = Object.values(now.processes).reduce((sum, { starts }) => sum + Math.max(0, starts - 1), 0);
  const head = `${pc.bold("desk")}  ${passed.toFixed(0)}${seconds === null ? "" : ` of ${amount(seconds)}`} s  ` +
    `${now.validBooks} of ${now.instruments} books valid${starts > 0 ? `  ${starts} restarts` : ""}  Ctrl-C ends`;
  const blocks = [
    head,
    now.book === undefined ? "" : ladder(now.book, levels),
    now.options.length === 0 ? "" : optionTable(now.options.slice(0, options), columns),
    standingLines(now).join("\n"),
    latencyTable(now.latencies),
    channelTable(now.channels.slice(0, channels), before.channels, (now.at - before.at) / 1e9, columns),
  ];
  return blocks.filter((block) => block !== "").join(isSpaced ? "\n\n" : "\n").split("\n");
}
