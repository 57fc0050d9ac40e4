/**
 * Bundles the package into one ESM file and tries it under both runtimes: `bun run build`.
 *
 * @module
 */
import { build as bundle, type BuildOptions } from "esbuild";
import process from "node:process";
import { command } from "../support/runtimes.ts";
import { root, succeeds } from "./project.ts";

/** What the minified bundle may weigh, in bytes. Raise it knowingly. */
const BUDGET = 240_000;

/** Where the bundle lies, below the root. */
const BUNDLE = "dist/shmkit.js";

/** Builds, weighs and tries the bundle. */
export async function build(): Promise<boolean> {
  const options = {
    absWorkingDir: root,
    entryPoints: ["mod.ts"],
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
  } satisfies BuildOptions;
  await bundle({ ...options, outfile: BUNDLE });
  const { outputFiles: [minified] } = await bundle({ ...options, minify: true, write: false });
  const { byteLength } = minified.contents;
  console.log(`${BUNDLE}: ${byteLength} bytes minified, of ${BUDGET}`);
  if (byteLength > BUDGET) console.error(`The bundle is ${byteLength - BUDGET} bytes over its budget`);
  return byteLength <= BUDGET && await works("bun") && await works("deno");
}

/** Uses the bundle in a process of its own, where nothing but the bundle can be loaded. */
function works(runtime: "bun" | "deno"): Promise<boolean> {
  const { file, args } = command(runtime, `${root}tasks/support/try_bundle.ts`, [root + BUNDLE]);
  return succeeds(file, ...args);
}

if (import.meta.main) process.exit(await build() ? 0 : 1);
