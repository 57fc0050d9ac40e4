import process from "node:process";
import { createInterface } from "node:readline";
import pc from "picocolors";
import { ShmkitError } from "../../errors.ts";
import { removeAbandonedSegment } from "../../memory/internal.ts";
import { listSharedMemory, observeEntry } from "../observe/find_segments.ts";
import { readOpenFiles } from "../observe/open_files.ts";
import type { ObservedSegment } from "../observe/observed_segment.ts";
import { bytes, harmless, plural, span } from "../view/figures.ts";
import type { Output } from "../view/output.ts";
import { cut } from "../view/table.ts";

/** What is asked of `clean`. */
export interface CleanOptions {
  /** Of which names; all, if there are none. */
  readonly names: readonly string[];
  /** Whether only to say what would be removed. */
  readonly dryRun: boolean;
  /** Whether not to ask. */
  readonly yes: boolean;
}

/** What becomes of a segment. */
interface Verdict {
  readonly name: string;
  readonly byteLength: number;
  readonly owner: string;
  readonly ageMs: number;
  /** "abandoned" is one that would be removed. */
  readonly result: "abandoned" | "removed" | "kept" | "failed";
  /** Why it was kept, or was not to be removed. */
  readonly reason: string | undefined;
}

/**
 * `shmkit clean`. @returns The exit code: 1 if something could not be removed, 2 if there is no terminal to ask for
 * confirmation.
 */
export async function clean({ names, dryRun, yes }: CleanOptions, output: Output): Promise<number> {
  const verdicts = judge(names), abandoned = verdicts.filter(({ result }) => result === "abandoned");
  const missing = names.filter((name) => !verdicts.some((verdict) => verdict.name === name));
  for (const name of missing) output.complain(`Cannot clean segment '${name}' as there is none`);
  if (!output.isJson) show(verdicts, names.length > 0, output);
  let code = missing.length > 0 ? 1 : 0;
  if (abandoned.length === 0 || dryRun) {
    if (output.isJson) output.json(verdicts);
    return code;
  }
  if (!yes) {
    if (output.isJson || process.stdin.isTTY !== true) {
      output.complain("Cannot remove segments as nobody can be asked: pass --yes, or --dry-run to list only");
      return 2;
    }
    if (!await isConfirmed(`Remove ${plural(abandoned.length, "segment")}? [y/N] `)) return code;
  }
  const done = verdicts.map((verdict) => verdict.result === "abandoned" ? removed(verdict) : verdict);
  if (done.some(({ result }) => result === "failed")) code = 1;
  if (output.isJson) output.json(done);
  else {
    for (const { name, result, reason } of done) {
      if (abandoned.some((one) => one.name === name)) {
        output.lines(
          cut(`${result} ${harmless(name)}${reason === undefined ? "" : `: ${harmless(reason)}`}`, output.columns),
        );
      }
    }
  }
  return code;
}

/** What is to become of each segment that has a name. */
function judge(names: readonly string[]): Verdict[] {
  const { openers } = readOpenFiles(), verdicts: Verdict[] = [];
  for (const entry of listSharedMemory().sort((a, b) => a.name < b.name ? -1 : 1)) {
    const name = `/${entry.name}`;
    if (names.length > 0 && !(entry.isText && names.includes(name))) continue;
    const observed = observeEntry(entry);
    if (observed === undefined) continue;
    // Other programs' files are mentioned only if they are named.
    if (names.length === 0 && ["foreign", "unreadable"].includes(observed.status)) continue;
    const { byteLength, owner, ageMs } = observed, reason = reasonToKeep(observed, openers.get(observed.inode) ?? []);
    verdicts.push({ name, byteLength, owner, ageMs, result: reason === undefined ? "abandoned" : "kept", reason });
  }
  return verdicts;
}

function reasonToKeep(
  { status, reason, alive, creator }: ObservedSegment,
  openers: readonly number[],
): string | undefined {
  if (status === "foreign") return `it is not a segment: ${harmless(reason ?? "")}`;
  if (status !== "ready" && status !== "half-made") return `it is ${status}: whether a process uses it is unknown`;
  if (alive > 0) return `${plural(alive, "participant")} attached`;
  if (openers.length > 0) return `process ${openers.join(", ")} has it open`;
  if (creator?.state === "alive") return `its creator, process ${creator.pid}, lives`;
  if (creator?.state === "unknown") return "its creator is of another pid namespace, and may live";
  return undefined;
}

function removed(verdict: Verdict): Verdict {
  try {
    return removeAbandonedSegment(verdict.name)
      ? { ...verdict, result: "removed" }
      : { ...verdict, result: "kept", reason: "a process has attached or removed it meanwhile, or keeps a lock on it" };
  } catch (error) {
    if (!(error instanceof ShmkitError)) throw error;
    return { ...verdict, result: "failed", reason: error.message };
  }
}

function show(verdicts: readonly Verdict[], wasNamed: boolean, output: Output): void {
  const abandoned = verdicts.filter(({ result }) => result === "abandoned"),
    kept = verdicts.filter((one) => !abandoned.includes(one));
  if (abandoned.length === 0) output.lines("Nothing to remove");
  for (const { name, byteLength, owner, ageMs } of abandoned) {
    output.lines(
      cut(`abandoned ${harmless(name)}  ${bytes(byteLength)}, ${owner}, ${span(ageMs)} old`, output.columns),
    );
  }
  if (kept.length === 0) return;
  if (!wasNamed && abandoned.length > 0) output.lines("");
  for (const { name, reason } of kept) output.lines(pc.dim(cut(`kept ${harmless(name)}: ${reason}`, output.columns)));
}

/** Whether the person says yes. */
function isConfirmed(question: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  terminal.on("close", () => resolve(false));
  terminal.question(question, (answer) => {
    resolve(/^y(es)?$/i.test(answer.trim()));
    terminal.close();
  });
  return promise;
}
