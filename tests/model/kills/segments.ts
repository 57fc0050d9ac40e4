/**
 * Segments that are made, joined, left and removed by a process that dies at any point of that.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import process from "node:process";
import { sleep } from "../../../lib/atomic/atomics.ts";
import { removeAbandonedSegment } from "../../../lib/memory/abandoned_segment.ts";
import { HEADER_BYTES, STATE_OFFSET } from "../../../lib/memory/header_format.ts";
import { OWN_TYPE } from "../../../lib/memory/own_type.ts";
import type { Region } from "../../../lib/memory/region.ts";
import { Segment } from "../../../lib/memory/segment.ts";
import type { SharedType } from "../../../lib/memory/shared_type.ts";
import type { Found, SegmentCase } from "../../../support/explorer/segment_points_peer.ts";

const SLOTS = 4, OBJECTS = 2, OPTIONS = { byteLength: 8192, maxParticipants: SLOTS, maxObjects: OBJECTS };
/** What may come of opening what another makes, which may die, or take its time. */
const OPEN_REFUSALS = ["ENOENT", "INITIALISING", "CREATOR_DIED"];
/** What a dead creator has left is longer. */
const LONGER = { ...OPTIONS, byteLength: 12288 };

/** Some words: the first two hold a value, all others zero. */
const Thing: SharedType<{ value: number; schema: string }, number> & { readonly [OWN_TYPE]: true } = {
  kind: "Thing",
  [OWN_TYPE]: true,
  byteLength: () => 256,
  schema: ({ schema = "" }) => schema,
  init({ views: { i32 } }: Region, { value }: { value: number }) {
    for (let i = 0; i < i32.length; i++) must(i32[i] === 0, "an object is not zero before it is made");
    i32[0] = value;
    i32[1] = value;
  },
  attach({ views: { i32 } }: Region) {
    must(i32[0] !== 0 && i32[1] === i32[0], "a half-made object is shown");
    return i32[0];
  },
};

function must(is: boolean, message: string): void {
  if (!is) throw new Error(message);
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

/** Waits as long as another that is stopped is in the way, however long that takes. */
function patiently<T>(act: () => T, ...codes: readonly string[]): T {
  while (true) {
    try {
      return act();
    } catch (error) {
      if (!["BUSY", "INITIALISING", ...codes].includes(codeOf(error) as string)) throw error;
    }
    sleep(1);
  }
}

/** The same, with undefined for an error that is expected. */
function unless<T>(codes: readonly string[], act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (codes.includes(codeOf(error) as string)) return undefined;
    throw error;
  }
}

function openOrCreate(name: string): Segment {
  return patiently(() => Segment.openOrCreate(name, OPTIONS));
}

function refuses(code: string, act: () => void, message: string): void {
  must(unless([code], () => (act(), true)) === undefined, message);
}

/** A segment has those in it that live, and room for as many others and objects as it was made for. */
function requireWhole(name: string, segment: Segment, others: readonly number[]): void {
  must(segment.byteLength >= OPTIONS.byteLength, "it is short");
  const found = segment.participants().map(({ pid }) => pid).sort();
  const expected = [...others].sort();
  must(`${found}` === `${expected}`, `${found} are in it: expected ${expected}`);
  must(Segment.list().some((info) => info.name === name), "it is not listed");
  const comers = Array.from({ length: SLOTS - found.length }, () => Segment.open(name));
  must(segment.participants().length === SLOTS, "some share a slot");
  refuses("FULL", () => Segment.open(name), "it has more slots than it was made for");
  for (const one of comers) one.close();
  must(segment.participants().length === found.length, "some that have left are still there");
  for (const object of ["a", "b"]) {
    must(segment.openOrCreate(object, Thing, { value: 7, schema: object }) > 0, object);
  }
  must(segment.objects().length === OBJECTS, "it has other objects");
  refuses("FULL", () => segment.create("c", Thing, { value: 7, schema: "c" }), "it has more objects than it was for");
}

/** A comer opens or makes it, and it is whole: all that live are in it. */
function requireComerIn({ name, attached }: Found<Segment>, ...more: readonly number[]): void {
  const comer = openOrCreate(name);
  try {
    requireWhole(name, comer, [...attached, process.pid, ...more]);
  } finally {
    comer.close();
  }
}

/** Makes a file as a creator leaves it that dies right before the file is ready. */
function leaveHalfMade(name: string): void {
  Segment.create(name, LONGER).close();
  const header = new Uint8Array(HEADER_BYTES), rest = new Uint8Array(LONGER.byteLength - HEADER_BYTES);
  const file = openSync(`/dev/shm${name}`, "r+");
  readSync(file, header, 0, HEADER_BYTES, 0);
  header.fill(0, STATE_OFFSET, STATE_OFFSET + 4);
  writeSync(file, header, 0, HEADER_BYTES, 0);
  writeSync(file, rest, 0, rest.byteLength, HEADER_BYTES);
  closeSync(file);
}

