import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Segment } from "@shmkit/shmkit";
import { TopState } from "../../lib/cli/top/top_state.ts";
import { topView } from "../../lib/cli/top/top_view.ts";
import { descriptorsOf } from "../../support/descriptors.ts";
import { Peer } from "../../support/peer.ts";
import { command, otherRuntime, thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { until } from "../../support/until.ts";
import { TerminalScreen } from "../desk/terminal_screen.ts";
import { shmkit, shmkitJson } from "./command.ts";

const PEER = new URL("./segment_peer.ts", import.meta.url);
const hasScript = spawnSync("script", ["--version"]).status === 0;

/** `shmkit top` on a terminal, as `script` makes one. */
class Terminal {
  readonly #child;
  readonly #rows: number;
  readonly #columns: number;
  #written = "";

  constructor(rows: number, columns: number, args: readonly string[]) {
    const main = fileURLToPath(new URL("../../lib/cli/main.ts", import.meta.url));
    const { file, args: all } = command(thisRuntime, main, ["top", "--interval", "50", ...args]);
    const words = [file, ...all].map((word) => `'${word}'`).join(" ");
    this.#rows = rows;
    this.#columns = columns;
    this.#child = spawn("script", ["-qec", `stty rows ${rows} cols ${columns}; exec ${words}`, "/dev/null"]);
    this.#child.stdout.on("data", (data) => this.#written += data);
  }

  /** What is seen now. */
  get text(): string {
    const screen = new TerminalScreen(this.#rows, this.#columns);
    screen.write(this.#written);
    // Nothing is pushed out of sight, and no line runs over into the next.
    assertEquals(screen.scrolled, "");
    return screen.text;
  }

  press(keys: string): void {
    this.#child.stdin.write(keys);
  }

  async sees(pattern: RegExp): Promise<string> {
    await until(() => pattern.test(this.text), () => `${pattern} is not in:\n${this.text}`, 60_000);
    return this.text;
  }

  /** Leaves it. @returns What was written to the terminal last. */
  async quit(): Promise<string> {
    this.press("q");
    const [code] = await once(this.#child, "close");
    assertEquals(code, 0);
    return this.#written.slice(-40);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** The descriptors by which a process has a segment open, according to `/proc`. */
function openedBy(pid: number, name: string): string[] {
  return descriptorsOf(pid, (path) => path === `/dev/shm${name}`)
    .map((fd) => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"));
}

describe("shmkit top", () => {
  it("prints rates, depths, lags, contention and processor time where there is no terminal", () =>
    withName(async (name) => {
      const peer = Peer.start(otherRuntime, PEER, [name]);
      try {
        await peer.next();
        peer.send("write");
        const { code, json } = await shmkitJson(["top", name, "--interval", "100"]);
        assertEquals([code, json.segments], [0, [name]]);
        // deno-lint-ignore no-explicit-any -- what the test looks into
        const found = (wanted: string) => json.objects.find((one: any) => one.name === wanted);
        assertEquals([found("ticks").state.depth, found("ticks").state.refused], [4, 1]);
        assertEquals(found("events").slowest, { name: "book", lag: 2 });
        assertEquals([found("lock").contendedPerSecond, found("lock").holders[0].isAlive], [0, true]);
        assertEquals(typeof found("quotes").perSecond, "number");
        assert(json.participants[0].cpu >= 0);
        const { out } = await shmkit(["top", name, "--interval", "50"]);
        assertMatch(out, /ticks +SpscRing +0 +4\/4/);
      } finally {
        peer.kill();
      }
    }));

  it("says why there is nothing to watch", () =>
    withName(async (name) => {
      writeFileSync(`/dev/shm${name}`, "somebody else's");
      const [foreign, missing] = await Promise.all([
        shmkit(["top", name, "--interval", "20"]),
        shmkit(["top", `${name}-not`, "--interval", "20", "--json"]),
      ]);
      assertEquals([foreign.code, missing.code], [1, 1]);
      assertMatch(foreign.out, /no segment .*\nCannot open segment .* as it was not made by shmkit/);
      assertEquals(JSON.parse(missing.out).segments, []);
    }));

  it("can only read, takes no slot and no lock, and changes no byte", () =>
    withName(async (name) => {
      const peer = Peer.start(otherRuntime, PEER, [name]);
      const main = fileURLToPath(new URL("../../lib/cli/main.ts", import.meta.url));
      await peer.next();
      using _last = Segment.open(name, { role: "last" }); // none of the segment's two slots is free now
      const start = readFileSync(`/dev/shm${name}`);
      const { file, args } = command(thisRuntime, main, ["top", name, "--json", "--interval", "20", "--count", "5000"]);
      const top = spawn(file, args);
      try {
        for (let looks = 0; looks < 5; looks++) {
          const [text] = await once(top.stdout, "data"), pid = top.pid!, opened = openedBy(pid, name);
          assertStringIncludes(String(text), '"segment"');
          assertEquals(opened.length, 1);
          // The last digit of the flags says how it was opened, and locks of any kind would be listed.
          assertMatch(opened[0], /^flags:\t[0-7]*0$/m);
          assertEquals(/^lock:/m.test(opened[0]), false);
          const mapped = readFileSync(`/proc/${pid}/maps`, "utf8").split("\n").filter((line) => line.endsWith(name));
          assertEquals(mapped.length, 1);
          assertMatch(mapped[0], / r--s /);
        }
        assertEquals(Buffer.compare(readFileSync(`/dev/shm${name}`), start), 0);
      } finally {
        top.kill("SIGKILL");
        peer.kill();
      }
    }));

  it(
    "draws on terminals of any size, opens an object, and leaves the terminal as it was",
    { skip: hasScript ? false : "there is no script(1), which makes a terminal" },
    () =>
      withName(async (name) => {
        const peer = Peer.start(otherRuntime, PEER, [name]);
        const small = new Terminal(10, 40, [name]), wide = new Terminal(60, 200, [name]);
        try {
          await peer.next();
          await small.sees(/object +per s/);
          for (const line of (await small.sees(/select +enter/)).split("\n")) assert(line.length <= 40, line);
          assertStringIncludes(await small.sees(/select +enter/), "q quit");
          const wanted = [
            /ticks +SpscRing +0 +4\/4 .*producer feed/,
            /feed +\d+ % +alive/,
            /events .* book 2/,
            /lock +Mutex .*owner feed/,
          ];
          for (const pattern of wanted) await wide.sees(pattern);
          small.press("n"); // by name: the first is the table of accounts
          await small.sees(/object▼/);
          small.press("\r");
          await small.sees(/accounts {2}KeyedTable/);
          assertStringIncludes(await small.sees(/keys 2/), "esc back");
          small.press("\x1b");
          await small.sees(/object▼/);
          assertStringIncludes(await small.quit(), "\x1b[?25h\x1b[?1049l");
          await wide.quit();
        } finally {
          small.kill();
          wide.kill();
          peer.kill();
        }
      }),
  );

  it("distinguishes objects of several segments by their own names, on narrow terminals too", () => {
    const segments = ["/proc/4711/fd/6#mo2i4x5y", "/a-segment-with-a-long-name"];
    const objects = segments.flatMap((segment) =>
      ["quotes", "orders of today"].map((name) => ({
        ...{ segment, name, kind: "LatestTable", byteOffset: 0, byteLength: 64, schema: "", holders: [] },
        ...{ family: undefined, state: undefined, error: undefined, slowest: undefined },
        ...{ perSecond: 1, contendedPerSecond: undefined },
      }))
    );
    const sample = { at: new Date(), segments, objects, participants: [], error: undefined };
    for (const [columns, names] of [[80, ["quotes", "orders of today"]], [40, ["quotes", "order"]]] as const) {
      const lines = topView(sample, new TopState(), 1000, 24, columns, () => ({ observed: undefined, contents: [] }));
      for (const name of names) {
        for (const start of ["/proc", "/a-se"]) {
          assertEquals(lines.filter((line) => line.includes(start) && line.includes(` ${name}`)).length, 1, name);
        }
      }
    }
  });

  it(
    "goes on when a segment comes, goes and comes again",
    { skip: hasScript ? false : "there is no script(1), which makes a terminal" },
    () =>
      withName(async (name) => {
        const terminal = new Terminal(24, 80, [name]);
        try {
          await terminal.sees(/no segment yet/);
          for (const role of ["first", "second"]) {
            const segment = Segment.create(name, { byteLength: 65_536, role });
            await terminal.sees(new RegExp(`${role} +`));
            Segment.unlink(name);
            segment.close();
            await terminal.sees(/no segment yet/);
          }
          await terminal.quit();
        } finally {
          terminal.kill();
        }
      }),
  );
});
