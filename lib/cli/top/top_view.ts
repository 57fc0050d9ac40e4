import pc from "picocolors";
import type { PartContent } from "../../memory/internal.ts";
import type { ObservedObject } from "../observe/observed_object.ts";
import type { ObjectSample, ParticipantSample, Sample } from "../observe/monitor.ts";
import { count, fact, harmless, plural, rate, some } from "../view/figures.ts";
import { type Column, cut, table, widthOf, wrapped } from "../view/table.ts";
import { contentsTable, OF_ANOTHER_PROGRAM } from "../view/values.ts";
import { keyOf, sorted, type TopState } from "./top_state.ts";

/** What the keys do; on a narrow terminal in fewer words, as the last of them says how to leave. */
const KEYS = "↑↓ select  enter open  sort: r n d l f c  p participants  q quit";
const FEW_KEYS = "↑↓ select  enter  sort rndlfc  p  q quit";
const OPENED_KEYS = "esc back  q quit";

/** Lines of the terminal that are not for participants, so that there is room for objects. */
const LEAST_FOR_OBJECTS = 10;

/** Columns that a segment's name has among several, however long the name of its object is. */
const LEAST_FOR_SEGMENT = 6;

/** How many objects there is room for: those after them are seen by moving the bar. */
export function pageOf(sample: Sample, state: TopState, rows: number): number {
  return Math.max(1, rows - 4 - participantLines(sample, state, rows));
}

/**
 * A picture of everything, no larger than the terminal.
 *
 * @param open Reads all that is known of the open object, and its contents.
 */
export function topView(
  sample: Sample,
  state: TopState,
  intervalMs: number,
  rows: number,
  columns: number,
  open: (
    object: ObjectSample,
    most: number,
  ) => { observed: ObservedObject | undefined; contents: readonly PartContent[] },
): string[] {
  const opened = sample.objects.find((object) => keyOf(object) === state.opened), most = Math.max(1, rows - 1);
  const body = opened === undefined
    ? overview(sample, state, rows, columns)
    : objectView(opened, most - 2, columns, (left) => open(opened, left));
  const lines = [headLine(sample, intervalMs, columns), ...body].slice(0, Math.max(1, most - 1));
  while (lines.length < most - 1) lines.push("");
  const keys = opened !== undefined ? OPENED_KEYS : widthOf(KEYS) > columns ? FEW_KEYS : KEYS;
  return [...lines, pc.dim(cut(keys, columns))].slice(0, most);
}

function headLine({ at, segments, objects, participants, error }: Sample, intervalMs: number, columns: number): string {
  const what = segments.length === 1
    ? harmless(segments[0])
    : segments.length === 0
    ? error === undefined ? "no segment yet" : "no segment"
    : plural(segments.length, "segment");
  const alive = participants.filter(({ state }) => state !== "dead").length;
  const counts = `${plural(objects.length, "object")}, ${alive} attached`;
  const time = at.toTimeString().slice(0, 8), every = `every ${intervalMs / 1000} s`;
  return cut(`${pc.bold("shmkit top")}  ${what}  ${counts}  ${time}, ${every}`, columns);
}

function overview(sample: Sample, state: TopState, rows: number, columns: number): string[] {
  const objects = sorted(sample.objects, state), page = pageOf(sample, state, rows), at = state.indexIn(objects);
  const first = Math.max(0, Math.min(at - Math.floor(page / 2), objects.length - page));
  const shown = objects.slice(first, first + page), isOne = sample.segments.length === 1;
  const participants = participantLines(sample, state, rows);
  const lines = participants === 0 ? [] : [...participantTable(sample, participants - 2, columns), ""];
  if (sample.error !== undefined) {
    return [
      ...lines,
      ...wrapped("", harmless(sample.error), columns).map((line) => pc.red(cut(line, columns))),
    ];
  }
  if (shown.length === 0) return [...lines, pc.dim("no objects")];
  const mark = pc.isColorSupported ? 0 : 1, [head, ...body] = objectTable(shown, state, isOne, columns - mark);
  return [
    ...lines,
    " ".repeat(mark) + head,
    ...body.map((line, i) => first + i === at ? bar(line, columns) : " ".repeat(mark) + line),
  ];
}

/** How many lines the participants take, with their head and an empty one. */
function participantLines({ participants }: Sample, { showsParticipants }: TopState, rows: number): number {
  const room = Math.min(participants.length, Math.floor((rows - LEAST_FOR_OBJECTS) / 2) - 2);
  return showsParticipants && room > 0 ? room + 2 : 0;
}

function participantTable({ participants, segments }: Sample, most: number, columns: number): string[] {
  const busiest = [...participants].sort((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1) || a.slot - b.slot).slice(0, most);
  const state = (one: ParticipantSample["state"]) =>
    one === "alive" ? one : one === "dead" ? pc.red(one) : pc.yellow(one);
  return table([
    { head: "pid", cells: busiest.map(({ pid }) => String(pid)), isNumber: true },
    { head: "role", cells: busiest.map(({ role }) => short(harmless(role) || "–", columns)) },
    {
      head: "cpu",
      cells: busiest.map(({ cpu }) => cpu === undefined ? "–" : `${(cpu * 100).toFixed(0)} %`),
      isNumber: true,
    },
    { head: "state", cells: busiest.map((one) => state(one.state)), rank: 1 },
    { head: "runtime", cells: busiest.map(({ runtime }) => runtime ?? "?"), rank: 2 },
    ...(segments.length > 1
      ? [{ head: "segment", cells: busiest.map((one) => short(harmless(one.segment), columns)), rank: 4 }]
      : []),
    { head: "holds", cells: busiest.map(({ holds }) => some(holds, columns >= 160 ? 4 : 1)), rank: 3 },
  ], columns);
}

