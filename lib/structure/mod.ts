/**
 * Structures: what several processes keep together.
 *
 * @module
 */
export type { Counter } from "./counters/counter.ts";
export { type CounterOptions, Counters } from "./counters/counters.ts";
export type { CounterInfo } from "./counters/counter_records.ts";
export { COUNT_TYPES, type Counted, type CountName, type OfferedCounts } from "./counters/offered_counts.ts";
export type { CountersOptions } from "./counters/geometry.ts";
export { Histogram } from "./histogram/histogram.ts";
export type { HistogramOptions } from "./histogram/geometry.ts";
export { type HistogramEntry, HistogramReading } from "./histogram/histogram_reading.ts";
export type { HistogramRecorder } from "./histogram/histogram_recorder.ts";
export type { HistogramScale } from "./histogram/scale.ts";
export type { KeyedRow } from "./keyed_table/keyed_row.ts";
export { KeyedTable, type KeyedTableFunction } from "./keyed_table/keyed_table.ts";
export type { KeyedTableWriter } from "./keyed_table/keyed_table_writer.ts";
export type { KeyedTableOptions } from "./keyed_table/geometry.ts";
export type { TableKey } from "./keyed_table/places.ts";
export { BookReading } from "./order_book/book_reading.ts";
export { BookLevels, BookUpdate } from "./order_book/book_update.ts";
export type { OrderBookOptions } from "./order_book/geometry.ts";
export { type BookSide, OrderBook } from "./order_book/order_book.ts";
export type { OrderBookWriter } from "./order_book/order_book_writer.ts";
export type { BookApplied } from "./order_book/writer_path.ts";
