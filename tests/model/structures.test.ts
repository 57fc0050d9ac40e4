import { assert } from "@std/assert";
import { after, describe, it } from "node:test";
import {
  buildProgram,
  explore,
  failureInWords,
  type Row,
  settingInWords,
  summary,
} from "../../support/explorer/mod.ts";

const rows: Row[] = [], FILE = "keyed_table", SCENARIOS = `tests/model/scenarios/${FILE}.ts`;

const program = await buildProgram(SCENARIOS);
describe(`every schedule of scenarios/${FILE}.ts`, { timeout: 600_000 }, () => {
  for (const scenario of program.scenarios) {
    for (const setting of scenario.settings) {
      it(`${scenario.part}: ${scenario.title}: ${settingInWords(setting)}`, () => {
        const result = explore(program, scenario, setting);
        if (result.failure !== undefined) throw new Error(failureInWords(FILE, scenario, setting, result.failure));
        assert(result.isWhole && result.schedules > 1);
        rows.push({ scenario, setting, result });
      });
    }
  }
});

const STORE = "key_store", LOOKUP = "lookup_path";

/**
 * What finds nothing proves nothing: each of these is found by a scenario, with the settings that the suite uses
 * anyway.
 */
const VARIANTS: readonly [title: string, file: string, from: string, to: string][] = [
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

describe("known-bad variants of KeyedTable are found", { timeout: 600_000 }, () => {
  const found: string[] = [];

  for (const [title, file, from, to] of VARIANTS) {
    it(title, async () => {
      const patch = { file: `lib/structure/keyed_table/${file}.ts`, from, to };
      const { scenarios, ...program } = await buildProgram(SCENARIOS, [patch]);
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

after(() => console.log(summary(rows).join("\n")));
