/**
 * Runs all tests: the suite under Bun and under Deno, a part of it under Node, the doc examples, `check` and `build`.
 *
 *     bun run test [--quick] [--only bun|deno|node|doc|check|build] [--soak deaths] [path …]
 *
 * `--only node` runs all that can run under Node. `--quick` leaves out the files that take more than a few seconds,
 * Node, the doc examples and the build. With `--soak 300` the tests that kill processes at random run alone, each with
 * that many deaths, before or at each of which a process is stopped for a moment: some 9000 deaths and as many stops.
 * Paths are test files or folders of them; with paths, only the two suites run. With SHMKIT_JSR=1 the Deno side uses
 * JSR's own @std/assert instead of the stand-in in `tests/std_assert/`, which stays in use under Bun.
 *
 * @module
 */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { nodeFlags, runtimes } from "../support/runtimes.ts";
import { build } from "./build.ts";
import { checks } from "./check.ts";
import { EMPTY_REPORT, firstLines, readReport } from "./junit.ts";
import { root, succeeds, succeedsQuietly, WIDTH } from "./project.ts";
import { skipReason } from "./skip_reasons.ts";
import { taskArgs } from "./support/task_args.ts";

const PARTS = ["bun", "deno", "node", "doc", "check", "build"];

/** Tests that kill processes at random: of every lock, by all ways to take it, and of every channel. */
const SOAKED = [
  "sync/kill",
  "sync/kill_parts",
  ...["spsc_ring", "mpmc_queue", "byte_ring", "pipeline", "broadcast", "latest_table"].map((name) =>
    `channel/${name}_processes`
  ),
  "channel/broadcast_many",
  "channel/latest_table_changes",
];

/** How many of their files run at a time: each spends part of its time waiting for processes to begin or to end. */
const SOAKED_AT_ONCE = 6;

const { values: { quick, only, soak }, positionals: paths } = taskArgs({
  options: { quick: { type: "boolean" }, only: { type: "string", multiple: true }, soak: { type: "string" } },
  allowPositionals: true,
});
if (soak !== undefined) {
  if (!/^[1-9][0-9]*$/.test(soak)) {
    console.error(`Cannot soak the parts as --soak must be a number of deaths: received ${soak}`);
    process.exit(2);
  }
  process.env.SHMKIT_SOAK = soak;
  if (paths.length === 0) paths.push(...SOAKED.map((name) => `tests/${name}.test.ts`));
}
if (only?.some((part) => !PARTS.includes(part))) {
  console.error(`Cannot choose --only ${only.join(" --only ")}: the parts are ${PARTS.join(", ")}`);
  process.exit(2);
}

/**
 * Tests that want both processors at the same moment, or much of the memory. All others wait for what they judge,
 * however long it takes: both runtimes run them side by side, as they run soaks.
 */
const ALONE = /^tests\/(atomic\/|memory\/create\.)/;

/**
 * Tests with the same result under every runtime: they explore code by themselves (one compares its counts with those
 * of the other runtime), or start processes of both runtimes in any case. And the tasks, which run under Bun.
 */
const BUN_ONLY =
  /^tests\/(tasks\/|model\/(?!(segment_)?kills\.)|desk\/(desk_captures|desk_verdicts|desk_chaos|html_page)\.|interop\/(example|format|joining)\.)/;

/** What Node runs by default: its calls of C, its waits, and a table in pairs with the other runtimes. */
const NODE_SAMPLE =
  /^tests\/(ffi\/(calls|errno|load)|atomic\/futex|memory\/(create|permissions|workers)|sync\/worker|channel\/latest_table_processes|wait\/channels)\.test/;

/** Tests that Node does not run: the desk is a program for the other two. */
const NOT_IN_NODE = /^tests\/desk\//;

/** Tests that also run with makers that are not copied: of all parts that have makers, in one process. */
const UNSPECIALIZED =
  /^tests\/(atomic\/specialize|channel\/(\w+_(next|reader|places|refusals)|broadcast|byte_ring|latest_table|mpmc_queue|pipeline|spsc_ring)|sync\/(locks|corrupt|refusals))\.test/;

/** Tests that take long: of many processes, deaths, hours of a market, every schedule. */
const SLOW =
  /(_(processes|garbage|captures|chaos|deaths|changes|many)|kill\w*|model\/\w+|desk|desk_verdicts|html_page|mutations|junit|comment_rule|litmus|futex|load|races|close|create|options|reload|interleavings|byte_ring|fuzz|stay|steps|parts|counter|death|wait\/(processes|others|locks)|cli\/(list|inspect|no_segments|top)|joining)\.test\.ts$/;

