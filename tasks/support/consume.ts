/**
 * Tries the package as its users have it: from fresh folders outside the repository, with the README's first program.
 *
 * @module
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../project.ts";
import { consumeGit } from "./consume_git.ts";
import { consumePacked } from "./consume_packed.ts";
import { PACKAGE, UserProject } from "./user_project.ts";

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
    const programs = { "program.ts": program, "program.js": program };
    const compiler = { "tsconfig.json": { compilerOptions: COMPILER_OPTIONS, files: ["program.ts"] } };

    const mapped = new UserProject(scratch, "import map", {
      ...programs,
      "deno.json": { imports: { [PACKAGE]: `${root}mod.ts` } },
    });
    // As `npm i ../shmkit` does. A runtime takes the sources for what they are: not for what lies in `node_modules`.
    const linked = new UserProject(scratch, "linked", { ...programs, ...compiler });
    linked.link(PACKAGE, root);
    const beside = program.replace(PACKAGE, "./shmkit.js"), besides = { "program.ts": beside, "program.js": beside };
    const built = new UserProject(scratch, "one file", { ...besides, ...compiler });
    copyFileSync(root + bundle, built.path("shmkit.js"));
    copyFileSync(root + declarations, built.path("shmkit.d.ts"));
    const small = new UserProject(scratch, "one file, minified", besides);
    copyFileSync(root + minified, small.path("shmkit.js"));

    const results = [
      await linked.tsc(),
      await linked.bun("program.ts"),
      await linked.deno("run", "--no-prompt", "--allow-ffi", "program.ts"),
      await linked.node("program.ts"),
      await linked.node("program.js"),
      await linked.restrictedNode("program.ts"),
      await mapped.deno("check", "--quiet", "program.ts"),
      await mapped.deno("run", "--no-prompt", "--allow-ffi", "program.ts"),
      await built.tsc(),
      await built.deno("check", "--quiet", "program.ts"),
      await built.bun("program.ts"),
      await built.deno("run", "--no-prompt", "--allow-ffi", "program.js"),
      await built.node("program.ts"),
      await built.node("program.js"),
      await small.bun("program.js"),
      await small.deno("run", "--no-prompt", "--allow-ffi", "program.js"),
      await small.node("program.js"),
      await consumePacked(scratch, programs),
      await consumeGit(scratch, programs),
    ];
    return results.every((holds) => holds);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
