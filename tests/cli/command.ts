import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { command, type Runtime, thisRuntime } from "../../support/runtimes.ts";

const MAIN = fileURLToPath(new URL("../../lib/cli/main.ts", import.meta.url));

/** What a call of the command came to. */
export interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** How the command is called. */
export interface CallOptions {
  readonly runtime?: Runtime;
  /** Shell words before it, such as "setpriv … ". */
  readonly prefix?: readonly string[];
  /** What is typed. */
  readonly input?: string;
  readonly env?: Record<string, string>;
}

/** Calls `shmkit` in a process of its own, as from a script. */
export function shmkit(args: readonly string[], options: CallOptions = {}): Promise<Answer> {
  const { runtime = thisRuntime, prefix = [], input = "", env = {} } = options;
  const { file, args: all } = command(runtime, MAIN, args), [first, ...rest] = [...prefix, file, ...all];
  return new Promise((resolve, reject) => {
    const child = spawn(first, rest, { env: { ...process.env, NO_COLOR: "1", ...env } });
    let out = "", errors = "";
    child.stdout.on("data", (data) => out += data);
    child.stderr.on("data", (data) => errors += data);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, errors }));
    child.stdin.on("error", () => {}); // it did not ask
    child.stdin.end(input);
  });
}

// deno-lint-ignore no-explicit-any -- what the tests look into
type Json = any;

/** The same, of an answer in JSON. */
export async function shmkitJson(
  args: readonly string[],
  options: CallOptions = {},
): Promise<{ code: number; json: Json }> {
  const { code, out, errors } = await shmkit([...args, "--json"], options);
  if (out === "") throw new Error(`shmkit ${args.join(" ")} answered nothing: ${errors}`);
  return { code: code!, json: JSON.parse(out) };
}
