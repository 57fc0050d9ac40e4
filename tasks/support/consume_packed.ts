/**
 * Tries the package as it is packed, installed by npm, or by Bun where there is no npm. Needs no network.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runtimes } from "../../support/runtimes.ts";
import { root } from "../project.ts";
import { nameSources, namesSources } from "./package.ts";
import { PACKAGE, UserProject } from "./user_project.ts";

/** Strict about what the package declares, too, and by the rules of Node: other than its own project is. */
const COMPILER_OPTIONS = {
  target: "ESNext",
  module: "nodenext",
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  verbatimModuleSyntax: true,
  types: [],
};

/** The packages of the command, which come from this checkout instead of a registry. */
const COMMAND_PACKAGES = ["commander", "picocolors", "slice-ansi"];

/** Imports every exported module, and checks that they share their classes. Leaves a segment. */
const MODULES = (name: string) => `
import { f64, Segment, SpscRing, struct } from "${PACKAGE}";
import * as channel from "${PACKAGE}/channel";
import { run } from "${PACKAGE}/cli";
import * as layout from "${PACKAGE}/layout";
import * as memory from "${PACKAGE}/memory";
import "${PACKAGE}/atomic";
import "${PACKAGE}/ffi";
import "${PACKAGE}/structure";
import "${PACKAGE}/sync";
import "${PACKAGE}/wait";

if (channel.SpscRing !== SpscRing || layout.f64 !== f64) throw new Error("a class is there twice");
const segment: memory.Segment = memory.Segment.openOrCreate("${name}", { byteLength: 1 << 16 });
if (!(segment instanceof Segment)) throw new Error("a class is there twice");
const ring = segment.openOrCreate("ring", SpscRing, { layout: struct("T", { a: f64 }), capacity: 8 });
ring.producer().push({ a: 1 });
const code = await run(["inspect", "${name}", "ring"]);
if (code !== 0) throw new Error(\`the command ended with \${code}\`);
segment.close();
`;

/**
 * Packs, installs and runs.
 *
 * @param programs Files of the project: `program.ts`, `program.js`.
 */
export async function consumePacked(scratch: string, programs: Readonly<Record<string, string>>): Promise<boolean> {
  const name = `/shmkit-packed-${crypto.randomUUID()}`;
  const compiler = { compilerOptions: COMPILER_OPTIONS, files: ["program.ts", "modules.ts"] };
  const user = new UserProject(scratch, "packed", {
    ...programs,
    "modules.ts": MODULES(name),
    "tsconfig.json": compiler,
  });
  const hasNpm = spawnSync("npm", ["--version"]).status === 0, archive = pack(scratch, hasNpm);
  if (archive === undefined) return false;
  const isInstalled = hasNpm
    ? await user.run("npm", "install", "--offline", "--omit=optional", "--no-audit", "--no-fund", archive)
    : await user.bun("add", "--omit=optional", archive);
  if (!isInstalled) return false;
  for (const one of COMMAND_PACKAGES) user.link(one, `${root}node_modules/${one}`);
  const runs = (...permissions: string[]) => ["run", "--no-prompt", "--node-modules-dir=manual", ...permissions];
  try {
    const results = [
      await user.tsc(),
      await user.bun("program.ts"),
      await user.node("program.ts"),
      await user.node("program.js"),
      await user.restrictedNode("program.js"),
      await user.deno("check", "--quiet", "--node-modules-dir=manual", "program.ts"),
      await user.deno(...runs("--allow-ffi"), "program.ts"),
      await user.bun("modules.ts"),
      await user.deno(...runs("--allow-all"), "modules.ts"),
      await user.node("modules.ts"),
      // As `npx shmkit` and `bunx shmkit` start it.
      await user.run("node_modules/.bin/shmkit", "inspect", name),
      await user.bun("node_modules/.bin/shmkit", "inspect", name),
      await user.deno(...runs("--allow-all"), "node_modules/.bin/shmkit", "inspect", name),
    ];
    return results.every((holds) => holds);
  } finally {
    rmSync(`/dev/shm${name}`, { force: true });
  }
}

/** Packs the checkout, and leaves its `package.json` as it was. @returns The archive's path; undefined if it fails. */
function pack(scratch: string, hasNpm: boolean): string | undefined {
  const [file, args] = hasNpm
    ? ["npm", ["pack", "--silent", "--pack-destination", scratch]]
    : [runtimes.bun, ["pm", "pack", "--quiet", "--destination", scratch]];
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: root, encoding: "utf8" });
  const archive = readdirSync(scratch).find((name) => name.endsWith(".tgz"));
  if (status === 0 && archive !== undefined && namesSources()) return join(scratch, archive);
  console.error(`${file} ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`);
  if (!namesSources()) {
    console.error("package.json was left as it is for packing");
    nameSources();
  }
  return undefined;
}
