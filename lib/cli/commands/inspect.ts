import pc from "picocolors";
import { ShmkitError } from "../../errors.ts";
import { type CatalogEntry, type PartContent, type PartDescription, SegmentObserver } from "../../memory/internal.ts";
import { ObjectWatch, type ObservedObject } from "../observe/observed_object.ts";
import {
  isFault,
  type ObservedParticipant,
  type ObservedSegment,
  observeSegment,
} from "../observe/observed_segment.ts";
import { inodeAt, pathOf } from "../observe/segment_place.ts";
import { bytes, count, fact, harmless, some, span } from "../view/figures.ts";
import type { Output } from "../view/output.ts";
import { cut, table, wrapped } from "../view/table.ts";
import { contentLine, contentsTable, forJson, OF_ANOTHER_PROGRAM } from "../view/values.ts";
import { attached } from "./list.ts";

/** What is asked of `inspect`. */
export interface InspectOptions {
  /** How many rows or records of an object are shown, Infinity for all; undefined if it was not given. */
  readonly rows: number | undefined;
  /** Whether to continue and show what changes. */
  readonly follow: boolean;
  /** The interval between samples then, in milliseconds. */
  readonly intervalMs: number;
}

/** Longest line of a schema in a list of objects. */
const SCHEMA_SHOWN = 60;

/** How many rows or records of one object are shown by default. */
export const ROWS = 10;

/** How many names of objects a line has room for. */
const NAMES_SHOWN = 10, HELD_SHOWN = 4;

/** `shmkit inspect NAME [OBJECT]`. @returns The exit code. */
export async function inspect(
  name: string,
  object: string | undefined,
  options: InspectOptions,
  output: Output,
): Promise<number> {
  const { path, reach } = pathOf(name), observed = observeSegment(name, path, reach);
  if (observed === undefined) {
    output.complain(`Cannot inspect segment '${name}' as there is none; shmkit list shows all`);
    return 1;
  }
  if (observed.status !== "ready" && observed.slots === 0) {
    if (output.isJson) output.json(observed);
    else output.lines(`${harmless(name)}: ${pc.red(observed.status)}, ${harmless(observed.reason ?? "")}`);
    return 1;
  }
  using observer = SegmentObserver.open(name);
  const { entries } = observer.objects();
  if (object !== undefined) {
    const end = () => endOf(observer, path, observed.inode);
    return await inspectObject(observer, entries, object, end, options, output);
  }
  const objects = entries.map((entry) => lookInto(new ObjectWatch(observer, entry), options.rows ?? 0));
  if (output.isJson) output.json({ ...observed, participants: withHoldings(observed, objects), objects });
  else if (options.rows === undefined) showSegment(observed, objects, output);
  else showSegmentWithContents(observed, objects, output);
  return isFault(observed) || objects.some(({ error }) => error !== undefined) ? 1 : 0;
}

/** An object, and the first of what lies in it. */
interface Inspected extends ObservedObject {
  readonly contents: readonly PartContent[];
}

function lookInto(watch: ObjectWatch, rows: number): Inspected {
  const { found, error } = read(() => firstOf(watch.description?.contents() ?? [], rows)), observed = watch.observe();
  return { ...observed, error: observed.error ?? error, contents: found };
}

function showSegment(observed: ObservedSegment, objects: readonly ObservedObject[], output: Output): void {
  const { name, byteLength, memoryBytes, mode, owner, ageMs, creator, reason } = observed, { columns } = output;
  output.lines(
    cut(`${pc.bold(harmless(name))}  ${bytes(byteLength)}, ${bytes(memoryBytes)} in memory, ${mode} ${owner}`, columns),
    cut(`created ${span(ageMs)} ago by process ${creator?.pid} (${creator?.state}); ${attached(observed)}`, columns),
  );
  if (reason !== undefined) output.lines(pc.red(harmless(reason)));
  const participants = withHoldings(observed, objects);
  if (participants.length > 0) output.lines("", ...participantTable(participants, columns));
  if (objects.length === 0) return output.lines("", "no objects");
  output.lines("", ...objectTable(objects, columns));
  for (const { name, error } of objects) {
    if (error !== undefined) output.lines(pc.red(`${harmless(name)}: ${harmless(error)}`));
  }
}

