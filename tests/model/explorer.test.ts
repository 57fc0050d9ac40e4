import { assert, assertEquals, assertMatch } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  along,
  buildProgram,
  explore,
  readToken,
  replay,
  type Setting,
  writeToken,
} from "../../support/explorer/mod.ts";
import { ProgramFiles } from "../../support/explorer/program_files.ts";
import { useAll } from "./programs/forms.ts";
import { scenarioFile, scenarioFiles } from "./scenario_file.ts";
import { VARIANTS } from "./variants.ts";

const forms = await buildProgram("tests/model/programs/forms.ts");
const faults = await buildProgram("tests/model/programs/faults.ts");
const late = await buildProgram("tests/model/programs/late.ts");
const litmus = await buildProgram("tests/model/programs/litmus.ts");

describe("a program's files", () => {
  it("are those behind the doors that it imports and exports through, and no others", () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const program = new ProgramFiles(`${root}lib/memory/bytes.ts`, [], { root, replaced: {}, shared: new Set() });
    const paths = [...program.files.keys()].map((path) => relative(root, path));
    assertEquals(paths, ["lib/memory/bytes.ts", "lib/layout/text.ts"]);
  });

  it("are those of what a door exports by name, though it has a type of that name among all that it exports", () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const program = new ProgramFiles(`${root}lib/structure/counters/counter.ts`, [], {
      root,
      replaced: {},
      shared: new Set(),
    });
    assert(program.files.has(`${root}lib/channel/shared/closable_end.ts`));
  });
});

describe("the suite", () => {
  it("explores each file of scenarios", () => {
    const folder = new URL("./", import.meta.url);
    const tests = readdirSync(folder).filter((name) => name.endsWith(".test.ts"))
      .map((name) => readFileSync(new URL(name, folder), "utf8")).filter((text) => /^await exploreFiles/m.test(text));
    for (const name of scenarioFiles()) {
      assertEquals(tests.filter((text) => text.includes(`"${name}"`)).length, 1, name);
    }
  });
});

describe("the rewriting", () => {
  it("changes nothing but the order of steps", () => {
    const { explored } = forms.exports as typeof import("./programs/forms.ts");
    const [scenario] = forms.scenarios, expected = useAll(new Int32Array(8));
    const result = explore(forms, scenario, { preemptions: 1 });
    assertEquals(result.failure, undefined);
    assert(explored.length > result.schedules, "with all twins");
    for (const one of explored) assertEquals(one, expected);
  });
});

describe("what goes wrong is found", () => {
  const find = (title: string, setting: Setting) => {
    const scenario = faults.scenarios.find((one) => one.title === title)!;
    return { scenario, ...explore(faults, scenario, setting) };
  };

  it("a lost count, by one preemption and not without", () => {
    assertEquals(find("a lost count", { preemptions: 0 }).failure, undefined);
    const { failure, scenario } = find("a lost count", { preemptions: 3 });
    assertEquals(failure?.message, "counted 2");
    assertEquals(failure?.lines.filter((line) => line.includes("has to wait")).length, 1, failure?.lines.join("\n"));
    const token = writeToken({
      file: "faults",
      part: "fault",
      title: "a lost count",
      setting: { preemptions: 3 },
      path: failure!.path,
    });
    const { path, setting } = readToken(token);
    assertEquals(
      replay(faults, scenario, setting, () => along(path)).failure,
      failure?.message,
      "the token runs it again",
    );
    assertEquals(replay(faults, scenario, setting, () => along(path)).lines, failure?.lines);
  });

  it("a word that is shared as the second half of a double", () => {
    const title = "a double that another changes by half";
    assertMatch(find(title, { preemptions: 1 }).failure!.message, /it has changed/);
  });

  it("a deadlock", () => {
    assertEquals(find("a deadlock", { preemptions: 0 }).failure, undefined);
    assertMatch(find("a deadlock", { preemptions: 1 }).failure!.message, /nobody wakes ann and bob/);
  });

  it("a wait for one that is stopped, of one that never waits for such a one", () => {
    assertEquals(find("a wait for one that may be stopped", { preemptions: 1 }).failure, undefined);
    assertMatch(
      find("a wait for one that may be stopped", { preemptions: 0, stops: 1 }).failure!.message,
      /ann is held up/,
    );
  });

  it("a lost wake-up, although an actor was stopped: it does not come once that one continues", async () => {
    const lost = async (file: string, title: string, variant: string, preemptions: number) => {
      const { patches } = VARIANTS.find((one) => one.title === variant)!;
      const program = await buildProgram(scenarioFile(file), patches);
      const scenario = program.scenarios.find((one) => `${one.part}: ${one.title}` === title)!;
      assertEquals(explore(program, scenario, { preemptions }).failure, undefined, "without a stop");
      return explore(program, scenario, { preemptions, stops: 1 }).failure?.message;
    };
    const owner = await lost("exclusion", "Mutex: three lock once", "unlocking wakes nobody", 0);
    assertMatch(owner!, /nobody wakes cyd: only a look/);
    const notifier = await lost(
      "event_count",
      "EventCount: one waits twice",
      "does not wake a waiter that fell asleep meanwhile",
      1,
    );
    assertMatch(notifier!, /nobody wakes waiter0: only a look/);
  });

  it("a wait without end", () => {
    assertMatch(find("a wait without end", { preemptions: 0 }).failure!.message, /goes on for ever/);
  });

  it("an access that is no step", () => {
    assertMatch(find("an access in the callback of a builtin", { preemptions: 0 }).failure!.message, /it is no step/);
    assertMatch(find("an access past the world", { preemptions: 0 }).failure!.message, /past the world/);
  });

  it("an actor that throws", () => {
    assertMatch(find("an actor that throws", { preemptions: 1 }).failure!.message, /ann throws RangeError: one/);
  });

  it("a start that is not always the same", () => {
    let message = "";
    try {
      find("a start that is not always the same", { preemptions: 1 });
    } catch (error) {
      message = (error as Error).message;
    }
    assertMatch(message, /start\(\) is not always the same/);
  });

  it("by random schedules too, the same for the same seed", () => {
    const scenario = faults.scenarios.find((one) => one.title === "a lost count")!, setting = { preemptions: 9 };
    const results = [1, 1, 2].map((seed) => explore(faults, scenario, setting, { random: { seed, runs: 1000 } }));
    assertEquals(results.map(({ failure }) => failure?.message), Array(3).fill("counted 2"));
    assertEquals(results[0].schedules, results[1].schedules);
  });
});

