import { assert, assertEquals } from "@std/assert";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { describe, it } from "node:test";
import {
  array,
  bool,
  bytes,
  chars,
  decimal,
  enumeration,
  f32,
  i16,
  i64,
  LatestTable,
  Pipeline,
  SpscRing,
  struct,
  u53,
  u8,
} from "../../mod.ts";
import { Job, Tick } from "./records.ts";
import { withName } from "../../support/segments.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { Raw } from "../channel/spsc_ring_sample.ts";
import { hasPython, lacking, type Language, startPeer } from "./languages.ts";
import {
  createAll,
  RECORDS,
  throughBroadcast,
  throughPipeline,
  throughRing,
  throughTable,
  timed,
  underMutex,
} from "./pairs.ts";

const skip = hasPython ? false : "no Python 3.9", timeout = 60_000 + RECORDS / 50;

/** A field of every kind, with gaps between them. */
const Inner = struct("Inner", { flag: u8, level: decimal(3) });
const Everything = struct("Everything", {
  flag: bool,
  small: i16,
  side: enumeration({ buy: 1, sell: 300 }),
  name: chars(5),
  raw: bytes(3),
  rate: f32,
  price: decimal(8),
  time: u53,
  big: i64,
  inner: Inner,
  grid: array(array(i16, 2), 3),
  levels: array(Inner, 2),
});

describe("Python", { skip, timeout }, () => {
  const writers: Language[] = thisRuntime === "bun" ? ["bun", "c"] : [thisRuntime];
  for (const writer of writers.filter((language) => lacking([language]) === false)) {
    const pair = [writer, "python"] as const, name = `${writer} → python`;
    it(`${name}: a table is never torn`, () => timed(`table, ${name}`, RECORDS, throughTable(pair, RECORDS / 8)));
    it(`${name}: all records of a ring, past 2^32`, () => timed(`ring, ${name}`, RECORDS, throughRing(pair, RECORDS)));
    it(`${name}: a broadcast past 2^32, losses exact`, () =>
      timed(
        `broadcast, ${name}`,
        RECORDS,
        throughBroadcast(pair, RECORDS, writer === "c" ? "watch" : "broadcast-read"),
      ));
  }

  const readers: Language[] = thisRuntime === "bun" ? ["bun", "c", "python"] : [thisRuntime];
  for (const reader of readers.filter((language) => lacking([language]) === false)) {
    const pair = ["python", reader] as const, name = `python → ${reader}`;
    it(`${name}: a table is never torn`, () => timed(`table, ${name}`, RECORDS / 4, throughTable(pair, RECORDS / 32)));
    it(`${name}: all records of a ring, past 2^32`, () =>
      timed(`ring, ${name}`, RECORDS / 2, throughRing(pair, RECORDS / 2)));
    it(`${name}: a pipeline's readers in their order`, () =>
      timed(`pipeline, ${name}`, RECORDS / 20, throughPipeline(pair, RECORDS / 20)));
    it(`${name}: exclusion under a mutex`, () => timed(`mutex, ${name}`, RECORDS, underMutex(pair, RECORDS / 2)));
  }

  it("an interruption anywhere leaves no role with nobody, and no record is lost or received twice", () =>
    withName(async (name) => {
      using segment = createAll(name);
      const records = 900, options = { layout: Job, capacity: 1024, readers: { book: [] } };
      const writer = segment.create("long pipeline", Pipeline, options).writer();
      const producer = segment.open("ring", SpscRing, { layout: Tick }).producer();
      for (let i = 0; i < records; i++) assert(writer.push({}) && producer.push({}));
      const peer = startPeer("python", "interrupt", name, thisRuntime === "bun" ? 2 : 3);
      const expected = { wrong: 0, isEnough: true, received: records };
      assertEquals(await peer.next(), { pipeline: expected, ring: expected });
      await peer.succeeded();
    }));

  it("a pipeline's reader that waits for all has nothing while one before it is not there", () =>
    withName(async (name) => {
      using segment = createAll(name);
      const writer = segment.open("pipeline", Pipeline, { layout: Job }).writer(), push = () => writer.push({});
      for (let i = 0; i < 10; i++) assert(push());
      const peer = startPeer("python", "wait-for-all", name);
      assertEquals(await peer.next(), "alone");
      assert(push());
      assertEquals(await peer.next(), [0, 0, 4, 0, 6, 6, 1]);
      await peer.succeeded();
    }));

  it("receives no more than a ring holds where its positions are corrupt, and names objects whose text is", () =>
    withName(async (name) => {
      using segment = createAll(name);
      const words = segment.open("ring", { kind: "SpscRing", ...Raw }, {}),
        { capacity } = segment.open("ring", SpscRing, {
          layout: Tick,
        });
      words[128 / 4] = 2 ** 31; // its tail; the head is 0
      const memory = readFileSync(`/dev/shm${name}`), file = openSync(`/dev/shm${name}`, "r+");
      writeSync(file, Uint8Array.of(0xff), 0, 1, memory.indexOf("Job{"));
      closeSync(file);
      const peer = startPeer("python", "corrupt", name);
      assertEquals(await peer.next(), [capacity, segment.objects().length, "SegmentFormatError"]);
      await peer.succeeded();
    }));

  it("decodes every kind of field, lists objects, and says why it refuses", () =>
    withName(async (name) => {
      using segment = createAll(name);
      const record = {
        flag: true,
        small: -300,
        side: "sell",
        name: "héll",
        raw: new Uint8Array([1, 0, 255]),
        rate: 0.25,
        price: -60000.12345678,
        time: 2 ** 53 - 1,
        big: -5n,
        inner: { flag: 7, level: 1.5 },
        grid: [[1, 2], [3, -4], [5, 6]],
        levels: [{ flag: 1, level: 0.001 }, { flag: 2, level: -2 }],
      } as const;
      segment.create("everything", LatestTable, { layout: Everything, rows: 1 }).writer().write(0, record as never);
      segment.create("echo", LatestTable, { layout: Everything, rows: 1 });
      const peer = startPeer("python", "look", name);
      assertEquals(await peer.next(), {
        isListed: true,
        objects: segment.objects().map(({ name, kind, schema }) => [name, kind, schema]),
        roles: ["test", "look"],
        record: { ...record, raw: [1, 0, 255], big: -5 },
      });
      assertEquals(await peer.next(), [
        "FileNotFoundError",
        "ValueError",
        "SegmentStateError",
        "SegmentStateError",
        "IndexError",
        "RoleTakenError",
        "ShmkitError",
        "ValueError",
        "ValueError",
        "ValueError",
        "ValueError",
        "ValueError",
        "NotOwnerError",
        "NotOwnerError",
        "ClosedError",
      ]);
      await peer.succeeded();
      // It wrote what it had read, in the same bytes.
      const read = (name: string) => {
        const view = Everything.alloc();
        assert(segment.open(name, LatestTable, { layout: Everything }).read(0, view));
        return Everything.toObject(view);
      };
      assertEquals(read("echo"), read("everything"));
      assertEquals(segment.participants().map(({ role }) => role), ["test"]);
    }));
});