/** Removes a name whose segment nobody is in. */
function removeAbandoned(name: string): boolean {
  return unless(["ENOENT"], () => removeAbandonedSegment(name)) ?? false;
}

export const cases: readonly SegmentCase<Segment>[] = [
  {
    part: "Segment",
    title: "one creates a name, another opens or creates it",
    victim: (name) => Segment.create(name, OPTIONS),
    peer: openOrCreate,
    check: (found) => requireComerIn(found),
  },
  {
    part: "Segment",
    title: "one opens or creates a name, another only opens it",
    victim: openOrCreate,
    // Where the maker dies before it locks the file, it seems to be late for ever.
    peer: (name) => patiently(() => unless(OPEN_REFUSALS, () => Segment.open(name, { timeoutMs: 1000 }))),
    check: (found) => requireComerIn(found),
  },
  {
    part: "Segment",
    title: "one opens or creates what a dead creator has begun, another too",
    prepare: (name) => void leaveHalfMade(name),
    victim: openOrCreate,
    peer: openOrCreate,
    check: (found) => requireComerIn(found),
  },
  {
    part: "Segment",
    title: "one creates a name, another removes it if it is abandoned",
    victim: (name) => Segment.create(name, OPTIONS),
    peer: (name) => void removeAbandoned(name),
    check: (found) => requireComerIn(found),
  },
  {
    part: "Segment",
    title: "one removes an abandoned name, another opens or creates it",
    prepare: (name) => void Segment.create(name, OPTIONS).close(),
    victim: (name) => void removeAbandoned(name),
    peer: openOrCreate,
    check: (found) => requireComerIn(found),
  },
  {
    part: "Segment",
    title: "one removes a name in use, another opens or creates it",
    prepare: (name) => Segment.create(name, OPTIONS),
    victim: (name) => void Segment.unlink(name),
    peer: openOrCreate,
    check(found) {
      const { witness, attached } = found, pids = witness!.participants().map(({ pid }) => pid);
      // The peer is in the old one if that still had its name, or else in a new one.
      const isOld = pids.length > 1;
      must(`${pids}` === `${isOld ? [process.pid, ...attached] : [process.pid]}`, `${pids} are in the old one`);
      requireComerIn(found, ...isOld ? [process.pid] : []);
    },
  },
  {
    part: "Segment",
    title: "one removes what a dead creator has begun, another opens or creates it",
    prepare: (name) => void leaveHalfMade(name),
    victim: (name) => void Segment.unlink(name),
    peer: openOrCreate,
    check: (found) => requireComerIn(found),
  },
  {
    part: "Participants",
    title: "one joins, another joins, a third is in",
    prepare(name) {
      const segment = Segment.create(name, OPTIONS);
      Segment.open(name).close(); // leaves a slot that was used
      return segment;
    },
    victim: (name) => patiently(() => Segment.open(name)),
    peer: (name) => patiently(() => Segment.open(name)),
    check: ({ name, witness, attached }) => requireWhole(name, witness!, [process.pid, ...attached]),
  },
  {
    part: "Participants",
    title: "one leaves, another wants its slot",
    prepare: (name) => Segment.create(name, { ...OPTIONS, maxParticipants: 2 }),
    attaches: "victim",
    enter: (name) => Segment.open(name),
    victim: (_, own) => void own!.close(),
    peer: (name) => patiently(() => Segment.open(name), "FULL"),
    check({ name, witness, attached }) {
      const pids = witness!.participants().map(({ pid }) => pid);
      must(`${pids}` === `${[process.pid, ...attached]}`, `${pids} are in it`);
      refuses("FULL", () => Segment.open(name), "a slot has two holders");
    },
  },
  {
    part: "Catalog",
    title: "one makes an object, another opens or makes it",
    prepare: (name) => Segment.create(name, OPTIONS),
    attaches: "both",
    enter: (name) => Segment.open(name),
    victim: (_, own) => void own!.create("a", Thing, { value: 1, schema: "a" }),
    peer(_, own) {
      const value = patiently(() => own!.openOrCreate("a", Thing, { value: 2, schema: "a" }));
      must(own!.open("a", Thing, { schema: "a" }) === value, "it is another one than before");
      return undefined;
    },
    check({ name, witness, attached, isDead }) {
      const value = witness!.open("a", Thing, { schema: "a" });
      must(value === 1 || value === 2 && isDead, `its value is ${value}`);
      requireWhole(name, witness!, [process.pid, ...attached]);
    },
  },
];
