/**
 * The way into every task: `bun run <task>` comes here. Installs the packages that are missing or outdated, then runs
 * `tasks/<task>.ts` in a process of its own; with `--help` it prints what that file says of itself. This file imports
 * nothing that would have to be installed first.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [task, ...args] = process.argv.slice(2);

/**
 * Tasks that run Node. Its binary comes in a package for each processor, which npm refuses to install on another one
 * unless it is optional; but what is optional for a package is installed for its users. So it has its own manifest.
 */
const WITH_NODE: readonly string[] = ["test", "build"];
const NODE_MANIFEST = `${root}tasks/support/node/`, NODE_HOME = `${root}node_modules/.node/`;

// The demo's help is the desk's.
if (args.includes("--help") && task !== "demo") {
  console.log(helpOf(task));
  process.exit(0);
}

if (!existsSync(`${root}node_modules`)) console.error("Installing the development packages …");
install(root);
if (WITH_NODE.includes(task)) {
  mkdirSync(NODE_HOME, { recursive: true });
  for (const file of ["package.json", "bun.lock"]) copyFileSync(NODE_MANIFEST + file, NODE_HOME + file);
  install(NODE_HOME);
}

// Ctrl-C and a polite kill are for the task to act on; this process only waits for it.
const { status } = spawnSync(process.execPath, [`${root}tasks/${task}.ts`, ...args], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);

/** The comment at the head of a task's file, which says how it is used. */
function helpOf(task: string): string {
  const [, comment] = /^\/\*\*\n(.*?)\n \*\n \* @module/s.exec(readFileSync(`${root}tasks/${task}.ts`, "utf8"))!;
  return comment.replace(/^ \* ?/gm, "");
}

/** Installs what a folder's lock file names. With nothing to change this takes 20 ms and no network. */
function install(cwd: string): void {
  const flags = ["install", "--frozen-lockfile", "--no-progress"];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { cwd, encoding: "utf8" });
  if (status === 0) return;
  console.error(stdout + stderr);
  console.error("Cannot install the development packages: is the npm registry reachable? See the output above");
  process.exit(1);
}
