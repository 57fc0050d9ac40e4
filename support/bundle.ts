/**
 * One file of a script and all it imports, which starts in half the time. A test starts hundreds.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../node_modules/@esbuild", import.meta.url));
const bundler = (existsSync(folder) ? readdirSync(folder) : []).map((name) => join(folder, name, "bin/esbuild"))
  .find((path) => existsSync(path));

/** The bundles of this process, by script. */
const made = new Map<string, string>();
let scratch: string | undefined;

/**
 * @param script A path.
 * @returns That of its bundle; of the script itself if there is no bundler, or if the script asks where it lies.
 */
export function bundled(script: string): string {
  let bundle = made.get(script);
  if (bundle === undefined) made.set(script, bundle = makeBundle(script) ?? script);
  return bundle;
}

function makeBundle(script: string): string | undefined {
  if (bundler === undefined) return undefined;
  scratch ??= makeScratch();
  const path = join(scratch, `${made.size}_${basename(script, ".ts")}.js`);
  const flags = [
    "--bundle",
    "--format=esm",
    "--target=esnext",
    "--external:node:*",
    "--external:bun:*",
    "--log-level=error",
  ];
  const { status, stderr } = spawnSync(bundler, [script, ...flags, `--outfile=${path}`], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot bundle ${script}: ${stderr}`);
  return readFileSync(path, "utf8").includes("import.meta.url") ? undefined : path;
}

function makeScratch(): string {
  const path = mkdtempSync(join(tmpdir(), "shmkit-peers-"));
  chmodSync(path, 0o755); // some run as another user
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}
