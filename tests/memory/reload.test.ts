import { assertEquals } from "@std/assert";
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Mutex, Segment } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { runtimes } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { until } from "../../support/until.ts";

const RUN = new URL("./reload_run.ts", import.meta.url).href;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RUNS = 4;

/** What a run reports. */
interface Told {
  number: number;
  participants: string[];
  kept: number;
  isLocked: boolean;
  ownerDied: boolean;
  former?: string[];
}

/** How each runtime runs a program anew when its file changes. Bun keeps the globals, Deno does not. */
const RELOADING = {
  bun: { flags: ["--hot"], keepsGlobals: true },
  deno: { flags: ["run", "--watch", "--quiet", "--no-check", "--allow-all"], keepsGlobals: false },
} as const;

/** Lines of JSON that a process prints. */
class Lines {
  readonly #lines: string[] = [];
  errors = "";

  constructor(child: ChildProcess) {
    child.stderr!.on("data", (data) => this.errors += data);
    createInterface({ input: child.stdout! }).on("line", (line) => void this.#lines.push(line));
  }

  /**
   * What a run reports. A watcher may find one change twice, and run the program twice: the second report is skipped.
   * And it may not find one that comes while it is not looking yet: then the program is changed again.
   */
  async next(run: number, change: () => void): Promise<Told> {
    for (let i = 0; i < 6; i++) {
      if (run > 1) change();
      for (const limit = performance.now() + 10_000; performance.now() < limit; await delay(5)) {
        const line = this.#lines.shift();
        if (line === undefined) continue;
        const told: Told = JSON.parse(line);
        if (told.number === run) return told;
      }
    }
    throw new Error(`it told nothing: ${this.errors}`);
  }
}

describe("a program that is reloaded", { timeout: 240_000 }, () => {
  for (const runtime of ["bun", "deno"] as const) {
    const { flags, keepsGlobals } = RELOADING[runtime];
    it(`by ${runtime} ${flags.join(" ")} has what its former run had, and that run has nothing`, () =>
      withName(async (name) => {
        const folder = mkdtempSync(join(tmpdir(), "shmkit-")), script = join(folder, "main.ts");
        const number = join(folder, "number");
        writeFileSync(
          script,
          `import { readFileSync } from "node:fs";
import { runOf } from ${JSON.stringify(RUN)};
runOf(${JSON.stringify(name)}, Number(readFileSync(${JSON.stringify(number)}, "utf8")));
`,
        );
        writeFileSync(number, "1");
        const child = spawn(runtimes[runtime], [...flags, script], { stdio: ["pipe", "pipe", "pipe"] });
        const ended = new Promise((resolve) => child.once("exit", resolve));
        try {
          const lines = new Lines(child);
          for (let run = 1; run <= RUNS; run++) {
            writeFileSync(number, String(run));
            // Appended: a file that is written anew may be run while it is empty.
            assertEquals(await lines.next(run, () => appendFileSync(script, "//\n")), {
              number: run,
              participants: [`run ${run}`],
              kept: run - 1,
              isLocked: true,
              ownerDied: run > 1,
              ...(keepsGlobals && run > 1 ? { former: Array.from({ length: 8 }, () => "CLOSED") } : {}),
            });
            // Another process sees the two attachments of this run, and its lock; none of the runs before. That may be
            // once the program has been run a second time.
            using watcher = Segment.open(name, { role: "watcher" });
            const mutex = watcher.open("mutex", Mutex);
            const seen = () => {
              const participants = watcher.participants(), { owner } = mutex.stats();
              const isOwned = owner?.isAlive === true && owner.id === participants[0].id;
              return `${participants.map(({ role }) => role)}, ${isOwned}`;
            };
            await until(() => seen() === `run ${run},,watcher, true`, seen);
            await delay(200); // file watchers wait for a while before they look again
          }
        } finally {
          child.kill("SIGKILL");
          await ended;
          rmSync(folder, { recursive: true });
        }
      }));

    it(`is distinguished from another copy of the library in one thread of ${runtime}`, async () => {
      const peer = Peer.start(runtime, new URL("./copies_peer.ts", import.meta.url), [ROOT]);
      const all = ["one", "two", "one again"];
      assertEquals(await peer.next(), { isCopy: true, roles: [all, all, all], isAlive: true, closed: [false, false] });
      assertEquals(await peer.next(), ["one", "one again"]);
      await peer.succeeded();
    });
  }
});
