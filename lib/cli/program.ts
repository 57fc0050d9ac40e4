import { Command, InvalidArgumentError } from "commander";
import process from "node:process";
import { clean } from "./commands/clean.ts";
import { doctor } from "./commands/doctor.ts";
import { inspect, ROWS } from "./commands/inspect.ts";
import { list } from "./commands/list.ts";
import { type Language, schema } from "./commands/schema.ts";
import { top } from "./commands/top.ts";
import { VERSION } from "./version.ts";
import { segmentName } from "./observe/segment_place.ts";
import { harmless } from "./view/figures.ts";
import { answer, Output } from "./view/output.ts";

/**
 * What the command line understands.
 *
 * @param end Receives a command's exit code.
 */
export function makeProgram(end: (code: number) => void): Command {
  const program = new Command("shmkit")
    .description("Observes shared memory of shmkit from outside. Only `clean` ever changes anything.")
    .version(VERSION)
    .showSuggestionAfterError()
    .helpCommand(false)
    .configureOutput({
      writeOut: answer,
      writeErr: (text) => void process.stderr.write(text.split("\n").map(harmless).join("\n")),
    })
    .exitOverride();
  const command = (name: string, description: string) =>
    program.command(name).description(description).option("--json", "answers in JSON").exitOverride();

  command("list", "the segments of this machine; with 1, one of them is corrupt")
    .action(({ json }) => end(list(new Output(json === true))));

  command("inspect", "a segment: its participants, what each holds, and its objects; or one object")
    .argument("<name>", "the segment's name, such as /md", nameOfSegment)
    .argument("[object]", "the name of an object in it")
    .option("--rows [count]", `all rows or records, or so many; of one object ${ROWS} by default`, rowCount)
    .option("--follow", "stays, and shows what changes")
    .option("--interval <ms>", "sampling interval of --follow", milliseconds, 100)
    .action(async (name, object, { json, rows, follow = false, interval }) => {
      if (follow && object === undefined) program.error("error: --follow needs an object");
      const options = { rows: rows === true ? Infinity : rows, follow, intervalMs: interval };
      end(await inspect(name, object, options, new Output(json === true)));
    });

  command("top", "what happens in all segments, or in one, as it happens")
    .argument("[name]", "the segment's name", nameOfSegment)
    .option("--interval <ms>", "sampling interval", milliseconds, 2000)
    .option("--count <samples>", "ends after so many samples; defaults to one where there is no terminal", rowCount)
    .action(async (name, { json, interval, count }) =>
      end(await top({ name, intervalMs: interval, count }, new Output(json === true)))
    );

  command("doctor", "what of this machine would be slow or fail, and what mends it; with 1, something would fail")
    .action(({ json }) => end(doctor(new Output(json === true))));

  command("clean", "removes segments that nobody is attached to and whose creator is gone")
    .argument("[names...]", "only those of these names", (name: string, names: readonly string[] = []) => [
      ...names,
      nameOfSegment(name),
    ])
    .option("--dry-run", "only says what would be removed")
    .option("--yes", "does not ask")
    .action(async (names, { json, dryRun = false, yes = false }) =>
      end(await clean({ names, dryRun, yes }, new Output(json === true)))
    );

  command("schema", "declares an object's records for another language, from the segment alone")
    .argument("<name>", "the segment's name", nameOfSegment)
    .argument("<object>", "the name of an object in it")
    .option("--c", "as a header for C11 and C++11")
    .option("--python", "for Python's ctypes")
    .option("--typescript", "for programs that use shmkit")
    .action((name, object, { json, c, python, typescript }) => {
      const languages: readonly (readonly [Language, unknown])[] = [
        ["c", c],
        ["python", python],
        ["typescript", typescript],
      ];
      const chosen = languages.filter(([, isChosen]) => isChosen === true);
      if (chosen.length !== 1) program.error("error: one of --c, --python and --typescript must be given");
      end(schema(name, object, chosen[0][0], new Output(json === true)));
    });

  return program;
}

/** A segment's name, whose slash may be left out. */
function nameOfSegment(text: string): string {
  try {
    return segmentName(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidArgumentError(error.message);
  }
}

function rowCount(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a number.");
  return Number(text);
}

function milliseconds(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError("It must be a number of milliseconds.");
  return Number(text);
}
