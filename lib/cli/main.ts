#!/usr/bin/env bun
/**
 * The command `shmkit`, which observes segments from outside: `shmkit --help` lists what it can do.
 *
 * @module
 */
import { CommanderError } from "commander";
import { realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ShmkitError } from "../errors.ts";
import { makeProgram } from "./program.ts";
import { complain, endUnanswered } from "./view/output.ts";

/** The command was called wrongly. */
const USAGE = 2;

/**
 * Runs the command.
 *
 * @param args What follows the program's name.
 * @returns The exit code: 0; 1 if something is wrong with what was inspected; 2 if the arguments are wrong.
 */
export async function run(args: readonly string[]): Promise<number> {
  let code = 0;
  try {
    await makeProgram((ended) => void (code = ended)).parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    // It has already reported the error; help and the version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (!(error instanceof ShmkitError)) throw error;
    complain(error.message);
    return 1;
  }
}

if (import.meta.main ?? isStarted()) {
  // Node says at each start that its FFI is experimental, even into the screen of `top`.
  process.removeAllListeners("warning");
  process.stdout.on("error", endUnanswered);
  process.exitCode = await run(process.argv.slice(2));
}

/** Whether this is the program. A Node that is too old to say so is also too old for the rest, which is to be said. */
function isStarted(): boolean {
  const [, script] = process.argv;
  return script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url);
}
