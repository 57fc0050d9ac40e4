/**
 * The way into every task: `bun run <task>` comes here. Installs the packages that are missing or outdated, then runs
 * `tasks/<task>.ts` in a process of its own. This file imports nothing that would have to be installed first.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [task, ...args] = process.argv.slice(2);

// With nothing to change this takes 20 ms and no network.
if (!existsSync(`${root}node_modules`)) console.error("Installing the development packages …");
const install = spawnSync(process.execPath, ["install", "--frozen-lockfile", "--no-progress"], {
  cwd: root,
  encoding: "utf8",
});
if (install.status !== 0) {
  console.error(install.stdout + install.stderr);
  console.error("Cannot install the development packages: is the npm registry in reach? The reasons stand above");
  process.exit(1);
}

// Ctrl-C and a polite kill are for the task to act on; this process only waits for it.
const { status } = spawnSync(process.execPath, [`${root}tasks/${task}.ts`, ...args], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