function showSegmentWithContents(observed: ObservedSegment, objects: readonly Inspected[], output: Output): void {
  showSegment(observed, objects, output);
  for (const object of objects) {
    output.lines("");
    showObject(object, output);
  }
}

/** The participants, and what each of them holds. */
export function withHoldings(
  { participants }: Pick<ObservedSegment, "participants">,
  objects: readonly ObservedObject[],
): (ObservedParticipant & { readonly holds: string[] })[] {
  return participants.map((participant) => ({
    ...participant,
    holds: objects.flatMap(({ name, holders }) =>
      holders.filter(({ id }) => id === participant.id).map(({ as }) => `${as} of ${name}`)
    ),
  }));
}

function participantTable(participants: ReturnType<typeof withHoldings>, columns: number): string[] {
  const now = Date.now();
  const state = (one: ObservedParticipant["state"]) =>
    one === "alive" ? one : one === "dead" ? pc.red(one) : pc.yellow(one);
  return table([
    { head: "pid", cells: participants.map(({ pid }) => String(pid)), isNumber: true },
    { head: "role", cells: participants.map(({ role }) => harmless(role) || "–") },
    { head: "state", cells: participants.map((one) => state(one.state)) },
    { head: "runtime", cells: participants.map(({ runtime }) => runtime ?? "?"), rank: 2 },
    {
      head: "since",
      cells: participants.map(({ attachedAt }) => attachedAt === undefined ? "?" : span(now - Date.parse(attachedAt))),
      isNumber: true,
      rank: 3,
    },
    { head: "slot", cells: participants.map(({ slot }) => String(slot)), isNumber: true, rank: 4 },
    { head: "holds", cells: participants.map(({ holds }) => some(holds, HELD_SHOWN)) },
  ], columns);
}

function objectTable(objects: readonly ObservedObject[], columns: number): string[] {
  return table([
    { head: "object", cells: objects.map(({ name }) => harmless(name)) },
    { head: "kind", cells: objects.map(({ kind }) => harmless(kind)) },
    { head: "bytes", cells: objects.map(({ byteLength }) => count(byteLength)), isNumber: true, rank: 2 },
    { head: "offset", cells: objects.map(({ byteOffset }) => count(byteOffset)), isNumber: true, rank: 3 },
    { head: "state", cells: objects.map((object) => factsLine(object, 3)) },
    { head: "schema", cells: objects.map(({ schema }) => cut(harmless(schema), SCHEMA_SHOWN)), rank: 1 },
  ], columns);
}

/** What is known of an object, in a line. */
export function factsLine({ state, error }: ObservedObject, most = Infinity): string {
  if (error !== undefined) return pc.red("corrupt");
  if (state === undefined) return "another program's";
  return Object.entries(state.facts).slice(0, most).map(([name, value]) => `${name} ${fact(value)}`).join(", ");
}

async function inspectObject(
  observer: SegmentObserver,
  entries: readonly CatalogEntry[],
  name: string,
  end: () => string | undefined,
  options: InspectOptions,
  output: Output,
): Promise<number> {
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) {
    output.complain(noSuchObject("inspect", name, observer.name, entries));
    return 1;
  }
  const watch = new ObjectWatch(observer, entry), { description } = watch;
  // From here on: what happens while the first sample is taken and shown would be missed otherwise.
  const next = options.follow && description !== undefined ? tried(() => following(description)).found : undefined;
  const observed = lookInto(watch, options.rows ?? ROWS);
  if (output.isJson && options.follow) output.jsonLine(observed);
  else if (output.isJson) output.json(observed);
  else showObject(observed, output);
  if (next !== undefined && observed.error === undefined) {
    // A description takes what an object says of itself once: whether that still holds, a new one finds out.
    const errorNow = () => new ObjectWatch(observer, entry).observe(true).error;
    output.complain(await follow(next, errorNow, end, options, output));
    return 1;
  }
  return observed.error === undefined ? 0 : 1;
}

/** Says which objects there are instead. */
export function noSuchObject(action: string, name: string, segment: string, entries: readonly CatalogEntry[]): string {
  const names = some(entries.map((one) => `'${one.name}'`), NAMES_SHOWN) || "none";
  return `Cannot ${action} object '${name}' of segment '${segment}' as it must be one of its objects: found ${names}`;
}

