import {
  chars,
  Counters,
  Histogram,
  type HistogramScale,
  KeyedTable,
  LatestTable,
  OrderBook,
  Pipeline,
  type Segment,
} from "../../../mod.ts";
import { DIGITS_OPTIONS } from "../check/checksum_book.ts";
import { bookOptions } from "./books.ts";
import { DeskLimits } from "./desk_limits.ts";
import { EventPart } from "./event_part.ts";
import {
  ControlRow,
  FeedProgressRow,
  FeedReportRow,
  GreeksRow,
  InstrumentRow,
  OrderRecord,
  PositionRow,
  ProcessRow,
  QuoteRow,
  ReasonExampleRow,
  ReasonRow,
  SentOrderRow,
  StandingRow,
} from "./records.ts";

/** The processes of a desk, besides the supervisor. */
export const ROLES = ["feed", "book", "pricing", "risk", "hedging", "monitor"] as const;

/** A process of a desk. */
export type DeskRole = typeof ROLES[number];

/** What is timed, from the feed's write on: each process's reaction to an event, and a hedge order's fill. */
export const LATENCIES = ["book", "pricing", "risk", "hedging", "fill"] as const;

/** The resolution of latencies: in nanoseconds up to 18 minutes, to 0.8 %. */
export const LATENCY_SCALE: HistogramScale = { highest: 2 ** 40 - 1, digits: 2 };

/** One of the latencies. */
export type LatencyName = typeof LATENCIES[number];

/** How many instruments a desk has room for; events of others are counted and left out. */
export const MAX_INSTRUMENTS = 128;

/**
 * Bytes of a desk's segment: a future's book for each instrument, one for its digits, and the rest. What is never
 * written to takes no memory.
 */
export const DESK_BYTES: number =
  MAX_INSTRUMENTS * (OrderBook.byteLength(bookOptions(false)) + OrderBook.byteLength(DIGITS_OPTIONS)) + 16 * 2 ** 20;

/** Parts of events that the slowest process may be behind. */
export const EVENT_CAPACITY = 8192;

/** Orders that risk and the supervisor may be behind. */
export const ORDER_CAPACITY = 1024;

/** How many of the orders sent last are remembered by id: more than hedging ever has open. */
export const SENT_ORDERS = 256;

/** The most counters: those of each process, and those of the channels. */
const MAX_COUNTERS = 128;

/** The most bytes of what an instrument is called: its name, and its venue's as often as it takes to be another one. */
const KNOWN_AS_BYTES = 128;

/** How many reasons for lines without an event are reported. */
export const MAX_REASONS = 64;

/**
 * Which process receives an event after which others. Each waits for those before it even while they are dead, so what
 * they find out is there. The audit is the supervisor's: it comes last, and as the feed waits for it, nothing is
 * overwritten that a dead process has still to see.
 */
export const EVENT_READERS: Readonly<Record<string, readonly string[]>> = {
  book: [],
  pricing: ["book"],
  risk: ["book"],
  hedging: ["pricing", "risk"],
  audit: ["book", "pricing", "risk", "hedging"],
};

/** The order in which processes receive an order. */
export const ORDER_READERS: Readonly<Record<string, readonly string[]>> = { risk: [], audit: ["risk"] };

/** What lies in a desk's segment, besides the order books: those are made as instruments appear. */
export interface Desk {
  readonly segment: Segment;
  /** From the feed to all, lossless. */
  readonly events: Pipeline<typeof EventPart>;
  /** From hedging to risk, then to the audit. */
  readonly orders: Pipeline<typeof OrderRecord>;
  /** By the feed. */
  readonly instruments: KeyedTable<typeof InstrumentRow>;
  /** By book. */
  readonly quotes: LatestTable<typeof QuoteRow>;
  /** By pricing. */
  readonly greeks: LatestTable<typeof GreeksRow>;
  /** By risk. */
  readonly positions: LatestTable<typeof PositionRow>;
  /** By risk. */
  readonly standing: LatestTable<typeof StandingRow>;
  /** By hedging. */
  readonly sentOrders: LatestTable<typeof SentOrderRow>;
  /** By the feed. */
  readonly feedProgress: LatestTable<typeof FeedProgressRow>;
  /** By the feed. */
  readonly feedReport: LatestTable<typeof FeedReportRow>;
  /** By the feed. */
  readonly reasons: LatestTable<typeof ReasonRow>;
  /** By the feed: the first line of each reason. */
  readonly reasonExamples: LatestTable<typeof ReasonExampleRow>;
  /** By the supervisor. */
  readonly control: LatestTable<typeof ControlRow>;
  /** By any process, under a lock. */
  readonly limits: DeskLimits;
  /** By each process. */
  readonly processes: Readonly<Record<DeskRole, LatestTable<typeof ProcessRow>>>;
  /** By each process; what channels count, by their writers. */
  readonly counters: Counters;
  /** By each process; the fills' by risk. */
  readonly latencies: Readonly<Record<LatencyName, Histogram>>;
}

/** Attaches to the desk in a segment; what is missing is made. */
export function openDesk(segment: Segment): Desk {
  const rows = MAX_INSTRUMENTS, versions = 4;
  return {
    segment,
    events: segment.openOrCreate("events", Pipeline, {
      layout: EventPart,
      capacity: EVENT_CAPACITY,
      readers: EVENT_READERS,
    }),
    orders: segment.openOrCreate("orders", Pipeline, {
      layout: OrderRecord,
      capacity: ORDER_CAPACITY,
      readers: ORDER_READERS,
    }),
    instruments: segment.openOrCreate("instruments", KeyedTable, {
      layout: InstrumentRow,
      key: chars(KNOWN_AS_BYTES),
      capacity: rows,
    }),
    quotes: segment.openOrCreate("quotes", LatestTable, { layout: QuoteRow, rows, versions }),
    greeks: segment.openOrCreate("greeks", LatestTable, { layout: GreeksRow, rows, versions }),
    positions: segment.openOrCreate("positions", LatestTable, { layout: PositionRow, rows, versions }),
    standing: segment.openOrCreate("standing", LatestTable, { layout: StandingRow, rows: 1, versions }),
    sentOrders: segment.openOrCreate("sent orders", LatestTable, { layout: SentOrderRow, rows: SENT_ORDERS }),
    feedProgress: segment.openOrCreate("feed progress", LatestTable, { layout: FeedProgressRow, rows: 1 }),
    feedReport: segment.openOrCreate("feed report", LatestTable, { layout: FeedReportRow, rows: 1 }),
    reasons: segment.openOrCreate("input reasons", LatestTable, { layout: ReasonRow, rows: MAX_REASONS }),
    reasonExamples: segment.openOrCreate("input examples", LatestTable, {
      layout: ReasonExampleRow,
      rows: MAX_REASONS,
    }),
    control: segment.openOrCreate("control", LatestTable, { layout: ControlRow, rows: 1 }),
    limits: DeskLimits.of(segment),
    processes: forEach(
      ROLES,
      (role) => segment.openOrCreate(`process of ${role}`, LatestTable, { layout: ProcessRow, rows: 1 }),
    ),
    counters: segment.openOrCreate("counters", Counters, { capacity: MAX_COUNTERS }),
    latencies: forEach(LATENCIES, (name) => segment.openOrCreate(`latency of ${name}`, Histogram, LATENCY_SCALE)),
  };
}

function forEach<K extends string, T>(names: readonly K[], make: (name: K) => T): Record<K, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, T>;
}
