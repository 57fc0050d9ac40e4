/**
 * Bundles the package into one ESM file and one file of declarations, and tries both, and the sources, as users have
 * them, under all runtimes and within an executable: `bun run build`.
 *
 * @module
 */
import { build as bundle, type BuildOptions } from "esbuild";
import { rmSync, statSync } from "node:fs";
import process from "node:process";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { command, type Runtime, runtimes } from "../support/runtimes.ts";
import { root, succeeds } from "./project.ts";
import { consume } from "./support/consume.ts";

/** What the minified bundle may weigh, in bytes. Raise it knowingly. */
const BUDGET = 260_000;

/** Where the bundles lie, below the root. */
const BUNDLE = "dist/shmkit.js",
  MINIFIED = "dist/shmkit.min.js",
  KEEPING_NAMES = "dist/shmkit.names.js",
  EXECUTABLE = "dist/tried";

/** Where their declarations lie. The compiler finds them by their name, Deno by a comment in the bundle. */
const DECLARATIONS = "dist/shmkit.d.ts", TYPES_COMMENT = `/* @ts-self-types="./shmkit.d.ts" */`;

/** Builds, weighs and tries the bundle. */
export async function build(): Promise<boolean> {
  const options = {
    absWorkingDir: root,
    entryPoints: ["mod.ts"],
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    banner: { js: TYPES_COMMENT },
  } satisfies BuildOptions;
  await bundle({ ...options, outfile: BUNDLE });
  await bundle({ ...options, minify: true, outfile: MINIFIED });
  // Puts calls of a helper into the makers of hot paths, which are then not copied.
  await bundle({ ...options, minify: true, keepNames: true, outfile: KEEPING_NAMES });
  await bundleDeclarations();
  const byteLength = statSync(root + MINIFIED).size;
  console.log(`${BUNDLE}: ${byteLength} bytes minified, of ${BUDGET}`);
  if (byteLength > BUDGET) console.error(`The bundle is ${byteLength - BUDGET} bytes over its budget`);
  let holds = byteLength <= BUDGET;
  for (const path of [BUNDLE, MINIFIED, KEEPING_NAMES]) {
    for (const runtime of ["bun", "deno", "node"] as const) holds = await works(runtime, path) && holds;
  }
  holds = await worksCompiled() && holds;
  return await consume(BUNDLE, MINIFIED, DECLARATIONS) && holds;
}

/** Makes an executable of Bun, the library and a program, minified, and runs it. */
async function worksCompiled(): Promise<boolean> {
  const program = `${root}${EXECUTABLE}`, script = `${root}tasks/support/try_compiled.ts`;
  try {
    return await succeeds(runtimes.bun, "build", "--compile", "--minify", `--outfile=${program}`, script) &&
      await succeeds(program);
  } finally {
    rmSync(program, { force: true }); // a hundred megabytes
  }
}

/** Writes what the compiler knows of the bundle. */
async function bundleDeclarations(): Promise<void> {
  const compilerOptions = { noEmit: false, declaration: true, emitDeclarationOnly: true, paths: {}, types: [] };
  const all = await rollup({
    input: `${root}mod.ts`,
    plugins: [dts({ tsconfig: `${root}tsconfig.json`, compilerOptions })],
  });
  await all.write({ file: root + DECLARATIONS, format: "es" });
  await all.close();
}

/** Uses a bundle in a process of its own, where nothing but the bundle can be loaded. */
function works(runtime: Runtime, path: string): Promise<boolean> {
  const { file, args } = command(runtime, `${root}tasks/support/try_bundle.ts`, [root + path]);
  return succeeds(file, ...args);
}

if (import.meta.main) process.exit(await build() ? 0 : 1);