/** Before the lines of a failed test's message, at the end. */
const MARGIN = " ".repeat(6);

const total = { passed: 0, failed: 0 };
const skipped: string[] = [];
const failed: string[] = [];

const allFiles = globSync("tests/**/*.test.ts", { cwd: root }).filter((file) => quick !== true || !SLOW.test(file))
  .sort();
const files = paths.length === 0 ? allFiles : allFiles.filter((file) => {
  return paths.map((path) => path.replace(/^\.\/|\/$/g, "")).some((path) =>
    file === path || file.startsWith(`${path}/`)
  );
});
const denoFiles = files.filter((file) => !BUN_ONLY.test(file));
if (files.length === 0) {
  console.error(`Cannot test ${paths.join(", ")} as there are no tests: name files such as ${allFiles[0]}, or folders`);
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), "shmkit-test-"));
const soakLog = soak === undefined ? undefined : join(scratch, "soak");
if (soakLog !== undefined) {
  process.env.SHMKIT_SOAK_LOG = soakLog;
  writeFileSync(soakLog, "");
}
const configs = denoConfigs();
const docFiles = ["mod.ts", "ffi", "lib", "README.md"].filter((path) => existsSync(join(root, path)));

try {
  const isAlone = (file: string) => quick !== true && ALONE.test(file), isBeside = (file: string) => !isAlone(file);
  if (soakLog !== undefined) await soakAll(soakLog);
  else {
    await Promise.all([
      bunSuite("Bun, beside Deno", files.filter(isBeside), true),
      denoSuite("Deno, beside Bun", denoFiles.filter(isBeside), true),
    ]);
    await bunSuite("Bun", files.filter(isAlone));
    if (paths.length === 0 && quick !== true) {
      await bunSuite("Bun, makers not copied", allFiles.filter((file) => UNSPECIALIZED.test(file)));
    }
    await denoSuite("Deno", denoFiles.filter(isAlone));
    await nodeSuite(files.filter(isForNode));
  }
  if (wants("doc")) {
    const flags = ["test", "--doc", "--allow-all", ...configs];
    await suite("Doc examples", runtimes.deno, (report) => [...flags, `--junit-path=${report}`], docFiles);
  }
  if (wants("check")) {
    console.log("\n── Check");
    for (const { name, run } of checks) step(name, await run());
  }
  if (wants("build")) {
    console.log("\n── Build");
    step("build", await build().catch((error) => (console.error(error), false)));
  }
} finally {
  rmSync(scratch, { recursive: true });
  for (const flag of configs) rmSync(flag.replace("--config=", ""));
}

if (skipped.length > 0) console.log(`\nSkipped:\n  ${skipped.join("\n  ")}`);
if (failed.length > 0) console.log(`\nFailed:\n  ${failed.join("\n  ")}`);
const others = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${others}`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

function wants(part: string): boolean {
  if (only !== undefined && !only.includes(part)) return false;
  if (part === "bun" || part === "deno") return true;
  if (part === "node") return quick !== true || only !== undefined;
  return paths.length === 0 && (quick !== true || part === "check");
}

/** Each file by a runner of its own, a few at a time, and what was killed and stopped in all. */
async function soakAll(log: string) {
  const start = performance.now(),
    jobs = files.flatMap((file) => [
      () => bunSuite(`Bun, ${file.replace(/.*\//, "")}`, [file], true),
      () => denoSuite(`Deno, ${file.replace(/.*\//, "")}`, [file], true),
    ]);
  const work = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job();
  };
  await Promise.all(Array.from({ length: SOAKED_AT_ONCE }, work));
  const events = readFileSync(log, "latin1").trim().split("\n").map((line) => line.split(" "));
  const count = (what: string, runtime: string, script?: string) =>
    events.filter((one) => one[1] === what && one[2] === runtime && one[0] === (script ?? one[0])).length;
  const row = (name: string, script?: string) => {
    const [bun, deno, bunStopped, denoStopped] = ["killed", "stopped"].flatMap((what) =>
      ["bun", "deno"].map((runtime) => count(what, runtime, script))
    );
    console.log(`| ${name} | ${bun} | ${deno} | ${bunStopped} | ${denoStopped} |`);
  };
  console.log(`\nIn ${((performance.now() - start) / 60_000).toFixed(1)} minutes:\n`);
  console.log(
    "| processes of | killed, Bun | killed, Deno | stopped, Bun | stopped, Deno |\n| --- | --- | --- | --- | --- |",
  );
  for (const script of [...new Set(events.map(([script]) => script))].sort()) row(script, script);
  row("all");
}

