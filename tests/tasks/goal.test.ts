import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { sourceHash } from "../../support/explorer/source_hash.ts";
import { type GoalAnswer, type GoalKind, goalsOf, type GoalTask } from "../../tasks/support/goal.ts";
import { goalOverview, goalReport } from "../../tasks/support/goal_report.ts";
import { exploreGoals } from "../../tasks/support/goal_run.ts";
import { GoalTable } from "../../tasks/support/goal_table.ts";

const folder = mkdtempSync(join(tmpdir(), "shmkit-goal-"));
after(() => rmSync(folder, { recursive: true }));

function task(part: string, title: string, kind: GoalKind = "2 actors: 4 preemptions", source = "abc"): GoalTask {
  const setting = kind === "1 death: 2" ? { preemptions: 2, deaths: 1 } : { preemptions: kind.startsWith("2") ? 4 : 3 };
  return { file: "x", part, title, setting, kind, source };
}

function answer(source: string, ranOut?: "time" | "memory", failure?: string): GoalAnswer {
  const counts = { actors: 2, schedules: 1200, cut: 7, deathPoints: 3, deepest: 9, ms: 3000, ranOut };
  return { counts, source, failure };
}

describe("the hash of a source", () => {
  const hash = (text: string) => sourceHash([["a.ts", text], ["b.ts", "export const b = 1;"]]);
  const code = "export function add(a: number, b?: string): string[] { return [`${a}  ${b}`]; }";

  it("is the same whatever comments, white space, types and commas at an end are", () => {
    const other = "/** Adds. */\nexport function add(\n  a: bigint, // one\n  b?: string,\n): unknown {\n" +
      "  return [\n    `${ a }  ${b /* two */}`,\n  ];\n}\n\ninterface Unused {}\n";
    assertEquals(hash(other), hash(code));
  });

  it("is another with any change of what runs", () => {
    const hashes = [code, code.replace("  $", " $"), code.replace("add", "sum"), code.replace("[`", "['', `")].map(
      hash,
    );
    assertEquals(new Set(hashes).size, hashes.length);
    assertNotEquals(sourceHash([["a.ts", code]]), hash(code));
  });
});

describe("GoalTable", () => {
  it("continues with what an earlier run found of the same source, and with nothing else", () => {
    const path = join(folder, "table.md"), first = new GoalTable(path), one = task("A", "one"), two = task("A", "two");
    first.enter(one, answer("abc"));
    first.enter(two, answer("abc", "time"));
    const again = new GoalTable(path), row = again.find(one)!;
    assertEquals([row.isWhole, row.schedules, row.cut, row.crashPoints, row.ms], [true, 1200, 7, 3, 3000]);
    assertEquals([again.find(two)!.isWhole, again.find(two)!.state], [false, "time ran out"]);
    assertEquals(again.find({ ...one, source: "abd" }), undefined);
    again.enter({ ...one, source: "abd" }, answer("abd", undefined, "wrong"));
    assertEquals(new GoalTable(path).find({ ...one, source: "abd" })!.isWrong, true);
    assertEquals(new GoalTable(path).find(one), undefined);
  });

  it("takes nothing from a table of another form", () => {
    const path = join(folder, "old.md");
    writeFileSync(path, "| A | one | 4 preemptions | 2 | 1 | 0 | 0 | 5 | 0.1 s | whole |\n");
    assertEquals(new GoalTable(path).find(task("A", "one")), undefined);
  });
});

/** Explores nothing: what becomes of a task is in its title. */
const PEER = `
import process from "node:process";
import { createInterface } from "node:readline";
let seen = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { title, source, limitMs } = JSON.parse(line);
  if (title === "dies") process.kill(process.pid, "SIGKILL");
  else if (title === "throws") throw new Error("a fault in itself");
  else {
    const ms = title === "long" ? limitMs : 100, ranOut = title === "long" ? "time" : title === "big" ? "memory" : undefined;
    const counts = { actors: 2, schedules: ++seen, cut: 0, deathPoints: 0, deepest: 1, ms, ranOut };
    console.log(JSON.stringify({ counts, source, failure: title === "wrong" ? "it went wrong" : undefined }));
  }
}
process.exit(0);
`;

