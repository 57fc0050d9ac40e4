/**
 * Shows that hot paths make no garbage: a process runs them with the engine's log of collections turned on.
 *
 * @module
 */
import { assert, assertGreaterOrEqual } from "@std/assert";
import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { command, type Runtime, thisRuntime } from "./runtimes.ts";

/** What one path did. */
export interface Garbage {
  /** Garbage collections in the engine's log. */
  readonly collections: number;
  /** By how much the heap grew, garbage included. */
  readonly grownBytes: number;
}

const BEGIN = "## begin ", END = "## end ";

/**
 * Asserts that the paths of a script that calls `watchGarbage` make no garbage, and that the figures show that of its
 * path `control`.
 *
 * @param script The script.
 * @param mostBytes How much the heap may grow all the same, as V8 compiles meanwhile: far less than an object of 16
 * bytes for each use would take.
 */
export function assertNoGarbage(script: URL, mostBytes = 10e6): void {
  const found = garbageOf(thisRuntime, script), { control, ...paths } = found;
  console.log(JSON.stringify(found));
  for (const [name, { collections, grownBytes }] of Object.entries(paths)) {
    assert(collections <= 1 && grownBytes < mostBytes, `${name}: ${collections} collections, ${grownBytes} bytes`);
  }
  assertGreaterOrEqual(control.collections, 2, "the figures do not show garbage");
}

/** Runs a script that calls `watchGarbage`, and returns what each of its paths did. */
function garbageOf(runtime: Runtime, script: URL): Record<string, Garbage> {
  const { file, args } = command(runtime, fileURLToPath(script), [], ["--allow-all", "--v8-flags=--trace-gc"]);
  // Both outputs as one and unbuffered, so that markers and log stay in order.
  const { stdout, status } = spawnSync("sh", ["-c", 'exec stdbuf -o0 "$0" "$@" 2>&1', file, ...args], {
    env: { ...process.env, BUN_JSC_logGC: "1" },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`The script ended with ${status}: ${stdout.slice(-2000)}`);
  const found: Record<string, Garbage> = {};
  for (const part of stdout.split(BEGIN).slice(1)) {
    const [name, ...log] = part.slice(0, part.indexOf(END)).split("\n");
    const grownBytes = Number(part.slice(part.indexOf(END) + END.length).split("\n")[0]);
    const collections = log.join("\n").match(/: START |Scavenge|Mark-Compact/g)?.length ?? 0;
    found[name] = { collections, grownBytes };
  }
  return found;
}

/** In the script: runs paths, each warmed up, with what `prepare` makes for them. */
export async function watchGarbage<T>(
  paths: Record<string, (thing: T, records: number) => void>,
  prepare: (name: string, isWarmUp: boolean) => T,
): Promise<void> {
  const WARM_UPS = 6, WARM_UP_RECORDS = 300_000, RECORDS = 2_000_000;
  const CONTROL = 10_000_000; // makes enough objects to be collected twice
  const heap = await heapOf();
  for (const [name, path] of Object.entries(paths)) {
    const warm = prepare(name, true), thing = prepare(name, false);
    for (let i = 0; i < WARM_UPS; i++) path(warm, WARM_UP_RECORDS);
    heap.settle();
    await new Promise((resolve) => setTimeout(resolve, 50)); // what compiles in the background
    const before = heap.bytes();
    writeSync(1, `\n${BEGIN}${name}\n`);
    path(thing, name === "control" ? CONTROL : RECORDS);
    writeSync(1, `\n${END}${heap.bytes() - before}\n`);
  }
}

async function heapOf(): Promise<{ settle(): void; bytes(): number }> {
  if ("Bun" in globalThis) {
    // deno-lint-ignore no-explicit-any -- Bun's own module
    const jsc: any = await import("bun:" + "jsc");
    return { settle: () => jsc.fullGC(), bytes: () => jsc.heapSize() };
  }
  const v8 = await import("node:v8");
  return { settle: () => {}, bytes: () => v8.getHeapStatistics().used_heap_size };
}
