import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";

/** A task's arguments. Ends the process if they are not the task's, and says why in a line. */
export function taskArgs<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}; --help says how this is used`);
    process.exit(2);
  }
}
