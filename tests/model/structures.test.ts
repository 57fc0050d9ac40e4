import { assert } from "@std/assert";
import { after, describe, it } from "node:test";
import { buildProgram, explore, settingInWords } from "../../support/explorer/mod.ts";
import { exploreFiles } from "./explored.ts";
import { scenarioFile } from "./scenario_file.ts";

await exploreFiles(["keyed_table", "histogram", "order_book", "counters"]);

const TABLE = "keyed_table", STORE = `${TABLE}/key_store`, LOOKUP = `${TABLE}/lookup_path`;
const RECORD = "histogram/record_path", BOOK = "order_book/writer_path", READER = "order_book/reader_path";
const COUNTERS = "counters/counter_records";

/**
 * What finds nothing proves nothing: each of these is found by a scenario, with the settings that the suite uses
 * anyway.
 */
const VARIANTS: readonly [title: string, file: string, from: string, to: string][] = [
  [
    "the low word is stored first",
    RECORD,
    "release(at + 1, next);\n    release(at, next << 31);",
    "release(at, next << 31);\n    release(at + 1, next);",
  ],
  ["a high word that is ahead is taken for right", RECORD, "(low >>> 31) === (high & 1) ?", "low !== 0 ?"],
  ["a book's copy is not brought up to date", BOOK, "if (first >= count) return;", "if (first >= 0) return;"],
  ["a change counts as known in all copies", BOOK, "if (same[i] > from) same[i] = from;", ""],
  [
    "a torn book is taken for whole",
    READER,
    "if (((load(versionWord) - version) >>> 0) < copyMask)",
    "if (version !== 1.5)",
  ],
  [
    "a counter's state comes before its label",
    COUNTERS,
    "    this.#label.fill(0);\n    this.#label.set(label);",
    "    store(words, at + STATE_DELTA, free | USED);\n    this.#label.fill(0);\n    this.#label.set(label);",
  ],
  [
    "a dead owner's counter is described as it is",
    COUNTERS,
    "if (free !== state) store(words, at + STATE_DELTA, free);",
    "",
  ],
  [
    "one whose owner lives is taken over",
    COUNTERS,
    "if (!this.#party.isAlive(load(words, at + OWNER_DELTA))) return id;",
    "return id;",
  ],

  ["moves are not counted", STORE, "store(words, MOVES_WORD, (load(words, MOVES_WORD) + 1) | 0);", ""],
  ["who finds nothing does not look again", LOOKUP, "if (now === moves || used < 0) return -1;", "return -1;"],
  [
    "a key is shown before it is complete",
    STORE,
    "store(words, at + OWNER_DELTA, 0);\n    store(words, at + BASE_DELTA, version | 0);",
    "store(words, at + STATE_DELTA, state | USED);\n    this.#enter(slot, hash, row);",
  ],
  ["an addition is not noted", STORE, "store(words, PENDING_WORD, ((row + 1) << 1) | ADDS);", ""],
  ["a removal is not noted", STORE, "store(words, PENDING_WORD, ((row + 1) << 1) | REMOVES);", ""],
  ["the hole is not noted", STORE, "store(words, HOLE_WORD, hole = from);", "hole = from;"],
  ["a row is given to the free ones twice", STORE, "if (free === row + 1) return;", ""],
  [
    "what was begun is forgotten",
    STORE,
    "if (pending === 0) return;",
    "if (pending !== -1) return store(words, PENDING_WORD, 0);",
  ],
];

describe("known-bad variants of structures are found", { timeout: 600_000 }, () => {
  const found: string[] = [];

  for (const [title, file, from, to] of VARIANTS) {
    it(title, async () => {
      const patch = { file: `lib/structure/${file}.ts`, from, to };
      const { scenarios, ...program } = await buildProgram(scenarioFile(file.slice(0, file.indexOf("/"))), [patch]);
      for (const scenario of scenarios) {
        for (const setting of scenario.settings) {
          const { failure } = explore({ scenarios, ...program }, scenario, setting);
          if (failure === undefined) continue;
          assert(!failure.message.includes("ReferenceError"), `the variant is not a program: ${failure.message}`);
          found.push(`${title}: ${settingInWords(setting)}: ${failure.message.split("\n")[0]}`);
          return;
        }
      }
      throw new Error("no schedule shows what is wrong");
    });
  }

  after(() => console.log(`${found.length} of ${VARIANTS.length} known-bad variants found:\n  ${found.join("\n  ")}`));
});
