import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { chars, cHeader, decimal, Segment, struct, u32, u53 } from "../../mod.ts";
import { hasCompiler } from "../../support/machine.ts";
import { Peer } from "../../support/peer.ts";
import { command, thisRuntime } from "../../support/runtimes.ts";
import { exists, withName } from "../../support/segments.ts";
import { compile, hasPython, PYTHON, PYTHON_FOLDER, scratchFolder } from "./languages.ts";

const page = readFileSync(new URL("../../docs/interop.md", import.meta.url), "utf8");
const mod = new URL("../../mod.ts", import.meta.url).href;

/** The page's only block of a language. */
function block(language: string): string {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))];
  assertEquals(found.length, 1, `blocks of ${language}`);
  return found[0][1];
}

function written(name: string, text: string): string {
  const path = join(scratchFolder(), name);
  writeFileSync(path, text);
  return path;
}

/** What a program prints. */
function output(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: PYTHON_FOLDER, PYTHONDONTWRITEBYTECODE: "1" },
  });
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`);
  return stdout;
}

describe("the example of docs/interop.md", () => {
  const skip = hasCompiler && hasPython ? false : "no C compiler, or no Python 3.9";
  it("prints what the page says", { skip, timeout: 240_000 }, () =>
    withName(async (name) => {
      const Quote = struct("Quote", { symbol: chars(8), bid: decimal(2), ask: decimal(2), time: u53 });
      const Trade = struct("Trade", { row: u32, price: decimal(2) });
      written("feed.h", cHeader(Quote) + cHeader(Trade));
      const feedScript = written(
        "feed.ts",
        block("ts").replace("@shmkit/shmkit", mod).replace('"ready"', "'\"ready\"'"),
      );
      const { file, args } = command(thisRuntime, feedScript, [name]);
      const feed = Peer.run(file, args);
      assertEquals(await feed.next(), "ready");
      assertEquals(output(compile(written("strategy.c", block("c")), "strategy"), name), "BTC 100.60\n");
      assertEquals(output(PYTHON, written("notebook.py", block("python")), name), block("text"));
      using segment = Segment.open(name);
      assertEquals(segment.participants().map(({ role }) => role), ["feed", ""]);
      feed.kill("SIGTERM");
      await feed.exited;
      assertEquals(exists(name), true);
    }));
});
