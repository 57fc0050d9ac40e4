import { f64, struct, u32, u53, type ViewOf } from "../../mod.ts";

/** How many instruments are quoted. */
export const ROWS = 64;

/** What the writer publishes. All fields follow from `sequence`, so that a torn read shows itself. */
export const Quote = struct("Quote", {
  bid: f64,
  ask: f64,
  bidSize: f64,
  askSize: f64,
  sequence: u53,
  /** When it was written: nanoseconds on the segment's clock. */
  time: u53,
});

/** What each process tells the one that shows it, in a table of the same segment. */
export const Report = struct("Report", {
  /** Quotes written, or read. */
  count: u53,
  /** Reads that found a newer quote than the one before. */
  fresh: u53,
  torn: u32,
  backwards: u32,
  /** Age of the fresh quotes, in nanoseconds, since the start: median and 99th percentile. */
  p50: u53,
  p99: u53,
});

/** The rows of the reports' table. */
export const ROLES = ["writer on Bun", "reader on Bun", "reader on Deno"] as const;

/** The quote of a sequence number. */
export function fillQuote(quote: ViewOf<typeof Quote>, sequence: number): void {
  quote.bid = 60_000 + sequence % 1000 / 10;
  quote.ask = quote.bid + 0.5;
  quote.bidSize = sequence * 2;
  quote.askSize = sequence * 3;
  quote.sequence = sequence;
}

/** Whether all fields belong to one write. */
export function isWhole({ bid, ask, bidSize, askSize, sequence }: ViewOf<typeof Quote>): boolean {
  return bid === 60_000 + sequence % 1000 / 10 && ask === bid + 0.5 && bidSize === sequence * 2 &&
    askSize === sequence * 3;
}
