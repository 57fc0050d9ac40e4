import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { openDesk, ROLES } from "../../examples/desk/layout/desk.ts";
import { parseOptions } from "../../examples/desk/supervisor/desk_options.ts";
import { command, otherRuntime, thisRuntime } from "../../support/runtimes.ts";
import { until } from "../../support/until.ts";
import { captureText, UPDATES } from "./desk_capture.ts";
import { areGone, childrenOf, MAIN, Program, segmentOf, wordsOf } from "./desk_program.ts";

const DEMO = fileURLToPath(new URL("../../tasks/demo.ts", import.meta.url));

describe("the desk as a program", () => {
  afterEach(() => Program.killAll());

  it("runs on the built-in market, ends well, and leaves nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "shmkit-test-")), page = join(folder, "desk.html");
    try {
      const program = new Program("--seconds", "3", "--mix", "--html", page);
      // From its start on: its three seconds may be over before this process sees that it runs.
      let children: number[] = [];
      await until(() => (children = program.children()).length === ROLES.length, () => program.output);
      await program.runs();
      assertEquals(await program.ended(), 0, program.output);
      await areGone(children);
      for (const part of ["BTCUSDT", "gamma", "initial margin", "p99.9", "per second", "All is as it must be."]) {
        assert(program.output.includes(part), `${part} is missing: ${program.output}`);
      }
      const html = readFileSync(page, "utf8");
      assert(html.startsWith("<!doctype html>") && html.includes('"hedging"') && !/(src|href)="?http/.test(html));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("ends in order on a signal, with a summary", async () => {
    const program = new Program("--seconds", "60", "--seed", "3");
    await program.runs();
    const children = program.children();
    // The same signal twice, from a terminal and from a process that passes signals on. Not by the child's own `kill`,
    // see Peer.
    for (let i = 0; i < 2; i++) process.kill(program.child.pid!, "SIGINT");
    assertEquals(await program.ended(), 0, program.output);
    assert(program.output.includes("All is as it must be."), program.output);
    await areGone(children);
  });

  it("ends in order if its terminal is closed, or Ctrl-C comes while its processes start", async () => {
    const program = new Program("--seconds", "60");
    await program.runs();
    const children = program.children();
    process.kill(-program.child.pid!, "SIGHUP");
    assertEquals(await program.ended(), 0, program.output);
    await areGone(children);
    for (const ms of [100, 250, 450]) {
      const starting = new Program("--seconds", "60", "--json");
      await delay(ms);
      process.kill(-starting.child.pid!, "SIGINT");
      const code = await starting.ended();
      // Before it could do anything about it, it ends as any program does.
      if (starting.child.signalCode === "SIGINT") continue;
      const { verdict, complaints } = JSON.parse(starting.output);
      // Nothing may have been compared by then.
      assertEquals([code, complaints], [verdict === "right" ? 0 : 1, []], `after ${ms} ms: ${starting.output}`);
      assert(verdict === "right" || verdict === "unchecked", verdict);
    }
  });

  it("ends in order in the middle of a quiet spell", async () => {
    const folder = mkdtempSync(join(tmpdir(), "shmkit-test-")), lines = captureText().split("\n");
    try {
      const quiet = [...lines.slice(0, 10), lines[10].replace("1723161255", "1723162255")].join("\n");
      writeFileSync(join(folder, "quiet"), quiet);
      const program = new Program("--capture", join(folder, "quiet"), "--seconds", "600");
      await program.says(/\b([2-9]|\d\d) s: /);
      const asked = performance.now();
      process.kill(program.child.pid!, "SIGINT");
      assertEquals(await program.ended(), 0, program.output);
      assert(program.output.includes("All is as it must be."), program.output);
      assertLessOrEqual(performance.now() - asked, 120_000, "the quiet spell lasts 1000 s, the run 600 s");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("does not outlive the demo that started it", async () => {
    const { file, args } = command(thisRuntime, DEMO, ["--seconds", "60"]);
    const shell = spawn("sh", ["-c", `"$0" "$@" & echo $!; wait`, file, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    Program.running.add(shell);
    let output = "";
    shell.stdout.on("data", (data) => output += data);
    await until(() => output.includes("events "), () => output, 60_000);
    const pid = parseInt(output), text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    process.kill(shell.pid!, "SIGKILL");
    await areGone([pid, ...text.trim().split(" ").map(Number)]);
  });

  it("leaves no process if it is killed itself", async () => {
    const program = new Program("--seconds", "60");
    await program.runs();
    const children = program.children();
    process.kill(program.child.pid!, "SIGKILL");
    await areGone(children);
    await program.ended();
  });

  it("refuses what it does not understand", async () => {
    const cases = [
      ["--seconds", "soon"],
      ["--capture", "/nowhere"],
      ["--capture", "/tmp"],
      ["--capture", "/dev/null"],
      ["--html", "/nowhere/page.html"],
      ["--html", "/tmp"],
      ["--html", ""],
      ["--html", "/tmp/new/"],
      ["--seed", "1.5"],
      ["--wait", "long"],
      ["--nonsense"],
    ];
    for (const options of cases) {
      const { message } = assertThrows(() => parseOptions(options), Error);
      assert(/must be|Unknown option/.test(message), message);
    }
    const unknown = new Program("--nonsense");
    assertEquals(await unknown.ended(), 2, unknown.output);
    assert(/Unknown option.*--seconds N/s.test(unknown.output), unknown.output);
    const name = otherRuntime === "deno" ? "SHMKIT_DENO" : "SHMKIT_BUN";
    process.env[name] = "/nowhere";
    try {
      const program = new Program("--mix");
      assertEquals(await program.ended(), 2, program.output);
      assert(program.output.includes(`--mix must find both runtimes: Cannot find ${otherRuntime}`), program.output);
    } finally {
      delete process.env[name];
    }
  });

  it("takes parts of a recording from the standard input and a named pipe, in any order, and the one that reads them may die", async () => {
    const folder = mkdtempSync(join(tmpdir(), "shmkit-test-")), lines = captureText().trimEnd().split("\n");
    try {
      writeFileSync(join(folder, "later"), lines.slice(300).join("\n"));
      writeFileSync(join(folder, "sooner"), gzipSync(lines.slice(0, 300).join("\n")));
      // So slow that it goes on for seconds: a busy machine may let this process wait before it kills.
      const options = ["--capture", "-", "--capture", "pipe", "--json", "--speed", "0.15", "--seconds", "200"];
      const { file, args } = command(thisRuntime, MAIN, options);
      const script = `cd "$1"; shift; mkfifo pipe in; cat sooner > pipe & cat later > in & exec "$@" < in`;
      const shell = spawn("sh", ["-c", script, "sh", folder, file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
      Program.running.add(shell);
      let output = "";
      shell.stdout.on("data", (data) => output += data);
      const ended = once(shell, "close");
      {
        using segment = await segmentOf(shell);
        const desk = openDesk(segment);
        await until(() => desk.events.position > 20, () => "no events", 60_000);
      }
      const feeds = childrenOf(shell).filter((pid) => wordsOf(pid).some((word) => word.endsWith("/feed.ts")));
      assertEquals(feeds.length, 1);
      process.kill(feeds[0], "SIGKILL");
      await ended;
      const { checks, feed, deaths, complaints } = JSON.parse(output);
      assertEquals([deaths.length, complaints], [1, ["feed ended by itself: SIGKILL"]], output);
      assertEquals([feed.lines, checks.equalTops, checks.trades, checks.tradeHoles], [602, UPDATES, UPDATES, 0]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
