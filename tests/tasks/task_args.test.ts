import { assertEquals, assertMatch } from "@std/assert";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import packageJson from "../../package.json" with { type: "json" };
import { runtimes } from "../../support/runtimes.ts";

/** The tasks that users call, by the names of their files. */
const TASKS = Object.values(packageJson.scripts).flatMap((script) =>
  /^bun tasks\/run\.ts (\w+)$/.exec(script)?.[1] ?? []
);

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(runtimes.bun, ["tasks/run.ts", ...args], { encoding: "utf8" });
}

describe("tasks", () => {
  for (const task of TASKS) {
    it(`${task} says with --help how it is used, and does nothing`, () => {
      const { status, stdout, stderr } = run(task, "--help");
      assertEquals({ status, stderr }, { status: 0, stderr: "" });
      assertMatch(stdout, new RegExp(`bun run ${task.replace("_", ":")}\\b|--seconds`));
    });
  }

  for (const task of ["test", "bench", "prove"]) {
    it(`${task} refuses in a line what is not an option`, () => {
      const { status, stderr } = run(task, "--quickly");
      assertEquals({ status, lines: stderr.trimEnd().split("\n").length }, { status: 2, lines: 1 });
      assertMatch(stderr, /Unknown option '--quickly'.*--help says/);
    });
  }
});