describe("histories in the memory of x86-64", () => {
  const fault = (title: string, memory: "sequential" | "x86"): string | undefined => {
    const scenario = late.scenarios.find((one) => one.title === title)!;
    return explore(late, scenario, { preemptions: 2, memory, delays: 1 }).failure?.message;
  };

  it("what is stored with a fence is seen by all who begin later; without one, by its own actor only", () => {
    for (const title of ["a fence, never late", "no fence, never late", "no fence, late"]) {
      assertEquals(fault(title, "sequential"), undefined);
    }
    assertEquals(fault("a fence, never late", "x86"), undefined);
    assertEquals(fault("no fence, late", "x86"), undefined);
    assertMatch(fault("no fence, never late", "x86")!, /no order/);
  });

  it("what is received twice as a store is late cannot be explained, although operations may be late", () => {
    assertEquals(fault("a deque whose owner fences", "x86"), undefined);
    assertEquals(fault("a deque whose owner does not fence", "sequential"), undefined);
    assertMatch(fault("a deque whose owner does not fence", "x86")!, /no order/);
  });
});

/**
 * What each memory lets the litmus tests read beyond sequential consistency. One delay each is enough, or two.
 */
const WEAKER: Record<string, { x86: string[]; arm64: string[] }> = {
  "store buffering, plain": { x86: ["00"], arm64: ["00"] },
  "store buffering, release and load": { x86: ["00"], arm64: [] },
  "store buffering, store and load": { x86: [], arm64: [] },
  "message passing, plain": { x86: [], arm64: ["10"] },
  "message passing, release and load": { x86: [], arm64: [] },
  "message passing, release and peek": { x86: [], arm64: ["10"] },
  "message passing, plain read before a load": { x86: [], arm64: ["10"] },
  "independent reads": { x86: [], arm64: [] },
  "one word": { x86: [], arm64: [] },
  "message passing by an exchange": { x86: [], arm64: [] },
  "store buffering, exchange and peek": { x86: [], arm64: ["00"] },
  "store buffering, exchange and load": { x86: [], arm64: [] },
  "message passing, an exchange before a plain store": { x86: [], arm64: ["10"] },
  "message passing, an exchange before a release": { x86: [], arm64: [] },
  "store buffering, store and the library's load": { x86: [], arm64: [] },
  "store buffering, plain, with an exchange between": { x86: [], arm64: ["00"] },
  "store buffering, store and a load before an exchange": { x86: [], arm64: ["00"] },
  "message passing, release and the library's load": { x86: [], arm64: [] },
  "message passing, release and a load before an exchange": { x86: [], arm64: ["10"] },
};

describe("memories", () => {
  const { observed } = litmus.exports as typeof import("./programs/litmus.ts");
  const read = (title: string, setting: Setting): Set<string> => {
    delete observed[title];
    const result = explore(litmus, litmus.scenarios.find((one) => one.title === title)!, setting);
    assert(result.isWhole && result.failure === undefined);
    return observed[title];
  };

  for (const [title, weaker] of Object.entries(WEAKER)) {
    it(title, () => {
      const strict = read(title, { preemptions: 4 });
      for (const memory of ["x86", "arm64"] as const) {
        assertEquals(read(title, { preemptions: 4, memory, delays: 0 }), strict, `${memory} without a delay`);
        const weak = read(title, { preemptions: 4, memory, delays: 2 });
        assertEquals([...weak].filter((one) => !strict.has(one)), weaker[memory], memory);
        assertEquals([...strict].filter((one) => !weak.has(one)), [], `${memory} allows all that is strict`);
      }
    });
  }
});
