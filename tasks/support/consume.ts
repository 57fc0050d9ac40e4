/**
 * Tries the package as its users have it: from a fresh folder outside the repository, with the README's first program.
 *
 * @module
 */
import { spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runtimes } from "../../support/runtimes.ts";
import { root } from "../project.ts";

const PACKAGE = "@shmkit/shmkit";

/** What a user's project asks of the compiler; `bun init` asks for the same. */
const COMPILER_OPTIONS = {
  target: "ESNext",
  module: "Preserve",
  moduleResolution: "bundler",
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  skipDefaultLibCheck: true,
  types: [],
};

/** What a program needs under Node's permission model; files are its own and the package's. */
const PERMISSIONS = ["--disable-warning=PERM0003", "--permission", "--allow-ffi", "--allow-fs-read=*"];

/** A command, and the folder in which it runs. */
interface Step {
  readonly name: string;
  readonly folder: string;
  readonly file: string;
  readonly args: readonly string[];
}

/** The README's first program, which is JavaScript as well as TypeScript. */
export function readmeProgram(readme: string): string {
  const program = readme.match(/^```ts\n([\s\S]*?)^```$/m)?.[1];
  if (program === undefined) throw new Error("Cannot try the README's first program as it must have one: found none");
  return program;
}

/** Installs and runs what was built, and the sources, in every way that the README names. */
export async function consume(bundle: string, minified: string, declarations: string): Promise<boolean> {
  const scratch = mkdtempSync(join(tmpdir(), "shmkit-user-"));
  try {
    const program = readmeProgram(readFileSync(`${root}README.md`, "utf8"));
    const project = (name: string, files: Record<string, unknown>) => {
      const folder = join(scratch, name);
      mkdirSync(folder);
      const all = { "package.json": { type: "module" }, "program.ts": program, "program.js": program, ...files };
      for (const [file, content] of Object.entries(all)) {
        writeFileSync(join(folder, file), typeof content === "string" ? content : JSON.stringify(content));
      }
      return folder;
    };
    const bun = (name: string, folder: string, ...args: string[]) => ({ name, folder, file: runtimes.bun, args });
    const deno = (name: string, folder: string, ...args: string[]) => ({ name, folder, file: runtimes.deno, args });
    // It says at every use that its FFI is experimental.
    const quiet = "--disable-warning=ExperimentalWarning";
    const node = (name: string, folder: string, ...args: string[]) => {
      return { name, folder, file: runtimes.node, args: [quiet, ...args] };
    };
    const tsc = (name: string, folder: string) =>
      bun(name, folder, `${root}node_modules/typescript/lib/tsc.js`, "-p", ".");
    const compiler = { compilerOptions: COMPILER_OPTIONS, files: ["program.ts"] };

    const installed = project("installed", { "tsconfig.json": compiler });
    const packed = bun("pack", root, "pm", "pack", "--quiet", "--ignore-scripts", "--destination", scratch);
    if (!await succeeds(packed)) return false;
    const archive = readdirSync(scratch).find((file) => file.endsWith(".tgz"));
    if (!await succeeds(bun("bun add ./package.tgz", installed, "add", "--omit=optional", join(scratch, archive!)))) {
      return false;
    }
    const mapped = project("mapped", { "deno.json": { imports: { [PACKAGE]: `${root}mod.ts` } } });
    // As `npm i ../shmkit` does. Node reads no TypeScript within node_modules: not that of a package which was packed.
    const linked = project("linked", { "tsconfig.json": compiler }), scope = join(linked, "node_modules/@shmkit");
    mkdirSync(scope, { recursive: true });
    symlinkSync(root, join(scope, "shmkit"));
    const beside = program.replace(PACKAGE, "./shmkit.js"), files = { "program.ts": beside, "program.js": beside };
    const built = project("built", { ...files, "tsconfig.json": compiler });
    copyFileSync(root + bundle, join(built, "shmkit.js"));
    copyFileSync(root + declarations, join(built, "shmkit.d.ts"));
    const small = project("small", files);
    copyFileSync(root + minified, join(small, "shmkit.js"));

    const results = [
      await succeeds(tsc("installed: tsc --strict", installed)),
      await succeeds(bun("installed: bun program.ts", installed, "program.ts")),
      await succeeds(bun("installed: bun program.js", installed, "program.js")),
      await succeeds(tsc("linked: tsc --strict", linked)),
      await succeeds(node("linked: node program.ts", linked, "program.ts")),
      await succeeds(node("linked: node program.js", linked, "program.js")),
      await succeeds(node("linked: node --permission", linked, ...PERMISSIONS, "program.ts")),
      await succeeds(deno("import map: deno check", mapped, "check", "--quiet", "program.ts")),
      await succeeds(deno("import map: deno run", mapped, "run", "--no-prompt", "--allow-ffi", "program.ts")),
      await succeeds(tsc("one file: tsc --strict", built)),
      await succeeds(deno("one file: deno check", built, "check", "--quiet", "program.ts")),
      await succeeds(bun("one file: bun program.ts", built, "program.ts")),
      await succeeds(deno("one file: deno run", built, "run", "--no-prompt", "--allow-ffi", "program.js")),
      await succeeds(node("one file: node program.ts", built, "program.ts")),
      await succeeds(node("one file: node program.js", built, "program.js")),
      await succeeds(bun("one file, minified: bun program.js", small, "program.js")),
      await succeeds(deno("one file, minified: deno run", small, "run", "--no-prompt", "--allow-ffi", "program.js")),
      await succeeds(node("one file, minified: node program.js", small, "program.js")),
    ];
    return results.every((holds) => holds);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Runs a step. A warning counts as a failure: a user's project must not see any. */
function succeeds({ name, folder, file, args }: Step): Promise<boolean> {
  const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const child = spawn(file, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => output += data);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const holds = code === 0 && !/\bwarning\b/i.test(output);
      if (!holds) console.error(`${name}: ended with ${code}\n${output}`);
      resolve(holds);
    });
  });
}
