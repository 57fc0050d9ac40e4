/**
 * Tries what installers copy of a repository. npm clones a git address, installs the development packages into the
 * clone, runs the script `dependencies` there, which builds, and installs what the clone then holds. Bun, and npm of a
 * folder, copy the sources, which Bun alone runs within `node_modules`. Needs no network.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../project.ts";
import { UserProject } from "./user_project.ts";

/** Of a checkout, what git does not keep. */
const LOCAL = /^(node_modules|dist|\.git)(\/|$)/;

/**
 * Installs and runs.
 *
 * @param programs Files of the project: `program.ts`, `program.js`.
 */
export async function consumeGit(scratch: string, programs: Readonly<Record<string, string>>): Promise<boolean> {
  for (const needed of ["npm", "git"]) if (spawnSync(needed, ["--version"]).status !== 0) return true;
  const home = join(scratch, "git");
  makeRepository(join(home, "repository"));
  // npm clones into its cache; the packages are found above that, as there is no registry to install them from.
  symlinkSync(`${root}node_modules`, join(home, "node_modules"));
  const repository = join(home, "repository"), address = `git+file://${repository}`;
  const install = ["install", "--offline", "--no-audit", "--no-fund", `--cache=${join(home, "cache")}`];
  const built = new UserProject(home, "from git", programs);
  const cloned = new UserProject(home, "from git by Bun", programs);
  const copied = new UserProject(home, "copied", programs);
  const results = [
    await built.run("npm", ...install, address),
    await built.bun("program.ts"),
    await built.node("program.ts"),
    await built.deno("run", "--no-prompt", "--node-modules-dir=manual", "--allow-ffi", "program.ts"),
    await cloned.bun("add", `--cache-dir=${join(home, "cache")}`, address),
    await cloned.bun("program.ts"),
    await copied.run("npm", ...install, "--install-links", repository),
    await copied.bun("program.ts"),
  ];
  return results.every((holds) => holds);
}

/** A repository of the checkout as it is, whose one development package lies in it. */
function makeRepository(folder: string): void {
  cpSync(root, folder, { recursive: true, filter: (path) => !LOCAL.test(relative(root, path)) });
  const local = "only-package";
  mkdirSync(join(folder, local));
  writeFileSync(join(folder, local, "package.json"), JSON.stringify({ name: local, version: "1.0.0" }));
  const path = join(folder, "package.json"), manifest = JSON.parse(readFileSync(path, "utf8"));
  delete manifest.optionalDependencies;
  writeFileSync(path, JSON.stringify({ ...manifest, devDependencies: { [local]: `file:./${local}` } }, null, 2));
  const who = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  for (const args of [["init", "-q"], ["add", "."], [...who, "commit", "-q", "-m", "all"]]) {
    const { status, stderr } = spawnSync("git", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`git ${args.join(" ")} ended with ${status}: ${stderr}`);
  }
}