function showObject(observed: Inspected, output: Output): void {
  const { name, contents, kind, byteOffset, byteLength, schema, holders, state, error } = observed,
    { columns } = output;
  output.lines(
    cut(`${pc.bold(harmless(name))}  ${harmless(kind)}, ${count(byteLength)} bytes at ${byteOffset}`, columns),
  );
  if (schema !== "") output.lines(cut(`schema  ${harmless(schema)}`, columns));
  if (error !== undefined) output.lines(pc.red(harmless(error)));
  if (state === undefined && error === undefined) {
    output.lines(...wrapped("", OF_ANOTHER_PROGRAM, columns));
  }
  for (const [name, value] of Object.entries(state?.facts ?? {})) {
    output.lines(`${name}  ${fact(value)}`);
  }
  for (const { name, lag, state: how } of state?.readers ?? []) {
    output.lines(harmless(`reader ${name}  ${how}, lag ${count(lag)}`));
  }
  for (const { as, who, isAlive } of holders) {
    output.lines(`${harmless(as)}  ${harmless(who)}${isAlive ? "" : pc.red(", dead")}`);
  }
  if (contents.length > 0) output.lines("", ...contentsTable(contents, columns));
}

/** The first of what there is. */
function firstOf(contents: Iterable<PartContent>, most: number): PartContent[] {
  const found: PartContent[] = [];
  if (most === 0) return found;
  for (const content of contents) {
    found.push(content);
    if (found.length >= most) break;
  }
  return found;
}

/** What was read; or nothing, and what was wrong. */
function read(reading: () => PartContent[]): { found: PartContent[]; error: string | undefined } {
  const { found = [], error } = tried(reading);
  return { found, error };
}

/** What may fail as the object is corrupt: what came of it, or what was wrong. */
function tried<T>(reading: () => T): { found: T | undefined; error: string | undefined } {
  try {
    return { found: reading(), error: undefined };
  } catch (error) {
    if (!(error instanceof ShmkitError || error instanceof RangeError || error instanceof TypeError)) throw error;
    return { found: undefined, error: error.message };
  }
}

/** Why nothing that happens in a segment will be seen any more; undefined while something may. */
function endOf(observer: SegmentObserver, path: string, inode: number): string | undefined {
  const found = inodeAt(path);
  if (found === inode) return undefined;
  const doing = `Cannot follow segment '${observer.name}' any longer`;
  if (found !== undefined) return `${doing} as its name leads to another file now: start anew to follow that one`;
  const isUsed = observer.participants().some(({ isAlive }) => isAlive);
  return isUsed ? undefined : `${doing} as its name was removed, and no process is attached`;
}

/** Shows what changes, until the process is asked to end, or there is nothing to follow any more. @returns Why. */
async function follow(
  next: () => Iterable<PartContent>,
  errorNow: () => string | undefined,
  end: () => string | undefined,
  { intervalMs }: InspectOptions,
  output: Output,
): Promise<string> {
  while (true) {
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
    // Before the rest is read: what was written last is still shown.
    const why = end();
    const { found, error = errorNow() } = tried(() => [...next()]);
    if (error !== undefined) return error;
    for (const content of found ?? []) {
      if (output.isJson) output.jsonLine(content);
      else output.lines(cut(contentLine(content), output.columns));
    }
    if (why !== undefined) return why;
  }
}

/** What changes from now on, at each call what has since the last one. */
function following(description: PartDescription): () => Iterable<PartContent> {
  return description.follow?.() ?? comparing(description);
}

/** What is new or different since the last sample, by the first field, which identifies it. */
function comparing(description: PartDescription): () => Iterable<PartContent> {
  const byKey = () =>
    new Map(Array.from(description.contents(), (content) => {
      const text = JSON.stringify(content, forJson);
      return [String(Object.values(content)[0]), { text, content }] as const;
    }));
  let before = byKey();
  return () => {
    const now = byKey(), last = before;
    before = now;
    return Array.from(now).filter(([key, { text }]) => last.get(key)?.text !== text).map(([, { content }]) => content);
  };
}
