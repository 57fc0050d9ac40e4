/**
 * `Broadcast` from one process to 1 and to 3 others, beside the same in C, compiled here: what a write of 64 B costs
 * while they read, and how many records of those written a reader receives. C and TypeScript run in turn. "In use": all
 * processes have used all channels and locks before.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Broadcast, Segment } from "../mod.ts";
import { orders, peerArgs, report } from "../support/in_peer.ts";
import { Peer } from "../support/peer.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { useAll } from "./support/in_use.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { Record64 } from "./support/record64.ts";
import { runJson } from "./support/run_json.ts";

const RECORDS = 20_000_000, WARM_UP = 4_000_000, LIMIT = 256;

interface Result {
  /** Nanoseconds of a write. */
  writer: number;
  /** Nanoseconds of a record that a reader received. */
  reader: number;
  /** The share of the records that readers received. */
  share: number;
}

function write(segment: Segment, records: number): number {
  const writer = segment.open("records", Broadcast, { layout: Record64 }).writer();
  const writeBatch = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const record = writer.claim();
      record.a = i;
      record.b = i + 1;
      record.c = i + 2;
      record.d = i + 3;
      record.e = i + 4;
      record.f = i + 5;
      record.g = i + 6;
      record.h = i + 7;
      writer.publish();
    }
  };
  const start = performance.now();
  for (let i = 0; i < records; i += 4000) writeBatch(i, i + 4000);
  const time = performance.now() - start;
  writer.close();
  return time * 1e6 / records;
}

function read(segment: Segment, records: number): { nanoseconds: number; received: number } {
  const reader = segment.open("records", Broadcast, { layout: Record64 }).reader({ wait: "spin" });
  const sum = new Float64Array(1), end = reader.position + records;
  const add = (r: ReturnType<typeof Record64.alloc>) => void (sum[0] += r.a + r.b + r.c + r.d + r.e + r.f + r.g + r.h);
  report("ready");
  let start = 0, received = 0;
  while (reader.position < end) {
    received += reader.drainWait(add, LIMIT);
    if (start === 0) start = performance.now();
  }
  return { nanoseconds: (performance.now() - start) * 1e6, received };
}

const [role, name, use] = peerArgs;
if ((role === "write" || role === "read") && use === "in use") useAll();
if (role === "write") {
  const segment = Segment.open(name);
  for await (const records of orders<number>()) report(write(segment, records));
} else if (role === "read") {
  const segment = Segment.open(name);
  for await (const records of orders<number>()) report(read(segment, records));
} else if (role === "run") {
  // One process a run: the first pass warms all processes up.
  const segment = Segment.anonymous({ byteLength: 2 ** 21 });
  segment.create("records", Broadcast, { layout: Record64, capacity: 4096 });
  const script = new URL(import.meta.url);
  const writer = Peer.start(thisRuntime, script, ["write", segment.name, use]);
  const readers = Array.from(
    { length: Number(name) },
    () => Peer.start(thisRuntime, script, ["read", segment.name, use]),
  );
  let result: Result = { writer: 0, reader: 0, share: 0 };
  for (const records of [WARM_UP, RECORDS]) {
    for (const reader of readers) reader.send(records);
    for (const reader of readers) await reader.next();
    writer.send(records);
    const nanoseconds = await writer.next<number>();
    const reports = await Promise.all(
      readers.map((reader) => reader.next<{ nanoseconds: number; received: number }>()),
    );
    result = {
      writer: nanoseconds,
      reader: median(reports.map(({ nanoseconds, received }) => nanoseconds / received)),
      share: reports.reduce((sum, { received }) => sum + received, 0) / reports.length / records,
    };
  }
  console.log(JSON.stringify(result));
  for (const peer of [writer, ...readers]) peer.kill();
  process.exit(0);
} else compare(Number(role ?? 10));

/** Runs all cases, C and ours in turn, so many times. */
function compare(runs: number): void {
  const program = compile(new URL("./c/broadcast.c", import.meta.url));
  const ours = (readers: number, use: string): Result => {
    const { file, args } = command(thisRuntime, fileURLToPath(import.meta.url), ["run", String(readers), use]);
    return runJson<Result>(file, args);
  };
  const inC = (readers: number): Result => {
    if (program === undefined) return { writer: NaN, reader: NaN, share: NaN };
    const { writer, nanoseconds, received } = runJson<{ writer: number; nanoseconds: number[]; received: number[] }>(
      program,
      [readers, RECORDS],
    );
    return {
      writer: writer / RECORDS,
      reader: median(nanoseconds.map((time, i) => time / received[i])),
      share: received.reduce((sum, count) => sum + count, 0) / readers / RECORDS,
    };
  };
  console.log(
    `${machine()}\n\n64 B records, ${runs} runs of each, warm; nanoseconds, and the share that a reader received`,
  );
  const rows = [1, 3].flatMap((readers) => {
    const us: Result[] = [], used: Result[] = [], c: Result[] = [];
    for (let run = 0; run < runs; run++) {
      c.push(inC(readers));
      us.push(ours(readers, "alone"));
      used.push(ours(readers, "in use"));
    }
    const of = (results: Result[], key: keyof Result) => median(results.map((result) => result[key]));
    const ratio = (results: Result[], key: keyof Result) =>
      median(results.map((result, i) => result[key] / c[i][key])).toFixed(2);
    return (["writer", "reader", "share"] as const).map((key) => [
      `${readers} ${readers === 1 ? "reader" : "readers"}: ${
        { writer: "a write", reader: "a record received", share: "share received" }[key]
      }`,
      ...[us, used, c].map((results) => of(results, key).toFixed(key === "share" ? 3 : 1)),
      ratio(us, key),
      ratio(used, key),
    ]);
  });
  printTable(["", "ours", "in use", "C", "ratio", "in use"], rows);
}
