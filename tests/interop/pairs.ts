/**
 * What a pair of peers does with each part, whatever they are written in.
 *
 * @module
 */
import { assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import process from "node:process";
import { Broadcast, LatestTable, Mutex, Pipeline, Segment, SeqLock, SpscRing } from "../../mod.ts";
import type { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import {
  ROW_HEADER_BYTES,
  rowBytes,
  SLOT_HEADER_BYTES,
  TABLE_HEADER_BYTES,
} from "../../lib/channel/latest_table/format.ts";
import { startBroadcastAt } from "../channel/broadcast_sample.ts";
import { Notes, Raw } from "../channel/spsc_ring_sample.ts";
import { type Language, startPeer } from "./languages.ts";
import { fillTick, isWholeTick, Job, READERS, ROWS, Tick } from "./records.ts";

/** Records of each test: up to ten million in a recorded run. */
export const RECORDS: number = Number(process.env.SHMKIT_INTEROP_RECORDS ?? 20_000);

/** Prints how fast it was, in a recorded run. */
export async function timed(what: string, records: number, run: Promise<void>): Promise<void> {
  const start = performance.now();
  await run;
  if (process.env.SHMKIT_INTEROP_RECORDS === undefined) return;
  const seconds = (performance.now() - start) / 1000;
  console.log(`    ${what}: ${records} in ${seconds.toFixed(2)} s, starts included`);
}

/** Makes a segment with one of each part. */
export function createAll(name: string): Segment {
  const segment = Segment.create(name, { byteLength: 2 ** 21, role: "test" });
  segment.create("table", LatestTable, { layout: Tick, rows: ROWS });
  segment.create("ring", SpscRing, { layout: Tick, capacity: 1000 });
  segment.create("broadcast", Broadcast, { layout: Tick, capacity: 1000 });
  segment.create("shared", Broadcast, { layout: Tick, capacity: 1000, writers: "many" });
  segment.create("pipeline", Pipeline, { layout: Job, capacity: 100, readers: READERS });
  segment.create("mutex", Mutex, {});
  segment.create("seqlock", SeqLock, { payloadBytes: 64 });
  segment.create("notes", Notes, {});
  return segment;
}

/** What peers say before they begin, if anything. */
const FIRST: Readonly<Record<string, string>> = {
  "table-write": "writing",
  "broadcast-write": "working",
  "table-read": "reading",
  "broadcast-read": "reading",
  watch: "reading",
  book: "reading",
  pricing: "reading",
  "seqlock-read": "reading",
};

/** Starts a peer and waits until it has begun. */
export async function begin(language: Language, what: string, name: string, count: number): Promise<Peer> {
  const peer = startPeer(language, what, name, count), first = FIRST[what];
  if (first !== undefined) assertEquals(await peer.next(), first);
  return peer;
}

/** Runs two peers, and returns what the reader reports. */
async function run(
  name: string,
  [writer, reader]: readonly [Language, Language],
  [write, read]: readonly [string, string],
  count: number,
): Promise<unknown> {
  const receive = await begin(reader, read, name, count), send = await begin(writer, write, name, count);
  const seen = await receive.next();
  assertEquals(await send.next(), "done");
  await Promise.all([send.succeeded(), receive.succeeded()]);
  return seen;
}

/** Makes each row of the table look as if it had been written that often; offsets as in latest_table/format.ts. */
function startTableAt(words: Uint32Array, version: number): void {
  const first = Tick.alloc(), slotBytes = SLOT_HEADER_BYTES + Tick.byteLength, rowLength = rowBytes(Tick.byteLength, 2);
  fillTick(first, 0);
  for (let row = 0; row < ROWS; row++) {
    const at = TABLE_HEADER_BYTES + row * rowLength, slot = at + ROW_HEADER_BYTES + (version & 1) * slotBytes;
    words[at / 4] = words[slot / 4] = version;
    words.set(Tick.viewsOf(first).u32.subarray(0, Tick.byteLength / 4), (slot + SLOT_HEADER_BYTES) / 4);
  }
}

/** Each row is written `count` times, past version 2^32, and read meanwhile. */
export function throughTable(pair: readonly [Language, Language], count: number): Promise<void> {
  return withName(async (name) => {
    using segment = createAll(name);
    const start = 2 ** 32 - (count >>> 1);
    startTableAt(segment.open("table", { kind: "LatestTable", ...Raw }, {}), start);
    const seen = await run(name, pair, ["table-write", "table-read"], count);
    assertEquals(seen, { torn: 0, backwards: 0, isEnough: true });
    const table = segment.open("table", LatestTable, { layout: Tick });
    assertEquals([table.version(0), table.version(ROWS - 1), table.changes], [
      start + count,
      start + count,
      count * ROWS,
    ]);
  });
}

/** `count` records go through a ring, past 2^32. */
export function throughRing(pair: readonly [Language, Language], count: number): Promise<void> {
  return withName(async (name) => {
    using segment = createAll(name);
    const words = segment.open("ring", { kind: "SpscRing", ...Raw }, {}), start = (2 ** 32 - (count >>> 1)) >>> 0;
    words[128 / 4] = words[256 / 4] = start;
    assertEquals(await run(name, pair, ["ring-write", "ring-read"], count), { received: count, torn: 0, wrong: 0 });
    const ring = segment.open("ring", SpscRing, { layout: Tick });
    assertEquals([ring.length, ring.producer().position], [0, (start + count) % 2 ** 32]);
  });
}

/** `count` records go through a broadcast, past 2^32. Losses are exact, whichever side is slow. */
export function throughBroadcast(pair: readonly [Language, Language], count: number, read: string): Promise<void> {
  return withName(async (name) => {
    using segment = createAll(name);
    const start = 2 ** 32 - (count >>> 1), broadcast = segment.open("broadcast", Broadcast, { layout: Tick });
    startBroadcastAt(segment.open("broadcast", { kind: "Broadcast", ...Raw }, {}), start);
    {
      // A reader begins with the oldest: it must be there.
      using first = broadcast.writer();
      for (let i = 0; i < broadcast.capacity; i++) {
        fillTick(first.claim(), start + i);
        first.publish();
      }
    }
    const seen = await run(name, pair, ["broadcast-write", read], start + count);
    assertEquals(seen, { torn: 0, wrong: 0, total: count, isSome: true });
    assertEquals(broadcast.position, start + count);
  });
}

/** Many writers take turns, one of each language. */
export function throughShared(languages: readonly Language[], count: number): Promise<void> {
  return withName(async (name) => {
    using segment = createAll(name);
    const broadcast = segment.open("shared", Broadcast, { layout: Tick });
    const writers = languages.map((language) => startPeer(language, "broadcast-share", name, count));
    for (const writer of writers) assertEquals(await writer.next(), "done");
    for (const writer of writers) await writer.succeeded();
    assertEquals(broadcast.position, languages.length * count);
    let torn = 0;
    broadcast.reader({ from: "oldest" }).drain((tick) => void (torn += isWholeTick(tick) ? 0 : 1));
    assertEquals(torn, 0);
  });
}

/** `count` jobs go through a pipeline whose two readers are of two languages. */
export function throughPipeline([book, pricing]: readonly [Language, Language], count: number): Promise<void> {
  return withName(async (name) => {
    using segment = createAll(name);
    const pipeline = segment.open("pipeline", Pipeline, { layout: Job });
    const readers = [await begin(book, "book", name, count), await begin(pricing, "pricing", name, count)];
    const writer = startPeer(thisRuntime, "pipeline-write", name, count);
    for (const reader of readers) assertEquals(await reader.next(), { received: count, wrong: 0 });
    for (const peer of [writer, ...readers]) await peer.succeeded();
    assertEquals(pipeline.gates().map(({ state, drops }) => [state, drops]), [["absent", 0], ["absent", 0]]);
  });
}

/** Two add to a plain counter under the mutex. */
export function underMutex(pair: readonly [Language, Language], count: number): Promise<void> {
  return withName(async (name) => {
    using segment = createAll(name);
    const peers = pair.map((language) => startPeer(language, "count", name, count));
    for (const peer of peers) assertEquals(await peer.next(), "ready");
    for (const peer of peers) peer.send("go");
    for (const peer of peers) {
      assertEquals(await peer.next(), "done");
      await peer.succeeded();
    }
    const { acquisitions, contended, owner, recoveries } = segment.open("mutex", Mutex, {}).stats();
    assertEquals(segment.open("notes", Notes, {})[0], 2 * count, "they excluded each other");
    assertGreaterOrEqual(acquisitions, 2 * count);
    assertEquals([owner, recoveries], [undefined, 0]);
    if (count >= 1_000_000) assertGreater(contended, 0, "they did meet");
  });
}

/** A record of eight equal numbers is written and read under the seqlock. */
export function underSeqlock(pair: readonly [Language, Language], count: number): Promise<void> {
  return withName(async (name) => {
    using _segment = createAll(name);
    assertEquals(await run(name, pair, ["seqlock-write", "seqlock-read"], count), { torn: 0 });
  });
}
