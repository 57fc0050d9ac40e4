import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { optionTermsOf } from "../../examples/desk/instrument/instrument_model.ts";
import { modelOf } from "../../examples/desk/instrument/model_of.ts";
import { ROLES } from "../../examples/desk/layout/desk.ts";
import { scenarioMargin } from "../../examples/desk/risk/scenario_margin.ts";
import { command, otherRuntime, thisRuntime } from "../../support/runtimes.ts";
import { countOn, restartedText } from "./binance_lines.ts";
import { OkxLines } from "./okx_lines.ts";
import { bookLines, captureText, tickerLine, UPDATES } from "./desk_capture.ts";

const MAIN = fileURLToPath(new URL("../../examples/desk/main.ts", import.meta.url));

const DEMO = fileURLToPath(new URL("../../tasks/demo.ts", import.meta.url));

/** A desk that runs as a program of its own. */
class Program {
  static readonly running = new Set<ChildProcess>();
  readonly child: ChildProcess;
  #output = "";
  readonly #closed: Promise<unknown>;

  constructor(...options: readonly string[]) {
    const { file, args } = command(thisRuntime, MAIN, options);
    this.child = spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
      detached: true, // a group of its own, as a terminal makes
    });
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

/** Runs a desk on a made-up capture, unless told as fast as it goes. */
async function replay(
  text: string | Uint8Array,
  options = ["--speed", "max"],
  use: (program: Program) => Promise<void> = () => Promise.resolve(),
): Promise<{ code: number | null; output: string; ms: number }> {
  const folder = mkdtempSync(join(tmpdir(), "shmkit-test-")), start = performance.now();
  try {
    writeFileSync(join(folder, "capture.jsonl"), text);
    const program = new Program("--capture", join(folder, "capture.jsonl"), "--json", ...options);
    await use(program);
    return { code: await program.ended(), output: program.output, ms: performance.now() - start };
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

  it("ends in order if its terminal is closed, or Ctrl-C comes while its processes start", async () => {
    const program = new Program("--seconds", "60");
    await program.says("events ");
    const children = program.children();
    process.kill(-program.child.pid!, "SIGHUP");
    assertEquals(await program.ended(), 0, program.output);
    await areGone(children);
    for (const ms of [50, 150, 250, 350, 500]) {
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
    const lines = captureText().split("\n");
    const quiet = [...lines.slice(0, 10), lines[10].replace("1723161255", "1723161355")].join("\n");
    const { code, output, ms } = await replay(quiet, [], async (program) => {
      await delay(2000);
      process.kill(program.child.pid!, "SIGINT");
    });
    const { ok, feed } = JSON.parse(output);
    assertEquals([code, ok, feed.isComplete], [0, true, false], output);
    assertLessOrEqual(feed.events, 10);
    assert(ms < 10_000, `it took ${ms} ms`);
    // An hour and more is no spell: the recorder's clock jumped.
    const jumping = lines.map((line, i) => i === 10 ? line.replace("1723161255", "2000000000") : line).join("\n");
    const jumped = JSON.parse((await replay(jumping, ["--seconds", "60"])).output);
    assertEquals([jumped.ok, jumped.feed.jumps, jumped.feed.receivedBackwards], [true, 1, 1]);
    assertEquals([jumped.feed.isComplete, jumped.checks.equalTops], [true, UPDATES]);
  });

  it("does not outlive the demo that started it", async () => {
    const { file, args } = command(thisRuntime, DEMO, ["--seconds", "60"]);
    const shell = spawn("sh", ["-c", `"$0" "$@" & echo $!; wait`, file, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    Program.running.add(shell);
    let output = "";
    shell.stdout.on("data", (data) => output += data);
    const deadline = performance.now() + 60_000;
    while (!output.includes("events ")) {
      assert(performance.now() < deadline, output);
      await delay(20);
    }
    const pid = parseInt(output), text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    process.kill(shell.pid!, "SIGKILL");
    await areGone([pid, ...text.trim().split(" ").map(Number)]);
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
      const program = new Program(...options);
      assertEquals(await program.ended(), 2, program.output);
      assert(/must be|Unknown option/.test(program.output), program.output);
    }
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

  it("tells what it found even if its page cannot be written", async () => {
    const program = new Program("--seconds", "0.5", "--html", "/dev/full");
    assertEquals(await program.ended(), 1, program.output);
    assert(program.output.includes("All is as it must be."), program.output);
    assert(program.output.includes("Cannot write /dev/full"), program.output);
  });

  it("checks itself: a capture that is right, one with faults, one that says something else", async () => {
    const right = await replay(captureText());
    assertEquals(right.code, 0, right.output);
    const { ok, checks, feed, books, channels } = JSON.parse(right.output);
    assertEquals([ok, checks.tops, checks.equalTops, checks.trades], [true, UPDATES, UPDATES, UPDATES]);
    assertEquals([feed.isComplete, feed.broken, books.valid, channels[0].messages], [true, 0, 1, 3 * UPDATES + 2]);

    const lost = await replay(captureText({ broken: 20, gap: 100 })), faulty = JSON.parse(lost.output);
    assertEquals([lost.code, faulty.ok, faulty.verdict, faulty.complaints], [1, false, "unchecked", []]);
    assertEquals(faulty.notCompared, ["1 book without a snapshot since a gap: BTCUSDT"]);
    assertEquals([faulty.feed.broken, faulty.checks.depth.gap, faulty.books], [1, 1, { valid: 0, of: 1 }]);
    assertEquals([faulty.checks.tops, faulty.checks.equalTops, faulty.checks.trades], [99, 99, UPDATES]);
    const [{ kind, count, reason, example }, ...others] = faulty.reasons;
    assertEquals([kind, count, reason, others], ["broken", 1, "it must be whole JSON", []]);
    assert(/^capture.jsonl:\d+: \d+ \{"stream":"btcusdt@depth$/.test(example), example);

    const anew = await replay(
      restartedText((lines) => countOn(lines.snapshot(5, [["200", "1"]], [["201", "1"]]), 6, 100)),
    );
    const restarted = JSON.parse(anew.output), { depth, tops, equalTops } = restarted.checks;
    assertEquals(
      [depth.restarted, depth.stale, restarted.books.valid, tops, equalTops],
      [1, 0, 1, 150, 150],
      anew.output,
    );

    const wrong = await replay(captureText({ wrongTop: 50 })), found = JSON.parse(wrong.output);
    assertEquals([wrong.code, found.ok, found.checks.equalTops], [1, false, UPDATES - 1]);
    assertGreater(found.complaints.length, 0);
  });

  it("does not vouch for what it could not check, unless that is meant", async () => {
    const text = captureText(), snapshot = /^.*lastUpdateId.*\n/m;
    const cases: Record<string, readonly [string | Uint8Array, RegExp]> = {
      "an empty file": ["", /1 capture without a market's event/],
      "broken packing": [new Uint8Array([0x1f, 0x8b, 1, 2, 3, 4]), /1 capture without/],
      "another exchange": [`1618677786.79: {"topic":"trade.X","data":[1]}\n`.repeat(3), /1 capture without/],
      "no snapshot": [text.replace(snapshot, ""), /1 book without a snapshot: BTCUSDT/],
      "a broken snapshot": [text.replace(/"asks":.*/, `"as`), /1 book without a snapshot: BTCUSDT/],
      "nothing to compare with": [
        text.replace(/^.*bookTicker.*\n/gm, ""),
        /1 book of which the exchange told nothing to compare: BTCUSDT/,
      ],
      "trades alone": [text.replace(/^.*(bookTicker|depth|lastUpdateId).*\n/gm, ""), /^$/],
    };
    for (const [what, [text, notCompared]] of Object.entries(cases)) {
      const isMeant = what === "no snapshot" || what === "trades alone";
      const { code, output } = await replay(text, ["--speed", "max", ...(isMeant ? ["--unchecked"] : [])]);
      const { verdict, ok, complaints, notCompared: told } = JSON.parse(output);
      assertEquals([what, code, verdict, ok, complaints], [what, isMeant ? 0 : 1, "unchecked", false, []]);
      assert(notCompared.test(told.join("; ")), `${what}: ${told}`);
    }
    const folder = mkdtempSync(join(tmpdir(), "shmkit-test-"));
    try {
      writeFileSync(join(folder, "other"), cases["another exchange"][0]);
      const program = new Program("--capture", join(folder, "other"), "--speed", "max");
      assertEquals(await program.ended(), 1);
      const said = [
        "Nothing could be checked.",
        `no known exchange: it begins with "topic"`,
        `other:1: 1618677786.79: {"topic"`,
      ];
      for (const part of said) assert(program.output.includes(part), `${part} is missing: ${program.output}`);
      assert(!program.output.includes("All is as it must be."), program.output);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("checks OKX's books by their checksums, and says which did not match", async () => {
    const lines = (isWrong: boolean) => {
      const lines = new OkxLines("BTC-USD-SWAP", false).book("snapshot", [["100.5", "30"]], [["101", "10.0"]]);
      for (let i = 1; i <= 50; i++) {
        const rest = isWrong && i === 40 ? { checksum: 1 } : {};
        lines.book("update", [[`${100 - i % 7}.50`, `${i % 5}`]], [["101.0", `${i}`]], rest).trades(4 * i, "2");
      }
      return lines.text;
    };
    const right = await replay(lines(false)), { ok, checks, compared, futures } = JSON.parse(right.output);
    assertEquals([right.code, ok, compared], [0, true, ["51 of 51 checksums of books match"]], right.output);
    assertEquals([checks.checksums, checks.equalChecksums, futures[0].name], [51, 51, "BTC-USD-SWAP"]);
    const wrong = await replay(lines(true)), found = JSON.parse(wrong.output);
    assertEquals([wrong.code, found.verdict, found.books.valid], [1, "wrong", 0]);
    assertEquals(found.complaints[0], "1 of 41 checksums of books do not match");
    assert(/^BTC-USD-SWAP: at 2022-05-13T16:.*checksum 1 /.test(found.complaints[1]), found.complaints[1]);
  });

  const skip = thisRuntime === "deno" &&
    "under Deno this prints nothing: the cause is not known";
  it("takes parts of a recording from the standard input and a named pipe, in any order, and a process may die", {
    skip,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "shmkit-test-")), lines = captureText().trimEnd().split("\n");
    try {
      writeFileSync(join(folder, "later"), lines.slice(300).join("\n"));
      writeFileSync(join(folder, "sooner"), gzipSync(lines.slice(0, 300).join("\n")));
      const options = ["--capture", "-", "--capture", "pipe", "--json", "--chaos", "--speed", "0.3", "--seconds", "20"];
      const { file, args } = command(thisRuntime, MAIN, options);
      const script = `cd "$1"; shift; mkfifo pipe; cat sooner > pipe & cat later | "$@"`;
      const shell = spawn("sh", ["-c", script, "sh", folder, file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
      Program.running.add(shell);
      let output = "";
      shell.stdout.on("data", (data) => output += data);
      await once(shell, "close");
      const { ok, checks, feed, deaths, complaints } = JSON.parse(output);
      assertEquals([shell.exitCode, ok, complaints], [0, true, []], output);
      assertEquals([feed.lines, checks.equalTops, checks.trades, checks.tradeHoles], [602, UPDATES, UPDATES, 0]);
      assertGreater(deaths.length, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("hedges the options of the future's coin, and no others", async () => {
    const [first, ...rest] = captureText().split("\n"), names = ["ETH-27SEP24-2600-C", "BTC-27SEP24-60000-C"];
    const tickers = [tickerLine(1723161255, names[0], 2600, 0.7), tickerLine(1723161255, names[1], 60_000, 0.6)];
    const { code, output } = await replay([first, ...tickers, ...rest].join("\n"));
    const { ok, options, futures, standing, checks } = JSON.parse(output);
    assertEquals([code, ok, checks.greeks, checks.greeksWithin], [0, true, 2, 2], output);
    const deltas = names.map((name) => {
      const { held, delta } = options.find((option: { name: string }) => option.name === name);
      return held * delta;
    });
    assert(deltas[0] < -10 && deltas[1] > 2, `${deltas}`);
    assertAlmostEquals(futures[0].held + deltas[1], 0, 0.1);
    assertAlmostEquals(standing.delta, deltas[0], 0.01, "of the coin that is furthest off");
  });

  it("accounts for contracts and options by what they are, and leaves alone what it does not know", async () => {
    const [first, ...rest] = captureText().replaceAll("BTCUSDT", "BTCUSD_PERP").replaceAll(`"0.500"`, `"1"`).split(
      "\n",
    );
    const option = "BTC_USDC-27SEP24-110-C", forward = 100;
    const others = ["BTC-FS-27DEC24_PERP", "BTC_USDC", "BTC-31FEB25", "BTC-1NOV24-1x-C"];
    const text = [
      first,
      ...others.flatMap((name, i) => bookLines(1723161255, name, i === 0 ? -7 : 5, i === 0 ? -3.5 : 6)),
      ...bookLines(1723161255, option, 0.01, 0.02),
      tickerLine(1723161255.1, option, forward, 0.6),
      ...rest,
    ].join("\n");
    const { code, output } = await replay(text), found = JSON.parse(output);
    assertEquals([code, found.complaints, found.feed.broken], [0, [], 0], output);
    assertEquals(found.instruments.kinds, { inversePerpetual: 1, combo: 1, spot: 1, unknown: 2, linearOption: 1 });
    assertEquals(found.instruments.notValued.map(({ name }: { name: string }) => name), others);
    assertEquals([found.checks.greeks, found.checks.greeksWithin, found.books.valid], [1, 1, 6]);
    const { futures: [future], options: [priced], standing, checks } = found;
    assertEquals(future.name, "BTCUSD_PERP", "nothing else hedges");
    // Every fourth of 200 trades is a client's, who sells one contract of 100 dollars: a coin, at that price.
    assertEquals(checks.future.clients, UPDATES / 4);
    const { delta, price, held } = priced, coins = future.held * 100 / 100.05;
    assertEquals(held, 5);
    assertAlmostEquals(price, priced.mark, 1e-9);
    assert(delta > 0.1 && delta < 0.4, `${delta}`);
    assertLessOrEqual(Math.abs(coins + held * delta), 1.01, "what is left is less than a contract");
    assertAlmostEquals(standing.delta, coins + held * delta, 1e-9);
    const terms = optionTermsOf(modelOf(option, "deribit"));
    const exposures = [
      { quantity: coins, forward: 100.05 },
      { quantity: held, forward: priced.forward, option: terms, volatility: 0.6 },
    ];
    assertAlmostEquals(standing.maintenanceMargin, scenarioMargin(exposures, UPDATES).maintenance, 1e-6);
    assertLessOrEqual(Math.abs(standing.profit), 50, "contracts are not coins");
  });

  it("has room for as many instruments as it says, and leaves out others", async () => {
    // All count with the same numbers, so each snapshot must say whose it is.
    const five = captureText().replace(`"lastUpdateId"`, `"symbol":"BTCUSDT","lastUpdateId"`).split("\n").slice(0, 5);
    const lines = Array.from(
      { length: 140 },
      (_, i) => five.map((line) => line.replaceAll("BTCUSDT", `SYM${i}USDT`)),
    ).flat();
    const { code, output } = await replay(lines.join("\n")), { feed, books } = JSON.parse(output);
    assertEquals([code, feed.lines, feed.refused, books.valid, books.of], [0, 700, 60, 128, 128], output);
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
