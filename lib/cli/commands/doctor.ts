import pc from "picocolors";
import { examine, type Finding } from "../observe/machine.ts";
import type { Output } from "../view/output.ts";
import { widthOf, wrapped } from "../view/table.ts";

/** `shmkit doctor`: what of this machine would be slow or fail. @returns The exit code: 1 if something would fail. */
export function doctor(output: Output): number {
  const findings = examine();
  if (output.isJson) output.json(findings);
  else show(findings, output);
  return findings.some(({ verdict }) => verdict === "fails") ? 1 : 0;
}

const MARKS: Readonly<Record<Finding["verdict"], string>> = {
  good: pc.green("good "),
  note: pc.dim("note "),
  slow: pc.yellow("slow "),
  fails: pc.red("fails"),
};

function show(findings: readonly Finding[], output: Output): void {
  const width = Math.max(...findings.map(({ what }) => widthOf(what)));
  for (const { what, verdict, found, advice } of findings) {
    output.lines(...wrapped(`${MARKS[verdict]} ${what.padEnd(width)}  `, found, output.columns));
    if (advice !== undefined) output.lines(...wrapped(" ".repeat(8 + width), `→ ${advice}`, output.columns));
  }
}
