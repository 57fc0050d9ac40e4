import { Command, InvalidArgumentError } from "commander";
import { inspect, ROWS } from "./commands/inspect.ts";
import { list } from "./commands/list.ts";
import { VERSION } from "./version.ts";
import { Output } from "./view/output.ts";

/**
 * What the command line understands.
 *
 * @param end Receives a command's exit code.
 */
export function makeProgram(end: (code: number) => void): Command {
  const program = new Command("shmkit")
    .description("Looks at shared memory of shmkit from outside. Only `clean` ever changes anything.")
    .version(VERSION)
    .showSuggestionAfterError()
    .helpCommand(false)
    .exitOverride();
  const command = (name: string, description: string) =>
    program.command(name).description(description).option("--json", "answers in JSON").exitOverride();

  command("list", "the segments of this machine; with 1, one of them is corrupt")
    .action(({ json }) => end(list(new Output(json === true))));

  command("inspect", "a segment: who is attached, what each holds, and its objects; or one object")
    .argument("<name>", "the segment's name, such as /md")
    .argument("[object]", "the name of an object in it")
    .option("--rows [count]", `all rows or records, or so many; of one object ${ROWS} unless given`, rowCount)
    .option("--follow", "goes on, and shows what changes")
    .option("--interval <ms>", "how often to look when following", milliseconds, 100)
    .action(async (name, object, { json, rows, follow = false, interval }) => {
      if (follow && object === undefined) program.error("error: --follow needs an object");
      const options = { rows: rows === true ? Infinity : rows, follow, intervalMs: interval };
      end(await inspect(name, object, options, new Output(json === true)));
    });

  return program;
}

function rowCount(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a number.");
  return Number(text);
}

function milliseconds(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError("It must be a number of milliseconds.");
  return Number(text);
}
