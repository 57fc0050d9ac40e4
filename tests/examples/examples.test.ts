import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { command, thisRuntime } from "../../support/runtimes.ts";

const folder = fileURLToPath(new URL("../../examples/", import.meta.url));

/** What each of them prints. Those that print twice do so from two processes. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  table: /^row 7: 100.55 \/ 100.6\nrow 9: 20.1 \/ 20.2\n3 changes, by feed and strategy\n$/,
  ring: /^1000000 trades, in order, volume 104500000\n$/,
  surviving_lock: /^the owner died by SIGKILL; reported: true; the other account has 30\n$/,
  kill_switch: /^trader: stopped, 1000 orders\nrisk: stopped after 1000 orders; the trader ended with 0\n$/,
  worker_pool: /^25997 primes below 300000, by [123] workers\n$/,
  feed: /^strategy: 500 ticks, highest 60500; .*\nfeed: 0 dropped; the strategy ended with 0\n$/,
};

/** What is no program of its own. */
const PARTS = ["exchange"];

const names = readdirSync(folder).filter((file) => file.endsWith(".ts")).map((file) => file.slice(0, -".ts".length));

describe("the ladder of examples", { timeout: 240_000 }, () => {
  // All at once: most of their time is the start of a runtime.
  const ended = new Map(Object.keys(PRINTED).map((name) => [name, run(name)]));

  for (const [name, printed] of Object.entries(PRINTED)) {
    it(`${name} does what it says`, async () => {
      const { code, output, errors } = await ended.get(name)!;
      assertEquals([code, errors], [0, ""]);
      assertMatch(output, printed);
    });
  }

  it("is short, imports the package only, and is listed", () => {
    assertEquals(names.sort(), [...Object.keys(PRINTED), ...PARTS].sort());
    const list = readFileSync(`${folder}README.md`, "utf8");
    for (const name of names) {
      const text = readFileSync(`${folder}${name}.ts`, "utf8");
      assertLess(text.split("\n").length - 1, 60, name);
      const imports = [...text.matchAll(/^import .* from "(.*)";$/gm)].map(([, from]) => from);
      const siblings = PARTS.map((part) => `./${part}.ts`);
      assertEquals(
        imports.filter((from) => from !== "@shmkit/shmkit" && !from.startsWith("node:") && !siblings.includes(from)),
        [],
        name,
      );
      assertEquals(list.includes(`(${name}.ts)`), true, `${name} is listed`);
    }
  });
});

/** Runs one in the runtime that runs the test. */
function run(name: string): Promise<{ code: number | null; output: string; errors: string }> {
  const { file, args } = command(thisRuntime, `${folder}${name}.ts`);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 240_000 });
  let output = "", errors = "";
  child.stdout.on("data", (data) => output += data);
  child.stderr.on("data", (data) => errors += data);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output, errors })));
}