function objectTable(
  objects: readonly ObjectSample[],
  { sort, isReversed }: TopState,
  isOne: boolean,
  columns: number,
): string[] {
  const head = (what: typeof sort, text: string) => what === sort ? `${text}${isReversed ? "▲" : "▼"}` : text;
  const column = (name: string, cells: readonly string[], rank: number, isNumber = true): Column[] =>
    cells.every((text) => text === "") ? [] : [{ head: name, cells, rank, isNumber }];
  return table([
    { head: head("name", "object"), cells: objects.map((object) => labelOf(object, isOne, columns)) },
    { head: "kind", cells: objects.map(({ kind }) => short(harmless(kind), columns)), rank: 4 },
    {
      head: head("rate", "per s"),
      cells: objects.map(({ perSecond }) => perSecond === undefined ? "–" : rate(perSecond)),
      isNumber: true,
    },
    ...column(head("depth", "depth"), objects.map(depthOf), 1),
    ...column(
      head("lag", "lag"),
      objects.map(({ slowest }) => slowest === undefined ? "" : `${harmless(slowest.name)} ${count(slowest.lag)}`),
      3,
    ),
    ...column(
      head("refused", "refused"),
      objects.map(({ state }) => state?.refused === undefined ? "" : count(state.refused)),
      5,
    ),
    ...column(
      head("contention", "waits/s"),
      objects.map(({ contendedPerSecond, state }) =>
        contendedPerSecond === undefined
          ? ""
          : `${rate(contendedPerSecond)}${state?.waiters ? `, ${state.waiters} now` : ""}`
      ),
      2,
    ),
    ...column("held by", objects.map(heldBy), 6, false),
  ], columns);
}

/** What an object is called: of a segment among several, so that there is room for its own name. */
function labelOf({ segment, name }: ObjectSample, isOne: boolean, columns: number): string {
  const own = harmless(name);
  if (isOne) return short(own, columns);
  const room = Math.max(LEAST_FOR_SEGMENT, mostOfName(columns) - 1 - widthOf(own));
  return short(`${cut(harmless(segment), room)} ${own}`, columns);
}

function depthOf({ state, error }: ObjectSample): string {
  if (error !== undefined) return pc.red("corrupt");
  return state?.depth === undefined ? "" : `${count(state.depth)}/${count(state.capacity ?? 0)}`;
}

function heldBy({ holders }: ObjectSample): string {
  return holders.slice(0, 2).map(({ as, who, isAlive }) =>
    `${harmless(as)} ${/\((.+)\)$/.exec(harmless(who))?.[1] ?? harmless(who)}${isAlive ? "" : pc.red(" dead")}`
  ).join(", ") + (holders.length > 2 ? ` +${holders.length - 2}` : "");
}

/** One object: all that is known of it, and its contents as far as there is room. */
function objectView(
  sample: ObjectSample,
  room: number,
  columns: number,
  open: (most: number) => { observed: ObservedObject | undefined; contents: readonly PartContent[] },
): string[] {
  const { observed, contents } = open(room), { segment, perSecond } = sample;
  const { name, kind, byteLength, state, holders, error } = observed ?? sample;
  const speed = perSecond === undefined ? "" : `, ${rate(perSecond)} per s`;
  const lines = [
    cut(
      `${pc.bold(harmless(name))}  ${harmless(kind)} of ${harmless(segment)}, ${count(byteLength)} bytes${speed}`,
      columns,
    ),
  ];
  if (error !== undefined) {
    lines.push(...wrapped("", harmless(error), columns).map((line) => pc.red(cut(line, columns))));
  }
  if (state === undefined && error === undefined) lines.push(...wrapped("", OF_ANOTHER_PROGRAM, columns));
  lines.push(...flowing(Object.entries(state?.facts ?? {}).map(([what, value]) => `${what} ${fact(value)}`), columns));
  for (const { name, lag, state: how } of state?.readers ?? []) {
    lines.push(cut(harmless(`reader ${name}  lag ${count(lag)}, ${how}`), columns));
  }
  lines.push(
    ...flowing(
      holders.map(({ as, who, isAlive }) => `${harmless(as)}: ${harmless(who)}${isAlive ? "" : pc.red(", dead")}`),
      columns,
    ),
  );
  const left = room - lines.length - 2;
  return left > 0 ? [...lines, "", ...contentsTable(contents.slice(0, left), columns)] : lines;
}

/** Texts one after another, on as many lines as they take. */
function flowing(texts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 3 + widthOf(text) <= columns) {
      lines[lines.length - 1] = `${last}   ${text}`;
    } else lines.push(cut(text, columns));
  }
  return lines.map((line) => cut(line, columns));
}

/** A name, in no more than a third of the terminal. */
function short(text: string, columns: number): string {
  return cut(text, mostOfName(columns));
}

function mostOfName(columns: number): number {
  return columns === Infinity ? Infinity : Math.max(12, Math.floor(columns * 0.35));
}

function bar(line: string, columns: number): string {
  return pc.isColorSupported ? pc.inverse(line + " ".repeat(Math.max(0, columns - widthOf(line)))) : `>${line}`;
}
