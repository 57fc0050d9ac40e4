import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ROLES } from "../../examples/desk/layout/desk.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { captureText, UPDATES } from "./desk_capture.ts";

const MAIN = fileURLToPath(new URL("../../examples/desk/main.ts", import.meta.url));

/** A desk that runs as a program of its own. */
class Program {
  static readonly running = new Set<ChildProcess>();
  readonly child: ChildProcess;
  #output = "";
  readonly #closed: Promise<unknown>;

  constructor(...options: readonly string[]) {
    const { file, args } = command(thisRuntime, MAIN, options);
    this.child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
    Program.running.add(this.child);
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on("data", (data) => this.#output += data);
    this.#closed = once(this.child, "close").then(() => Program.running.delete(this.child));
  }

  get output(): string {
    return this.#output;
  }

  async ended(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  async says(what: string): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!this.output.includes(what)) {
      if (performance.now() > deadline) throw new Error(`It never said ${what}: ${this.output}`);
      await delay(20);
    }
  }

  /** The processes that it started. */
  children(): number[] {
    const { pid } = this.child, text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter((part) => part !== "").map(Number);
  }
}

async function areGone(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (pids.some((pid) => existsSync(`/proc/${pid}`))) {
    if (performance.now() > deadline) throw new Error(`Processes are left: ${pids}`);
    await delay(50);
  }
}

/** Runs a desk on a made-up capture. */
async function replay(text: string): Promise<{ code: number | null; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), "shmkit-test-"));
  try {
    writeFileSync(join(folder, "capture.jsonl"), text);
    const program = new Program("--capture", join(folder, "capture.jsonl"), "--speed", "max", "--json");
    return { code: await program.ended(), output: program.output };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the desk as a program", () => {
  afterEach(() => {
    for (const child of Program.running) child.kill("SIGKILL");
  });

  it("runs on the built-in market, ends well, and leaves nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "shmkit-test-")), page = join(folder, "desk.html");
    try {
      const program = new Program("--seconds", "1.5", "--mix", "--html", page);
      await program.says("events ");
      const children = program.children();
      assertEquals(children.length, ROLES.length);
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
    await program.says("events ");
    const children = program.children();
    // As a terminal and whoever passes signals on do: the same one twice. Not by the child's own `kill`, see Peer.
    for (let i = 0; i < 2; i++) process.kill(program.child.pid!, "SIGINT");
    assertEquals(await program.ended(), 0, program.output);
    assert(program.output.includes("All is as it must be."), program.output);
    await areGone(children);
  });

  it("leaves no process if it is killed itself", async () => {
    const program = new Program("--seconds", "60");
    await program.says("events ");
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
      ["--html", "/nowhere/page.html"],
      ["--html", "/tmp"],
      ["--wait", "long"],
      ["--nonsense"],
    ];
    const programs = cases.map((options) => new Program(...options));
    for (const program of programs) {
      assertEquals(await program.ended(), 2, program.output);
      assert(/must be|Unknown option/.test(program.output), program.output);
    }
  });

  it("checks itself: a capture that is right, one with faults, one that says something else", async () => {
    const right = await replay(captureText());
    assertEquals(right.code, 0, right.output);
    const { ok, checks, feed, books, channels } = JSON.parse(right.output);
    assertEquals([ok, checks.tops, checks.equalTops, checks.trades], [true, UPDATES, UPDATES, UPDATES]);
    assertEquals([feed.isComplete, feed.broken, books.valid, channels[0].messages], [true, 0, 1, 3 * UPDATES + 2]);

    const faulty = JSON.parse((await replay(captureText({ broken: 20, gap: 100 }))).output);
    assertEquals([faulty.ok, faulty.feed.broken, faulty.checks.depth.gap, faulty.books.valid], [true, 1, 1, 0]);
    assertEquals([faulty.checks.tops, faulty.checks.equalTops, faulty.checks.trades], [99, 99, UPDATES]);

    const wrong = await replay(captureText({ wrongTop: 50 })), found = JSON.parse(wrong.output);
    assertEquals([wrong.code, found.ok, found.checks.equalTops], [1, false, UPDATES - 1]);
    assertGreater(found.complaints.length, 0);
  });

  it("the kill switch stops orders within one message", async () => {
    const options = ["--seconds", "2", "--speed", "20", "--stop-after", "1", "--json"],
      program = new Program(...options);
    assertEquals(await program.ended(), 0, program.output);
    const { limits, checks: { orders, wrongPositions } } = JSON.parse(program.output);
    assertEquals([limits.isStopped, wrongPositions], [true, 0]);
    assertGreater(orders.filled, 5);
    assertLessOrEqual(orders.sentAfterStop, 1);
    assertLessOrEqual(orders.filledAfterStop, 1);
  });
});
