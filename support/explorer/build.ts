/**
 * Makes a program that can be explored of a scenario and the library's source: a copy of each file that it imports, with
 * twins, in a folder of its own.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import { type Patch, type Places, ProgramFiles } from "./program_files.ts";
import { Names } from "./rewrite/names.ts";
import { addTwins, RUNTIME_NAMES, type Site } from "./rewrite/twins.ts";
import type { Scenario } from "./scenario.ts";
import { EVALUATED, SHORTENED } from "./shortened.ts";
import { ANNOUNCED, setTextRewriter } from "./steps.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

/** What stands in for what, and which modules a program shares with who explores it. */
const PLACES: Places = {
  root,
  replaced: {
    "lib/atomic/atomics.ts": join(here, "inside/atomics.ts"),
    "lib/atomic/futex.ts": join(here, "inside/futex.ts"),
    "lib/atomic/fence.ts": join(here, "inside/fence.ts"),
    "ffi/mod.ts": join(here, "inside/ffi.ts"),
  },
  shared: new Set(["linearizability.ts", "steps.ts", "world.ts"].map((name) => join(here, name))),
};

/** A program, loaded. */
export interface Program {
  /** What its file exports. */
  readonly exports: Readonly<Record<string, unknown>>;
  /** The scenarios among that. */
  readonly scenarios: readonly Scenario[];
  readonly sites: readonly Site[];
}

/**
 * Builds and loads a scenario.
 *
 * @param entry Path of its file from the root.
 * @param patches Applied to the source.
 */
export async function buildProgram(entry: string, patches: readonly Patch[] = []): Promise<Program> {
  const program = new ProgramFiles(join(root, entry), [...SHORTENED, ...EVALUATED, ...patches], PLACES), names = new Names(ANNOUNCED);
  for (const file of program.files.values()) names.add(file);
  names.settle();
  const folder = makeFolder(), signature = names.signature;
  const placeOf = (path: string) => join(folder, `${relative(root, path)}.mjs`);
  for (const [path, file] of program.files) {
    const place = (target: string) =>
      PLACES.shared.has(target) ? pathToFileURL(target).href : specifier(dirname(placeOf(path)), placeOf(target));
    const key = `${path}\n${signature}\n${file.text}`;
    let text = rewritten.get(key);
    if (text === undefined) {
      const repoint = (statement: ts.Statement) => program.repoint(file, statement, place);
      text = PRELUDE + toJavaScript(addTwins(file, relative(root, path), names, sites, repoint));
      rewritten.set(key, text);
    }
    mkdirSync(dirname(placeOf(path)), { recursive: true });
    writeFileSync(placeOf(path), text);
  }
  setTextRewriter((text) => {
    const file = ts.createSourceFile("made from text", text, ts.ScriptTarget.ESNext, true);
    names.add(file);
    names.settle();
    return addTwins(file, "made from text", names, sites, (statement) => [statement]);
  });
  const exports: Record<string, unknown> = await import(pathToFileURL(placeOf(join(root, entry))).href);
  return { exports, scenarios: Object.values(exports).flat().filter(isScenario), sites };
}

function isScenario(value: unknown): value is Scenario {
  return typeof value === "object" && value !== null && "part" in value && "start" in value;
}

/** The steps of all programs: what is kept from one program to the next refers to them. */
const sites: Site[] = [];

/** What became of files, by path, names and text: most are the same in many programs. */
const rewritten = new Map<string, string>();

/** How a file in one folder imports another. */
function specifier(from: string, to: string): string {
  const path = relative(from, to);
  return path.startsWith(".") ? path : `./${path}`;
}

/** What rewritten code refers to. It is written in JavaScript already, so that nothing takes it for unused. */
const PRELUDE = `import { ${RUNTIME_NAMES.join(", ")}, $performance as performance } from ${
  JSON.stringify(pathToFileURL(join(here, "steps.ts")).href)
};\n`;

function toJavaScript(text: string): string {
  const target = ts.ScriptTarget.ESNext, module = ts.ModuleKind.ESNext;
  return ts.transpileModule(text, { compilerOptions: { target, module } }).outputText;
}

let made: string | undefined;
let programs = 0;

function makeFolder(): string {
  if (made === undefined) {
    const folder = made = mkdtempSync(join(tmpdir(), "shmkit-explorer-"));
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  return join(made, String(programs++));
}
