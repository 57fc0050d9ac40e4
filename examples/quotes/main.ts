/**
 * The demo: a Bun process writes quotes at full speed; one Bun and one Deno process read them from the same memory.
 *
 *     main.ts [--seconds N]
 *
 * Ends with 0 if nothing was torn or went backwards and every process did its part, otherwise with 1.
 */
import { createLogUpdate } from "log-update";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LatestTable, Segment, type ViewOf } from "../../mod.ts";
import { command, type Runtime } from "../../support/runtimes.ts";
import { Quote, Report, ROLES, ROWS } from "./layout.ts";
import { reportLine, reportTable } from "./table.ts";

/** How long to wait for the processes to begin. */
const START_LIMIT_MS = 60_000;

const seconds = readSeconds();
// Without a name in /dev/shm, nothing is left there however this ends.
const segment = Segment.anonymous({ byteLength: 2 ** 20, role: "demo" });
const processes: ReturnType<typeof spawn>[] = [];
let isInterrupted = false;
process.on("SIGINT", () => isInterrupted = true);
process.on("SIGTERM", () => isInterrupted = true);

let succeeded = false;
try {
  succeeded = await run();
} finally {
  for (const child of processes) if (child.exitCode === null) child.kill("SIGKILL");
  segment.close();
}
process.exit(succeeded ? 0 : 1);

async function run(): Promise<boolean> {
  segment.create("quotes", LatestTable, { layout: Quote, rows: ROWS, versions: 4 });
  const tables = ROLES.map((_, i) => segment.create(`report ${i}`, LatestTable, { layout: Report, rows: 1 }));
  const reports = tables.map(() => Report.alloc());
  const look = () => tables.forEach((table, i) => table.read(0, reports[i]));

  start("bun", "writer.ts", 0);
  start("bun", "reader.ts", 1);
  start("deno", "reader.ts", 2);
  const early = Promise.race(processes.map((child) => once(child, "exit")));
  early.then(() => isInterrupted = true);

  // The clock starts when all are at work: starting a runtime takes longer than a short demo lasts.
  const launched = performance.now();
  while (!isInterrupted && reports.some(({ count }) => count === 0) && performance.now() - launched < START_LIMIT_MS) {
    await pause(5);
    look();
  }
  const before = reports.map(({ count }) => count);

  const live = process.stdout.isTTY ? createLogUpdate(process.stdout) : undefined;
  const begin = performance.now();
  const elapsed = () => (performance.now() - begin) / 1000;
  const left = () => seconds - elapsed();
  let nextLine = 1;
  while (left() > 0 && !isInterrupted) {
    await pause(Math.min(200, left() * 1000));
    look();
    if (live) live(`${reportTable(reports, before, elapsed())}\n${elapsed().toFixed(0)} of ${seconds} s, Ctrl-C ends`);
    else if (elapsed() >= nextLine) console.log(reportLine(reports, nextLine++));
  }
  const lasted = elapsed();
  look();
  const table = reportTable(reports, before, lasted);
  const attached = segment.participants().length - 1;
  for (const child of processes) child.kill("SIGTERM");
  const codes = await Promise.all(
    processes.map((child) => child.exitCode ?? once(child, "exit").then(([code]) => code)),
  );
  look();
  live?.clear();
  console.log(table);
  return verdict(reports, attached, codes);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function start(runtime: Runtime, script: string, reportRow: number): void {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { file, args } = command(runtime, path, [segment.name, String(reportRow)]);
  processes.push(spawn(file, args, { stdio: ["ignore", "inherit", "inherit"] }));
}

/** Says in words whether all was well. */
function verdict(reports: ViewOf<typeof Report>[], attached: number, codes: (number | null)[]): boolean {
  const torn = reports.reduce((sum, report) => sum + report.torn, 0);
  const backwards = reports.reduce((sum, report) => sum + report.backwards, 0);
  const idle = ROLES.filter((_, i) => reports[i].count === 0);
  const complaints = [
    torn > 0 && `${torn} reads were torn`,
    backwards > 0 && `${backwards} reads went backwards`,
    idle.length > 0 && `nothing was heard of: ${idle.join(", ")}`,
    attached !== ROLES.length && `${attached} of ${ROLES.length} processes were still attached at the end`,
    codes.some((code) => code !== 0) && `the processes ended with ${codes.join(", ")}`,
  ].filter((complaint) => complaint !== false);
  console.log(complaints.length === 0 ? "No read was torn, none went backwards." : complaints.join("; "));
  return complaints.length === 0;
}

function readSeconds(): number {
  try {
    const { values } = parseArgs({ options: { seconds: { type: "string", default: "5" } } });
    const seconds = Number(values.seconds);
    if (seconds > 0 && seconds <= 86_400) return seconds;
    console.error(
      `Cannot run the demo as --seconds must be a number above 0, at most 86400: received ${values.seconds}`,
    );
  } catch (error) {
    console.error(`Cannot run the demo: ${(error as Error).message}`);
  }
  process.exit(2);
}
