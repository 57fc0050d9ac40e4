/**
 * Makes a program that can be explored of a scenario and the library's source: a copy of each file that it imports,
 * with twins, in a folder of its own.
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
import { addPoints, POINT_NAMES } from "./rewrite/points.ts";
import { addTwins, RUNTIME_NAMES, type Site } from "./rewrite/twins.ts";
import type { Scenario } from "./scenario.ts";
import { sourceHash } from "./source_hash.ts";
import { EVALUATED, MAPPED, POINTS_AT_CALLS, POINTS_IN_SEGMENTS, SHORTENED } from "./shortened.ts";
import { ANNOUNCED, setTextRewriter } from "./steps.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

/** The stand-ins, and the modules that a program shares with the explorer. */
const PLACES: Places = {
  root,
  replaced: {
    "lib/atomic/atomics.ts": join(here, "inside/atomics.ts"),
    "lib/atomic/specialize.ts": join(here, "inside/specialize.ts"),
    "lib/atomic/word_accesses.ts": join(here, "inside/word_accesses.ts"),
    "lib/atomic/futex.ts": join(here, "inside/futex.ts"),
    "lib/atomic/fence.ts": join(here, "inside/fence.ts"),
    "lib/layout/bound_record.ts": join(here, "inside/bound_record.ts"),
    "lib/layout/require_layout.ts": join(here, "inside/require_layout.ts"),
    "lib/memory/attachments.ts": join(here, "inside/attachments.ts"),
    "lib/memory/mapping.ts": join(here, "inside/mapping.ts"),
    "lib/memory/ofd_lock.ts": join(here, "inside/ofd_lock.ts"),
    "lib/memory/process_identity.ts": join(here, "inside/process_identity.ts"),
    "ffi/mod.ts": join(here, "inside/ffi.ts"),
    "ffi/system.ts": join(here, "inside/system.ts"),
  },
  shared: new Set(["kernel.ts", "linearizability.ts", "steps.ts", "world.ts"].map((name) => join(here, name))),
};

/** A program, loaded. */
export interface Program {
  /** What its file exports. */
  readonly exports: Readonly<Record<string, unknown>>;
  /** The scenarios among that. */
  readonly scenarios: readonly Scenario[];
  readonly sites: readonly Site[];
  /** A hash of all that it was made of, and of what explores it: whether another exploration would be the same. */
  sourceHash(): string;
}

/**
 * Builds and loads a scenario.
 *
 * @param entry Path of its file from the root.
 * @param patches Applied to the source.
 */
export async function buildProgram(entry: string, patches: readonly Patch[] = []): Promise<Program> {
  const program = new ProgramFiles(join(root, entry), [...SHORTENED, ...EVALUATED, ...MAPPED, ...patches], PLACES);
  const names = namesOf(program), { signature } = names, folder = makeFolder();
  writeFiles(program, PLACES, folder, (path, file, repoint) => {
    const key = `${path}\n${signature}\n${file.text}`, known = rewritten.get(key);
    if (known !== undefined) return known;
    const text = PRELUDE + addTwins(file, relative(root, path), names, sites, repoint);
    rewritten.set(key, text);
    return text;
  });
  setTextRewriter((text) => {
    const file = ts.createSourceFile("made from text", text, ts.ScriptTarget.ESNext, true);
    names.add(file);
    names.settle();
    return addTwins(file, "made from text", names, sites, (statement) => [statement]);
  });
  const exports: Record<string, unknown> = await import(pathToFileURL(join(folder, `${entry}.mts`)).href);
  return {
    exports,
    scenarios: Object.values(exports).flat().filter(isScenario),
    sites,
    sourceHash: () => sourceHash([...textsOf(program), ...(ownTexts ??= readOwnTexts())]),
  };
}

/** The source of what explores programs, and of what makes them: as it was when this process first asked. */
let ownTexts: [path: string, text: string][] | undefined;

function readOwnTexts(): [path: string, text: string][] {
  const texts = ["build.ts", "explore.ts"].flatMap((name) =>
    textsOf(new ProgramFiles(join(here, name), [], { root, replaced: {}, shared: new Set() }))
  );
  return [...new Map(texts)];
}

function textsOf({ files }: ProgramFiles): [path: string, text: string][] {
  return [...files].map(([path, { text }]) => [relative(root, path), text]);
}

/**
 * Builds a scenario for real processes, with a point before each access to shared memory.
 *
 * @param entry Path of its file from the root.
 * @returns The path of the program (`RealProgram`), and of a script that acts in it (`points_peer.ts`).
 */
