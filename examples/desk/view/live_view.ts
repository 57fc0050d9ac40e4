import pc from "picocolors";
import sliceAnsi from "slice-ansi";
import { ROLES } from "../layout/desk.ts";
import type { DeskSnapshot } from "./desk_snapshot.ts";
import { flow, widthOf } from "./flow.ts";
import { amount, count, plural } from "./format.ts";
import {
  channelTable,
  ladder,
  latencyTable,
  optionTable,
  processLines,
  processTable,
  standingLines,
} from "./tables.ts";

/** How much of each block is shown. */
interface Shown {
  /** Levels of the book, a side. */
  readonly levels: number;
  readonly options: number;
  readonly channels: number;
  readonly processes: "nothing" | "names" | "table";
  /** Whether empty lines are between the blocks. */
  readonly isSpaced: boolean;
}

/** What is shown, from the most to the least: the first that there is room for. */
const SHOWN: readonly Shown[] = [
  { levels: 8, options: 16, channels: 6, processes: "table", isSpaced: true },
  { levels: 5, options: 8, channels: 6, processes: "table", isSpaced: true },
  { levels: 4, options: 6, channels: 6, processes: "table", isSpaced: true },
  { levels: 3, options: 4, channels: 6, processes: "table", isSpaced: true },
  { levels: 3, options: 3, channels: 4, processes: "table", isSpaced: true },
  { levels: 3, options: 3, channels: 2, processes: "names", isSpaced: true },
  { levels: 2, options: 2, channels: 2, processes: "names", isSpaced: true },
  { levels: 2, options: 3, channels: 2, processes: "names", isSpaced: false },
  { levels: 2, options: 2, channels: 2, processes: "names", isSpaced: false },
  { levels: 1, options: 2, channels: 2, processes: "names", isSpaced: false },
  { levels: 2, options: 2, channels: 2, processes: "nothing", isSpaced: false },
  { levels: 1, options: 2, channels: 2, processes: "nothing", isSpaced: false },
  { levels: 1, options: 1, channels: 1, processes: "nothing", isSpaced: false },
];

/** Columns of a terminal in which blocks stand beside each other, and what is between them. */
const WIDE = 160, BETWEEN = 3;

/**
 * The desk as it is now, to be drawn over the picture before. It is never larger than the terminal: a small one shows
 * less of the book, the options, the processes and the channels, and the smallest no more than the first lines.
 *
 * @param before An earlier snapshot, for rates.
 * @param rows Lines that the terminal has.
 * @param columns A narrow one shows fewer columns, a wide one two blocks beside each other.
 */
export function liveView(
  now: DeskSnapshot,
  before: DeskSnapshot,
  seconds: number | null,
  rows: number,
  columns: number,
): string {
  const most = Math.max(1, rows - 1); // the cursor stands in the last one
  const picture = new Picture(now, before, seconds, columns);
  let lines: string[] = [];
  for (const shown of SHOWN) {
    lines = picture.lines(shown);
    if (lines.length <= most) break;
  }
  return lines.slice(0, most).map((line) => cut(line, columns)).join("\n");
}

/** The desk at a moment, of which more or less is shown. */
class Picture {
  readonly #now: DeskSnapshot;
  /** Of a block: the terminal's, or half of it. */
  readonly #columns: number;
  readonly #isWide: boolean;
  readonly #head: string[];
  readonly #standing: string[];
  readonly #latencies: string[];
  // Tables are drawn once, with all their rows: of the lines, the first ones are shown.
  readonly #options: string[];
  readonly #channels: string[];
  readonly #processTable: string[];
  readonly #processNames: string[];

  constructor(now: DeskSnapshot, before: DeskSnapshot, seconds: number | null, columns: number) {
    this.#now = now;
    this.#isWide = columns >= WIDE;
    this.#columns = this.#isWide ? Math.floor((columns - BETWEEN) / 2) : columns;
    this.#head = headLines(now, seconds, columns);
    this.#standing = standingLines(now, this.#columns);
    this.#latencies = latencyTable(now.latencies, this.#columns).split("\n");
    this.#options = now.options.length === 0 ? [] : optionTable(now.options, this.#columns).split("\n");
    const passed = (now.at - before.at) / 1e9;
    this.#channels = channelTable(now.channels, before.channels, passed, this.#columns).split("\n");
    this.#processTable = processTable(now.processes, this.#columns).split("\n");
    this.#processNames = processLines(now.processes, this.#columns);
  }

  lines(shown: Shown): string[] {
    const between = shown.isSpaced ? [""] : [], market = this.#market(shown), desk = this.#desk(shown);
    const blocks = this.#isWide
      ? beside(stacked(market, between), stacked(desk, between), this.#columns)
      : stacked([...market, ...desk], between);
    return [...this.#head, ...between, ...blocks];
  }

  /** What the market is like, and where the desk stands. */
  #market({ levels, options }: Shown): string[][] {
    const { book } = this.#now;
    return [
      book === undefined ? [] : ladder(book, levels).split("\n"),
      this.#options.slice(0, 1 + options),
      this.#standing,
    ];
  }

  /** How the desk's processes are. */
  #desk({ processes, channels }: Shown): string[][] {
    return [
      processes === "table" ? this.#processTable : processes === "names" ? this.#processNames : [],
      this.#latencies,
      this.#channels.slice(0, 1 + channels),
    ];
  }
}

function headLines(now: DeskSnapshot, seconds: number | null, columns: number): string[] {
  const passed = now.feed.startedAt > 0 ? (now.at - now.feed.startedAt) / 1e9 : 0;
  const restarts = ROLES.reduce((sum, role) => sum + Math.max(0, now.processes[role].starts - 1), 0);
  return flow([
    `${pc.bold("desk")}  ${count(passed)}${seconds === null ? "" : ` of ${amount(seconds)}`} s`,
    `${count(now.validBooks)} of ${plural(now.instruments, "book")} valid`,
    ...(restarts > 0 ? [plural(restarts, "restart")] : []),
    "Ctrl-C ends",
  ], columns);
}

function stacked(blocks: readonly string[][], between: readonly string[]): string[] {
  return blocks.filter((block) => block.length > 0).flatMap((block, i) => i === 0 ? block : [...between, ...block]);
}

function beside(left: readonly string[], right: readonly string[], width: number): string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const line = cut(left[i] ?? "", width);
    return right[i] === undefined ? line : line + " ".repeat(width - widthOf(line) + BETWEEN) + right[i];
  });
}

function cut(line: string, columns: number): string {
  return widthOf(line) <= columns ? line : sliceAnsi(line, 0, columns);
}