async function bunSuite(title: string, chosen: string[], isBeside = false) {
  if (!wants("bun") || chosen.length === 0) return;
  // Bun alone has a default limit, of 5 s a test.
  const flags = ["test", `--timeout=${soak === undefined ? 240_000 : 3_600_000}`, "--reporter=junit"];
  if (title.endsWith("not copied")) flags.push("--preload=./support/unspecialized.ts");
  await suite(title, runtimes.bun, (report) => [...flags, `--reporter-outfile=${report}`], chosen, isBeside);
}

async function denoSuite(title: string, chosen: string[], isBeside = false) {
  if (!wants("deno") || chosen.length === 0) return;
  // Types are `check`'s.
  const flags = ["test", "--allow-all", "--no-check", ...configs];
  await suite(title, runtimes.deno, (report) => [...flags, `--junit-path=${report}`], chosen, isBeside);
}

/** Each file in a process of its own, one after another. */
async function nodeSuite(chosen: string[]) {
  if (!wants("node") || chosen.length === 0) return;
  const flags = [...nodeFlags, "--test", "--test-concurrency=1", "--test-reporter=spec"];
  flags.push("--test-reporter-destination=stdout", "--test-reporter=./support/node_report.mjs");
  await suite("Node", runtimes.node, (report) => [...flags, `--test-reporter-destination=${report}`], chosen);
}

/** Whether Node runs a file: all that it can if it is asked for, and otherwise a sample. */
function isForNode(file: string): boolean {
  const isAsked = only?.includes("node") === true;
  return !BUN_ONLY.test(file) && !NOT_IN_NODE.test(file) && (isAsked || (paths.length === 0 && NODE_SAMPLE.test(file)));
}

/** Runs a test runner over files or folders. A runner that ends badly or runs no test counts as failed. */
async function suite(
  title: string,
  runner: string,
  flags: (report: string) => string[],
  chosen: string[],
  isBeside = false,
) {
  const path = join(scratch, `${title}.xml`);
  // Bun takes a name without "./" for a pattern.
  const command = [runner, ...flags(path), ...chosen.map((file) => `./${file}`)] as const, heading = `\n── ${title}`;
  if (!isBeside) console.log(heading);
  const succeeded = await (isBeside ? succeedsQuietly(heading, ...command) : succeeds(...command));
  const report = existsSync(path) ? readReport(readFileSync(path, "utf8")) : EMPTY_REPORT;
  const problems: string[] = [];
  if (!succeeded) {
    // Bun's and Deno's runners report no file that they could not load.
    problems.push(...chosen.filter((file) => isTest(file) && !report.files.has(file)));
    if (problems.length + report.failed.length === 0) problems.push("the runner failed although no test did");
  } else if (report.passed.length + report.failed.length === 0) problems.push("no test was run");
  for (const { name, text } of report.failed) {
    failed.push([`${title}: ${name}`, ...firstLines(text, WIDTH - MARGIN.length)].join(`\n${MARGIN}`));
  }
  for (const name of problems) failed.push(`${title}: ${name.replace(/\.test\.ts$/, "$& reported no test")}`);
  total.passed += report.passed.length;
  total.failed += report.failed.length + problems.length;
  skipped.push(
    ...report.skipped.map((name) =>
      `${title}: ${name}: ${skipReason(name, chosen.filter(isTest).map((file) => root + file))}`
    ),
  );
}

function isTest(file: string): boolean {
  return file.endsWith(".test.ts");
}

function step(name: string, holds: boolean): void {
  console.log(`${holds ? "ok  " : "FAIL"} ${name}`);
  if (!holds) failed.push(name);
  total[holds ? "passed" : "failed"]++;
}

/** Deno's configuration without the stand-in, if asked for. It lies beside `deno.json`, whose paths it shares. */
function denoConfigs(): string[] {
  if (process.env.SHMKIT_JSR !== "1") return [];
  const config = JSON.parse(readFileSync(`${root}deno.json`, "utf8"));
  config.imports["@std/assert"] = "jsr:@std/assert@^1";
  const path = `${root}deno.jsr.json`;
  writeFileSync(path, JSON.stringify(config));
  return [`--config=${path}`];
}