export function buildWithPoints(entry: string): { program: string; peer: string } {
  const scenario = join(here, "inside/real_scenario.ts");
  const folder = writeWithPoints(entry, POINTS_AT_CALLS, {
    root,
    replaced: {
      "support/explorer/inside/scenario.ts": scenario,
      "support/explorer/inside/history.ts": scenario,
      "support/explorer/steps.ts": join(root, "lib/atomic/atomics.ts"),
      "lib/atomic/specialize.ts": join(here, "inside/specialize.ts"),
      "lib/atomic/word_accesses.ts": join(here, "inside/word_accesses.ts"),
      "lib/layout/bound_record.ts": join(here, "inside/bound_record.ts"),
      "lib/layout/require_layout.ts": join(here, "inside/require_layout.ts"),
    },
    shared: new Set(["linearizability.ts", "points_runtime.ts"].map((name) => join(here, name))),
  }, [
    `export { enterSegment, Segment } from "./${relative(root, scenario)}.mts";`,
    `import * as exported from ${JSON.stringify(`./${entry}.mts`)};`,
    `export const scenarios = Object.values(exported).flat().filter((one) => one?.start !== undefined);`,
  ]);
  return { program: join(folder, "program.mjs"), peer: writePeer(folder, "points_peer.ts") };
}

/**
 * Builds cases of segments that are made, joined and left, with a point before each access to shared memory, and each
 * call of the kernel that leaves something behind.
 *
 * @param entry Path of a file from the root that exports `cases`.
 * @returns The path of a script that acts in them (`segment_points_peer.ts`).
 */
export function buildSegmentsWithPoints(entry: string): string {
  const memory = join(here, "pointed_memory.ts");
  const folder = writeWithPoints(entry, POINTS_IN_SEGMENTS, {
    root,
    replaced: {
      "support/explorer/inside/raw_memory.ts": memory,
      "lib/atomic/specialize.ts": join(here, "inside/specialize.ts"),
      "lib/atomic/word_accesses.ts": join(here, "inside/word_accesses.ts"),
    },
    shared: new Set([memory, ...["kernel_points.ts", "points_runtime.ts"].map((name) => join(here, name))]),
  }, [`export { cases } from ${JSON.stringify(`./${entry}.mts`)};`]);
  return writePeer(folder, "segment_points_peer.ts");
}

/** Writes a program with points to a folder of its own. `exports` is what its main file has besides. */
function writeWithPoints(entry: string, patches: readonly Patch[], places: Places, exports: string[]): string {
  const program = new ProgramFiles(join(root, entry), patches, places), names = namesOf(program);
  const folder = makeFolder(), ownSites: Site[] = [];
  writeFiles(
    program,
    places,
    folder,
    (path, file, repoint) =>
      importOf(POINT_NAMES, "points_runtime.ts") + addPoints(file, relative(root, path), names, ownSites, repoint),
  );
  writeFileSync(
    join(folder, "program.mjs"),
    [
      `import { setSites } from ${JSON.stringify(join(here, "points_runtime.ts"))};`,
      `setSites(${JSON.stringify(ownSites)});`,
      ...exports,
    ].join("\n"),
  );
  return folder;
}

/** Writes the script that acts in a program. */
function writePeer(folder: string, name: string): string {
  const from = JSON.stringify(join(here, name)), path = join(folder, "peer.mjs");
  writeFileSync(path, `import { act } from ${from};\nimport * as program from "./program.mjs";\nact(program);\n`);
  return path;
}

function namesOf(program: ProgramFiles): Names {
  const names = new Names(ANNOUNCED);
  for (const file of program.files.values()) names.add(file);
  names.settle();
  return names;
}

/**
 * Writes a program's files to a folder, such that they import each other. The runtimes take the types away themselves,
 * in a fraction of the time that the compiler takes.
 */
function writeFiles(
  program: ProgramFiles,
  places: Places,
  folder: string,
  textOf: (path: string, file: ts.SourceFile, repoint: (statement: ts.Statement) => ts.Statement[]) => string,
): void {
  const placeOf = (path: string) => join(folder, `${relative(root, path)}.mts`);
  for (const [path, file] of program.files) {
    const place = (target: string) =>
      places.shared.has(target) ? target : specifier(dirname(placeOf(path)), placeOf(target));
    mkdirSync(dirname(placeOf(path)), { recursive: true });
    writeFileSync(placeOf(path), textOf(path, file, (statement) => program.repoint(file, statement, place)));
  }
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

/** Imports what rewritten code refers to. It is written in JavaScript already, so that nothing takes it for unused. */
function importOf(names: readonly string[], from: string): string {
  return `import { ${names.join(", ")} } from ${JSON.stringify(join(here, from))};\n`;
}

const PRELUDE = importOf([...RUNTIME_NAMES, "$performance as performance"], "steps.ts");

let made: string | undefined;
let programs = 0;

function makeFolder(): string {
  if (made === undefined) {
    const folder = made = mkdtempSync(join(tmpdir(), "shmkit-explorer-"));
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  return join(made, String(programs++));
}
