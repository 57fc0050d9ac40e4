/**
 * Structures, for higher floors: what users get, and what describes them to tools.
 *
 * @module
 */
import type { DescribePart } from "../memory/internal.ts";
import { describeCounters } from "./counters/describe.ts";
import { describeHistogram } from "./histogram/describe.ts";
import { describeKeyedTable } from "./keyed_table/describe.ts";
import { describeOrderBook } from "./order_book/describe.ts";

export * from "./mod.ts";

/** What describes structures of a kind to tools; undefined if it is not one of theirs. */
export function structureDescription(kind: string): DescribePart | undefined {
  const known: Readonly<Record<string, DescribePart>> = {
    KeyedTable: describeKeyedTable,
    OrderBook: describeOrderBook,
    Histogram: describeHistogram,
    Counters: describeCounters,
  };
  return Object.hasOwn(known, kind) ? known[kind] : undefined;
}
