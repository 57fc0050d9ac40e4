/**
 * The package as it is packed: JavaScript and declarations, since Node reads no TypeScript within `node_modules`. In a
 * checkout, which users may link to, `package.json` names the sources instead.
 *
 * @module
 */
import { build as bundle } from "esbuild";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import ts from "typescript";
import { root } from "../project.ts";

/** Where the JavaScript and the declarations lie, below the root, each where its source lies below the root. */
const PACKAGE = "dist/package";

/** The module that is the command, as `exports` names it. */
const COMMAND = "./cli";

interface Manifest {
  exports: Record<string, unknown>;
  bin: Record<string, string>;
}

/** The sources that users import, by the names they import them by: `{ ".": "./mod.ts", … }`. */
function entries(): Record<string, string> {
  return JSON.parse(readFileSync(`${root}deno.json`, "utf8")).exports;
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(`${root}package.json`, "utf8"));
}

/** Whether `package.json` names the sources, as in every checkout. */
export function namesSources(): boolean {
  const { exports, bin } = readManifest(), sources = entries();
  return JSON.stringify(exports) === JSON.stringify(sources) && bin.shmkit === sources[COMMAND];
}

/** Makes `package.json` name the sources. */
export function nameSources(): void {
  const sources = entries();
  writeManifest(sources, sources[COMMAND]);
}

/** Builds what is packed, and makes `package.json` name it. */
export async function buildPackage(): Promise<void> {
  rmSync(root + PACKAGE, { recursive: true, force: true });
  await bundleModules();
  writeDeclarations();
  const built = Object.entries(entries()).map(([name, source]) => {
    return [name, { types: placeOf(source, ".d.ts"), default: placeOf(source, ".js") }] as const;
  });
  writeManifest(Object.fromEntries(built), placeOf(entries()[COMMAND], ".js"));
}

function writeManifest(exports: Manifest["exports"], command: string): void {
  const manifest = { ...readManifest(), exports, bin: { shmkit: command } };
  writeFileSync(`${root}package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Where what is made of a source lies: `./lib/sync/mod.ts` → `./dist/package/lib/sync/mod.js`. */
function placeOf(source: string, ending: string): string {
  return source.replace(/^\./, `./${PACKAGE}`).replace(/\.ts$/, ending);
}

/** All modules share their parts, so that a class is the same whichever of them it is imported from. */
async function bundleModules(): Promise<void> {
  await bundle({
    absWorkingDir: root,
    entryPoints: Object.values(entries()),
    outdir: PACKAGE,
    outbase: ".",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    packages: "external",
    // The sources are packed, too: debuggers show these.
    sourcemap: true,
    sourcesContent: false,
  });
  const command = root + placeOf(entries()[COMMAND], ".js");
  writeFileSync(command, readFileSync(command, "utf8").replace(/^#!.*/, "#!/usr/bin/env node"));
}

/** One file of declarations for each source. They name each other as the JavaScript that they would stand beside. */
function writeDeclarations(): void {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(Object.values(entries()).map((source) => root + source.slice(2)), {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    noCheck: true, // that is `check`'s
    paths: {},
    rootDir: root,
    outDir: root + PACKAGE,
  });
  program.emit(undefined, (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replace(/(from |import\()"(\..*?)\.ts"/g, '$1"$2.js"'));
  });
}
