import Table from "cli-table3";
import pc from "picocolors";
import type { ViewOf } from "../../mod.ts";
import { type Report, ROLES } from "./layout.ts";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/**
 * The reports as a table for a terminal.
 *
 * @param reports What each process has done since it started.
 * @param before The counts when the clock started.
 * @param seconds How long ago that was.
 */
export function reportTable(
  reports: readonly ViewOf<typeof Report>[],
  before: readonly number[],
  seconds: number,
): string {
  const head = ["", "quotes", "per second", "fresh", "torn", "backwards", "age p50", "age p99"].map((text) =>
    pc.bold(text)
  );
  const table = new Table({ head, style: { head: [], border: [] }, colAligns: ["left", ...Array(7).fill("right")] });
  reports.forEach((report, i) => {
    const rate = number.format((report.count - before[i]) / seconds);
    const reader = [report.fresh, report.torn, report.backwards].map((count) => number.format(count));
    table.push([
      ROLES[i],
      number.format(report.count),
      rate,
      ...(i === 0 ? ["", "", "", "", ""] : [...reader, microseconds(report.p50), microseconds(report.p99)]),
    ]);
  });
  return table.toString();
}

/** The reports as one line, for a log. */
export function reportLine(reports: readonly ViewOf<typeof Report>[], seconds: number): string {
  const counts = reports.map((report, i) => `${ROLES[i]} ${number.format(report.count)}`).join(", ");
  const torn = reports.reduce((sum, report) => sum + report.torn, 0);
  return `${seconds} s: ${counts}, torn ${torn}`;
}

function microseconds(nanoseconds: number): string {
  return nanoseconds === 0 ? "" : `${(nanoseconds / 1000).toFixed(2)} µs`;
}
