import $, { type CommandBuilder } from "dax";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The project's root, with a slash at the end. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** The formatter wraps code at this width. It leaves comments and documents alone: rules hold them to it. */
export const WIDTH = 120;

/** The modules that users import, as `deno.json` names them. */
export function publicModules(): string[] {
  return Object.values(JSON.parse(readFileSync(`${root}deno.json`, "utf8")).exports);
}

/** The folders and files with code, as far as they exist. */
export const sources: readonly string[] = ["mod.ts", "ffi", "lib", "support", "tests", "bench", "tasks", "examples"]
  .filter((path) => $.path(root).join(path).existsSync());

// Reports are kept in files and pipes, where colour codes are noise.
const plain: Record<string, string> = process.stdout.isTTY ? {} : { NO_COLOR: "1" };

/** Runs a command at the root, with its output shown, and says whether it ended well. */
export async function succeeds(file: string, ...args: readonly string[]): Promise<boolean> {
  const { code } = await commandOf(file, args);
  return code === 0;
}

/** As `succeeds`, for a command that runs beside others: shows all of its output when it has ended. */
export async function succeedsQuietly(title: string, file: string, ...args: readonly string[]): Promise<boolean> {
  const { code, combined } = await commandOf(file, args).captureCombined();
  console.log(`${title}\n${combined}`);
  return code === 0;
}

function commandOf(file: string, args: readonly string[]): CommandBuilder {
  // Under Bun, dax gives code 0 for a process that a signal ended. A shell in between makes it 128 and the signal.
  return $`sh -c ${'"$@"; exit $?'} sh ${file} ${args}`.cwd(root).env({ ...plain, DENO_NO_UPDATE_CHECK: "1" })
    .noThrow();
}
