/**
 * The desk: `main.ts [options]`, see `supervisor/desk_options.ts`.
 *
 * Ends with 0 if all is right, with 1 if not, or if it could not be checked and that is not meant, with 2 if the
 * arguments cannot be understood.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { type DeskOptions, parseOptions, USAGE } from "./supervisor/desk_options.ts";
import { spoolPipes } from "./supervisor/spool_pipes.ts";
import { runDesk } from "./supervisor/run_desk.ts";
import { htmlPage } from "./view/html_page.ts";
import { summary } from "./view/summary.ts";
import { summaryJson } from "./view/summary_json.ts";

const options = await withSpool(readOptions());
const result = await runDesk(options);
console.log(options.json ? JSON.stringify(summaryJson(result), undefined, 2) : summary(result));
const isWritten = writePage();
const { value } = result.verdict;
process.exit((value === "right" || (value === "unchecked" && options.unchecked)) && isWritten ? 0 : 1);

/** The disk may be full by now; the results are printed before. */
function writePage(): boolean {
  try {
    if (options.html !== undefined) writeFileSync(options.html, htmlPage(result));
    return true;
  } catch (error) {
    console.error(`Cannot write ${options.html}: ${(error as Error).message}`);
    return false;
  }
}

async function withSpool(options: DeskOptions): Promise<DeskOptions> {
  try {
    return { ...options, spooled: await spoolPipes(options.files) };
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

function readOptions(): DeskOptions {
  if (process.argv.includes("--help")) {
    console.log(USAGE);
    process.exit(0);
  }
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}
