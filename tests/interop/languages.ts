/**
 * The peers in each language, and what of them this machine can run.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cHeader } from "../../lib/layout/mod.ts";
import { hasCompiler } from "../../support/machine.ts";
import { Peer } from "../../support/peer.ts";
import { otherRuntime, type Runtime, thisRuntime } from "../../support/runtimes.ts";
import { Job, Tick } from "./records.ts";

/** What takes part. */
export type Language = Runtime | "c" | "python";

/** Where the two clients are. */
export const C_FOLDER: string = fileURLToPath(new URL("../../interop/c", import.meta.url));
export const PYTHON_FOLDER: string = fileURLToPath(new URL("../../interop/python", import.meta.url));

const found = spawnSync("python3", ["-c", "import sys; print(sys.executable); sys.exit(sys.version_info < (3, 9))"], {
  encoding: "utf8",
});

/** Whether there is a Python that is new enough. */
export const hasPython: boolean = found.status === 0;

/** Its interpreter itself: what the path leads to may be a script that stands in for it. */
export const PYTHON: string = found.stdout?.trim() ?? "";

/** What this machine lacks, as a reason to skip a test; false for nothing. */
export function lacking(languages: readonly Language[]): string | false {
  if (languages.includes("c") && !hasCompiler) return "no C compiler";
  return languages.includes("python") && !hasPython ? "no Python 3.9" : false;
}

for (const language of ["c", "python"] as const) {
  const reason = lacking([language]);
  if (reason !== false) process.stderr.write(`tests/interop: ${reason}, tests of that language are skipped\n`);
}

/** In which way the C peer is made: what the suite tests differs between its two runners; benchmarks want speed. */
const IS_FAST = process.env.SHMKIT_INTEROP_RECORDS !== undefined;
const WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", `-I${C_FOLDER}`];
const C11 = ["cc", "-x", "c", "-std=c11", ...WARNINGS], CPP17 = ["c++", "-x", "c++", "-std=c++17", ...WARNINGS];
const SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/** That, in words. */
export const C_WORDS: string = IS_FAST ? "C11" : thisRuntime === "bun" ? "C11 with sanitizers" : "C++17";

/** What the C peer is compiled with, here. */
export const C_COMMAND: readonly string[] = IS_FAST
  ? [...C11, "-O2"]
  : thisRuntime === "bun"
  ? [...C11, ...SANITIZERS]
  : [...CPP17, "-O1"];

let scratch: string | undefined;

/** A folder for what is made of C; it goes with this process. */
export function scratchFolder(): string {
  if (scratch !== undefined) return scratch;
  const path = mkdtempSync(join(tmpdir(), "shmkit-interop-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return scratch = path;
}

/** Compiles a C program, any warning being an error. Returns where it lies. */
export function compile(source: string, name: string, [compiler, ...flags]: readonly string[] = C_COMMAND): string {
  const path = join(scratchFolder(), name);
  const { status, stderr } = spawnSync(compiler, [...flags, `-I${scratchFolder()}`, "-o", path, source], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Cannot compile ${source}: ${stderr.slice(0, 4000)}`);
  return path;
}

let compiled: string | undefined;
if (IS_FAST) cPeer();

function cPeer(): string {
  if (compiled !== undefined) return compiled;
  writeFileSync(join(scratchFolder(), "records.h"), cHeader(Tick) + cHeader(Job));
  return compiled = compile(fileURLToPath(new URL("./peer.c", import.meta.url)), "peer");
}

/** Starts the peer of a language: what it does, in which segment, how often. */
export function startPeer(language: Language, ...args: readonly (string | number)[]): Peer {
  if (language === "c") return Peer.run(cPeer(), args, { ASAN_OPTIONS: "detect_leaks=1" });
  if (language === "python") {
    const script = fileURLToPath(new URL("./peer.py", import.meta.url));
    const env: Record<string, string> = { PYTHONPATH: PYTHON_FOLDER, PYTHONDONTWRITEBYTECODE: "1" };
    // Without NumPy in one runner, with it in the other.
    return Peer.run(PYTHON, [script, ...args], thisRuntime === "deno" ? { ...env, SHMKIT_TEST_PLAIN: "1" } : env);
  }
  return Peer.start(language, new URL("./peer.ts", import.meta.url), args);
}

/** Ordered pairs of writer and reader, with C, that this runner tests: both runners together test each once. */
export const C_PAIRS: readonly (readonly [Language, Language])[] = [
  [thisRuntime, "c"],
  ["c", thisRuntime],
  ...thisRuntime === "bun" ? [["c", "c"]] as const : [],
];

/** The languages in turn, for those that follow each other. */
export function mixedLanguage(i: number, languages: readonly Language[]): Language {
  const there = [thisRuntime, otherRuntime, ...languages].filter((language) => lacking([language]) === false);
  return there[i % there.length];
}
