import pc from "picocolors";
import { findSegments } from "../observe/find_segments.ts";
import { isFault, type ObservedSegment } from "../observe/observed_segment.ts";
import { bytes, harmless, plural, span } from "../view/figures.ts";
import type { Output } from "../view/output.ts";
import { cut, table } from "../view/table.ts";

/** `shmkit list`: the segments of this machine. @returns The exit code: 1 if one of them is corrupt. */
export function list(output: Output): number {
  const found = findSegments();
  if (output.isJson) output.json(found);
  else show(found, output);
  return found.some(isFault) ? 1 : 0;
}

function show(found: readonly ObservedSegment[], output: Output): void {
  const { columns } = output;
  const segments = found.filter(({ status }) => status === "ready");
  const others = found.filter((observed) => !segments.includes(observed));
  if (segments.length === 0) output.lines("No segments");
  else output.lines(...segmentTable(segments, columns));
  if (others.length === 0) return;
  output.lines("", pc.dim("not to be used"));
  for (const { name, status, reason, byteLength, owner } of others) {
    const colour = status === "corrupt" || status === "cut short" ? pc.red : pc.yellow;
    output.lines(
      cut(`${harmless(name)}  ${colour(status)}, ${bytes(byteLength)}, ${owner}: ${harmless(reason ?? "")}`, columns),
    );
  }
}

/** A line for each segment. */
export function segmentTable(segments: readonly ObservedSegment[], columns: number): string[] {
  return table([
    { head: "name", cells: segments.map(({ name }) => harmless(name)) },
    { head: "size", cells: segments.map(({ byteLength }) => bytes(byteLength)), isNumber: true },
    { head: "in memory", cells: segments.map(({ memoryBytes }) => bytes(memoryBytes)), isNumber: true, rank: 3 },
    { head: "owner", cells: segments.map(({ owner }) => owner), rank: 4 },
    { head: "mode", cells: segments.map(({ mode }) => mode), rank: 5 },
    { head: "age", cells: segments.map(({ ageMs }) => span(ageMs)), isNumber: true, rank: 2 },
    {
      head: "attached",
      cells: segments.map(({ alive, dead }) => dead > 0 ? `${alive}, ${pc.yellow(`${dead} dead`)}` : String(alive)),
      isNumber: true,
    },
    { head: "objects", cells: segments.map(({ objects }) => String(objects)), isNumber: true, rank: 1 },
    { head: "", cells: segments.map(noteOn), rank: 6 },
  ], columns);
}

function noteOn({ reach, reason, alive, creator }: ObservedSegment): string {
  if (reach === "unlinked") return harmless(reason ?? "unlinked");
  if (reach === "anonymous") return "anonymous";
  return alive === 0 && creator?.state === "gone" ? "abandoned: shmkit clean removes it" : "";
}

/** How many are attached, in words. */
export function attached({ alive, dead, slots }: ObservedSegment): string {
  return `${plural(alive, "participant")} of ${slots}${dead > 0 ? `, ${dead} dead` : ""}`;
}