describe("exploreGoals", () => {
  it("continues when one runs out of time or memory, fails, or ends its process", { timeout: 240_000 }, async () => {
    const titles = ["right", "big", "dies", "right too", "throws", "wrong", "long", "last"], printed: string[] = [];
    const path = join(folder, "peer.mjs"),
      tasks = titles.map((title) => task("A", title)),
      table = new GoalTable(undefined);
    writeFileSync(path, PEER);
    const options = { limitMs: 20_000, mostStates: 9, peer: new URL(`file://${path}`) };
    const faults = await exploreGoals(tasks, table, { ...options, jobs: 2, print: (text) => void printed.push(text) });
    assertEquals(faults, 2);
    const states = Object.fromEntries(tasks.map((one) => [one.title, table.find(one)!.state]));
    assertEquals(states, {
      right: "whole",
      big: "memory ran out",
      dies: "memory ran out",
      "right too": "whole",
      throws: "GOES WRONG",
      wrong: "GOES WRONG",
      long: "time ran out",
      last: "whole",
    });
    assertEquals(printed.filter((text) => text.includes("| long |")).length, 2); // after 3 and after 20 s
    assertEquals(table.find(tasks[6])!.ms, 20_000);
    assert(printed.some((text) => text.includes("a fault in itself")), printed.join("\n"));
    // What went wrong is tried again, and what had as much time already is not.
    const begun = printed.length;
    await exploreGoals(tasks.filter(({ title }) => title === "wrong" || title === "long"), table, {
      ...options,
      jobs: 1,
      print: (text) => void printed.push(text),
    });
    assertEquals(printed.length, begun + 2);
  });

  it("begins nothing when its time has passed", async () => {
    const tasks = [task("A", "right")], table = new GoalTable(undefined);
    await exploreGoals(tasks, table, { limitMs: 1000, inAllMs: 0, mostStates: 9, jobs: 1, print: () => {} });
    assertEquals(table.find(tasks[0]), undefined);
  });
});

describe("the goal", () => {
  it("asks for all memories of a scenario, and for deaths where it has some", () => {
    const settings = [{ preemptions: 5 }, { preemptions: 1, deaths: 1 }, {
      preemptions: 2,
      memory: "x86",
      delays: 2,
    }] as const;
    const scenario = { part: "A", title: "one", settings, start: () => ({ actors: {} }) };
    assertEquals(goalsOf(scenario, 3), [
      { kind: "3 or more: 3", setting: { preemptions: 5 } },
      { kind: "x86-64", setting: { preemptions: 3, memory: "x86", delays: 2 } },
      { kind: "1 death: 2", setting: { preemptions: 2, deaths: 1 } },
      { kind: "2 deaths: 1", setting: { preemptions: 1, deaths: 2 } },
    ]);
  });

  it("is met in a cell that one scenario has reached", () => {
    const table = new GoalTable(undefined),
      tasks = [
        task("A", "one"),
        task("A", "two"),
        task("A", "three", "3 or more: 3"),
        task("A", "one", "1 death: 2"),
        task("B", "four"),
        task("B", "five", "3 or more: 3"),
      ];
    table.enter(tasks[0], answer("abc"));
    table.enter(tasks[1], answer("abc", "time"));
    table.enter(tasks[2], answer("another"));
    table.enter(tasks[3], answer("abc"));
    table.enter(tasks[4], answer("abc", undefined, "wrong"));
    const overview = goalOverview(tasks, table);
    assertEquals(overview[2], "| `A` | met: 1 of 2 | not met: 0 of 1 | met: 1 of 1 | — | — | — | — | 2,400 | 14 | 6 |");
    assertEquals(overview[3], "| `B` | GOES WRONG | not met: 0 of 1 | — | — | — | — | — | 0 | 0 | 0 |");
    assertEquals(overview.slice(5), [
      "The goal is met in 2 of 5 cells. Not in:",
      "",
      "* `A`, 3 or more: 3: not met: 0 of 1",
      "* `B`, 2 actors: 4 preemptions: GOES WRONG",
      "* `B`, 3 or more: 3: not met: 0 of 1",
    ]);
    const report = goalReport(tasks, table).join(" ");
    assert(report.includes("**2 were completed, and 1 FOUND A FAULT**"), report);
    assert(report.includes('* `A`, "two": 4 preemptions *'), report);
    assert(report.includes('* `B`, "four": 4 preemptions (GOES WRONG)'), report);
    table.enter(tasks[2], answer("abc"));
    assertEquals(goalOverview(tasks.slice(0, 4), table).at(-1), "The goal is met: all 3 cells.");
    assertEquals(goalOverview(tasks.slice(0, 1), table).at(-1), "* `A`, 3 or more: 3: not met: no scenario");
  });
});
