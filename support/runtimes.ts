/**
 * The real binaries of all runtimes, and how a script is run with them. A wrapper script would not do: `kill -9` of
 * it leaves its child alive.
 *
 * @module
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The runtimes that share memory. */
export type Runtime = "bun" | "deno" | "node";

/** Which runtime this is. */
export const thisRuntime: Runtime = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";

/** Another one, for tests of two. */
export const otherRuntime: Runtime = thisRuntime === "bun" ? "deno" : "bun";

/**
 * The ordered pairs of writer and reader that this runner tests: those that begin with its own runtime. Bun's and
 * Deno's runners together test all four of their pairs, each once. Node's runner tests all pairs with Node.
 */
export const PAIRS: readonly (readonly [Runtime, Runtime])[] = thisRuntime === "node"
  ? [["node", "node"], ["node", "bun"], ["deno", "node"]]
  : [[thisRuntime, thisRuntime], [thisRuntime, otherRuntime]];

/** The runtimes of processes beside a test: its own and the other one, or, of Node, both others. */
export const BESIDE: readonly Runtime[] = thisRuntime === "node"
  ? ["node", "bun", "deno"]
  : [thisRuntime, otherRuntime];

/** The runtime of the i-th of many processes: every fourth is of another one. */
export function mixed(i: number): Runtime {
  const others = BESIDE.slice(1);
  return i % 4 === 3 ? others[(i >> 2) % others.length] : thisRuntime;
}

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

const found: Partial<Record<Runtime, string>> = {};

/** Absolute paths of the binaries. Reading one that does not exist throws. */
export const runtimes: Readonly<Record<Runtime, string>> = {
  // Installers put the platform's binary into the package's place, or leave it in the platform package.
  get bun() {
    return found.bun ??= find("bun", "SHMKIT_BUN", [
      join(modules, "bun/bin/bun.exe"),
      ...platformPackages("@oven", "bin/bun"),
    ]);
  },
  get deno() {
    return found.deno ??= find("deno", "SHMKIT_DENO", platformPackages("@deno", "deno"));
  },
  get node() {
    return found.node ??= find("node", "SHMKIT_NODE", [
      join(modules, `.node/node_modules/node-linux-${process.arch}/bin/node`),
    ]);
  },
};

/** The option by which Deno takes V8's flags, which Node has as its own. */
const V8_FLAGS = "--v8-flags=";

/** What Node needs to read a checkout: its names, and no word on what is experimental. */
export const nodeFlags: readonly string[] = [
  "--no-warnings",
  "--expose-gc",
  `--import=${fileURLToPath(new URL("./node_hook.mjs", import.meta.url))}`,
];

/**
 * How to run a script with a runtime. Where this process is emulated, and SHMKIT_EMULATOR and SHMKIT_EMULATED say how,
 * so are other processes of its runtime; those of other runtimes are the machine's own.
 *
 * @param permissions What Deno may do. Defaults to everything.
 */
export function command(
  runtime: Runtime,
  script: string,
  args: readonly string[] = [],
  permissions: readonly string[] = ["--allow-all"],
): { file: string; args: string[] } {
  const flags = runtime === "bun"
    ? ["run"]
    : runtime === "deno"
    ? ["run", "--quiet", "--no-check", "--no-prompt", ...permissions]
    : [
      ...nodeFlags,
      ...permissions.filter((one) => one.startsWith(V8_FLAGS)).flatMap((one) => one.slice(V8_FLAGS.length).split(",")),
    ];
  const { SHMKIT_EMULATOR: emulator, SHMKIT_EMULATED: binary } = process.env;
  const [file, ...before] = runtime === thisRuntime && emulator !== undefined && binary !== undefined
    ? [emulator, binary]
    : [runtimes[runtime]];
  return { file, args: [...before, ...flags, script, ...args] };
}

/** Searches the path in an environment variable, the installed packages, this process's own binary, then PATH. */
function find(runtime: Runtime, variable: string, installed: readonly string[]): string {
  const own = thisRuntime === runtime ? [process.execPath] : [];
  const onPath = (process.env.PATH ?? "").split(delimiter).map((part) => join(part, runtime));
  const told = process.env[variable];
  const path = (told !== undefined ? [told] : [...installed, ...own, ...onPath]).find(isBinary);
  if (path === undefined) {
    throw new Error(`Cannot find ${runtime}: install the packages, or set ${variable} to its binary`);
  }
  return resolve(path);
}

/** A runtime is tens of megabytes long; what is shorter is a script that stands in for it. */
function isBinary(path: string): boolean {
  return existsSync(path) && statSync(path).size > 2 ** 20;
}

function platformPackages(scope: string, binary: string): string[] {
  const folder = join(modules, scope);
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, binary)) : [];
}
