import { execFileSync } from "node:child_process";
import fs from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { gzip } from "node:zlib";
import { libc } from "../../ffi/mod.ts";
import { ByteRing, bytes, ClosedError, LatestTable, type Region, Segment, SeqLock, struct, u32 } from "../../mod.ts";
import { report } from "../../support/in_peer.ts";

/*
 * Closes a segment while an asynchronous operation of the runtime works on memory that it lent, in a process of its
 * own: one that dies of it reports nothing.
 */
const LENGTH = 1 << 20, PART = 1 << 18;
const Blob = struct("Blob", { id: u32, data: bytes(4096) });
const Raw = {
  kind: "Raw",
  byteLength: () => PART,
  init: (region: Region) => void region.views.u8.fill(7),
  attach: (region: Region) => region.views.u8 as Uint8Array<ArrayBuffer>,
};

/** Bytes of a segment as a program gets them, and a use of the library that must throw once the segment is closed. */
interface Use {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly again: () => unknown;
}

const uses: Record<string, (segment: Segment) => Use> = {
  "a message": (segment) => {
    const producer = segment.create("ring", ByteRing, { capacity: PART }).producer(), at = producer.claim(4096)!;
    return {
      data: producer.bytes.subarray(at, at + 4096) as Uint8Array<ArrayBuffer>,
      again: () => producer.push("one more"),
    };
  },
  "a row's bytes": (segment) => {
    const writer = segment.create("table", LatestTable, { layout: Blob, rows: 4 }).writer(), row = writer.begin(0);
    return { data: row.data as Uint8Array<ArrayBuffer>, again: () => row.data };
  },
  "a row's memory": (segment) => {
    const writer = segment.create("table", LatestTable, { layout: Blob, rows: 4 }).writer(), row = writer.begin(0);
    return { data: Blob.viewsOf(row as never).u8 as Uint8Array<ArrayBuffer>, again: () => writer.commit() };
  },
  "a seqlock's payload": (segment) => {
    const record = segment.create("record", SeqLock, { payloadBytes: PART });
    return { data: record.payload.u8 as Uint8Array<ArrayBuffer>, again: () => record.beginRead() };
  },
  "a type of one's own": (segment) => {
    const data = segment.create("raw", Raw, {});
    return { data, again: () => segment.objects() };
  },
};

const fifo = `/tmp/shmkit-test-${process.pid}`;
execFileSync("mkfifo", [fifo]);
const fd = fs.openSync(fifo, "r+");

/** An operation that keeps using memory, and how it is ended. */
const operations: Record<string, (data: Uint8Array<ArrayBuffer>) => { end: () => void; done: Promise<unknown> }> = {
  read: (data) => ({
    done: new Promise((resolve) => fs.read(fd, data, 0, 16, null, () => resolve(0))),
    end: () => fs.writeSync(fd, "written to no one"),
  }),
  compress: (data) => ({ done: new Promise((resolve) => gzip(data, () => resolve(0))), end: () => {} }),
  digest: (data) => ({ done: crypto.subtle.digest("SHA-256", data), end: () => {} }),
  write: (data) => ({ done: new Promise((resolve) => fs.write(fd, data, 0, 16, () => resolve(0))), end: () => {} }),
};

const addressOf = (data: Uint8Array<ArrayBuffer>): number => {
  const { low, high } = libc().addressOf(data);
  return high * 2 ** 32 + low;
};

/** What was wrong: nothing, it is hoped. */
const wrong: string[] = [];
const isClosed = (use: () => unknown): boolean => {
  try {
    use();
  } catch (error) {
    return error instanceof ClosedError;
  }
  return false;
};

let cases = 0;
for (const [how, start] of Object.entries(operations)) {
  for (const [what, make] of Object.entries(uses)) {
    const note = (reason: string) => wrong.push(`${how} of ${what}: ${reason}`);
    cases++;
    const segment = Segment.anonymous({ byteLength: LENGTH }), watcher = Segment.open(segment.name);
    const { data, again } = make(segment), from = addressOf(data) - LENGTH, to = addressOf(data) + LENGTH;
    const seen = watcher.open(segment.objects()[0].name, { ...Raw, kind: segment.objects()[0].kind });
    const { end, done } = start(data);
    await delay(5);
    const before = seen.slice();
    segment.close();
    if (!isClosed(again)) note("the library did not say that the segment is closed");
    const next = Array.from({ length: 8 }, () => Segment.anonymous({ byteLength: LENGTH }).create("raw", Raw, {}));
    for (const each of next) if (addressOf(each) > from && addressOf(each) < to) note("the addresses were used again");
    end();
    await done;
    for (const each of next) if (each.some((byte) => byte !== 7)) note("it wrote into another segment");
    if (seen.some((byte, i) => byte !== before[i])) note("it wrote into the segment after its close");
    if (how === "write") fs.readSync(fd, new Uint8Array(16));
    // Detached as soon as the runtime allows it.
    for (let i = 0; i < 4000 && data.length > 0; i++) await delay(5);
    if (data.length > 0) note("its bytes were never detached");
    if (how === "read") { while (fs.readSync(fd, new Uint8Array(64)) === 64); }
  }
}
report({ cases, wrong });
fs.unlinkSync(fifo);
process.exit(0);
