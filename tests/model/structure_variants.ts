/**
 * Variants of the structures that are known to be wrong: see `variants.ts`.
 *
 * @module
 */
import type { Variant } from "./variants.ts";

function variant(title: string, scenario: string, [file, from, to]: readonly [string, string, string]): Variant {
  const patches = [{ file: `lib/structure/${file}.ts`, from, to }];
  return { title, file: file.slice(0, file.indexOf("/")), scenario, patches };
}

const HISTOGRAM = "Histogram: one records three times", BOOK = "OrderBook: one changes a book of two copies";
const SHORTEST_BOOK = "OrderBook: one changes a book of one bid, another";
const SHORT_BOOK = "OrderBook: one changes a book of one bid twice";
const FREEING = "Counters: one frees its counter, or dies", FOLLOWING = "Counters: two try to take over";
const REUSING = "Counters: one frees its counter, another allocates";
const MOVING = "KeyedTable: one removes the first of three", ADDING = "KeyedTable: one adds a key, another looks";
const BOTH = "KeyedTable: one adds a key and one removes";

export const STRUCTURE_VARIANTS: readonly Variant[] = [
  variant("the low word is stored first", HISTOGRAM, [
    "histogram/record_path",
    "release(at + 1, next);\n    release(at, next << 31);",
    "release(at, next << 31);\n    release(at + 1, next);",
  ]),
  variant("trusts a high word that is ahead", HISTOGRAM, [
    "histogram/record_path",
    "(low >>> 31) === (high & 1) ?",
    "low !== 0 ?",
  ]),
  variant("a book's copy is not brought up to date", BOOK, [
    "order_book/writer_path",
    "if (first >= count) return;",
    "if (first >= 0) return;",
  ]),
  variant("a change counts as known in all copies", BOOK, [
    "order_book/writer_path",
    "if (same[i] > from) same[i] = from;",
    "",
  ]),
  variant("accepts a torn book", SHORT_BOOK, [
    "order_book/reader_path",
    "if (((load(versionWord) - version) >>> 0) < copyMask)",
    "if (version !== 1.5)",
  ]),
  variant("on arm64, a version is published plainly", SHORTEST_BOOK, [
    "order_book/writer_path",
    "release(versionWord, (version + 1) | 0)",
    "poke(versionWord, (version + 1) | 0)",
  ]),
  variant("a counter's state is stored before its label", REUSING, [
    "counters/counter_records",
    "    this.#label.fill(0);\n    this.#label.set(label);",
    "    store(words, at + STATE_DELTA, free | USED);\n    this.#label.fill(0);\n    this.#label.set(label);",
  ]),
  variant("a dead owner's counter is relabelled without being freed", FREEING, [
    "counters/counter_records",
    "if (free !== state) store(words, at + STATE_DELTA, free);",
    "",
  ]),
  variant("takes over a counter whose owner is alive", FOLLOWING, [
    "counters/counter_records",
    "if (!this.#party.isAlive(load(words, at + OWNER_DELTA))) return id;",
    "return id;",
  ]),
  variant("moves are not counted", MOVING, [
    "keyed_table/key_store",
    "store(words, MOVES_WORD, (load(words, MOVES_WORD) + 1) | 0);",
    "",
  ]),
  variant("a failed lookup is not repeated after a move", MOVING, [
    "keyed_table/lookup_path",
    "if (now === moves || used < 0) return -1;",
    "return -1;",
  ]),
  variant("a key is visible before it is complete", ADDING, [
    "keyed_table/key_store",
    "store(words, at + OWNER_DELTA, 0);\n    store(words, at + BASE_DELTA, version | 0);",
    "store(words, at + STATE_DELTA, state | USED);\n    this.#enter(slot, hash, row);",
  ]),
  variant("an addition is not noted", ADDING, [
    "keyed_table/key_store",
    "store(words, PENDING_WORD, ((row + 1) << 1) | ADDS);",
    "",
  ]),
  variant("a removal is not noted", MOVING, [
    "keyed_table/key_store",
    "store(words, PENDING_WORD, ((row + 1) << 1) | REMOVES);",
    "",
  ]),
  variant("the hole is not noted", MOVING, [
    "keyed_table/key_store",
    "store(words, HOLE_WORD, hole = from);",
    "hole = from;",
  ]),
  variant("a row is freed twice", BOTH, [
    "keyed_table/key_store",
    "if (free === row + 1) return;",
    "",
  ]),
  variant("an unfinished change is forgotten", MOVING, [
    "keyed_table/key_store",
    "if (pending === 0) return;",
    "if (pending !== -1) return store(words, PENDING_WORD, 0);",
  ]),
];
