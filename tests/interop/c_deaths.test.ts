import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Broadcast, LatestTable, Mutex, OwnerDiedError, Pipeline, type Segment, SeqLock, SpscRing } from "../../mod.ts";
import { deathsOf } from "../../support/kills.ts";
import { hasCompiler } from "../../support/machine.ts";
import type { Peer } from "../../support/peer.ts";
import { Random } from "../../support/random.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { Stopwatch } from "../../support/stopwatch.ts";
import { until } from "../../support/until.ts";
import { Notes } from "../channel/spsc_ring_sample.ts";
import { lacking, type Language, mixedLanguage, startPeer } from "./languages.ts";
import { ERRORS, GIVEN, SEEN } from "./notes.ts";
import { begin, createAll } from "./pairs.ts";
import { isWholeTick, Job, Tick } from "./records.ts";

const KILLS = deathsOf(10), skip = hasCompiler ? false : "no C compiler";

async function kill(peer: Peer): Promise<void> {
  peer.kill();
  assertEquals((await peer.exited).signal, "SIGKILL", peer.errors);
}

/** Starts one that works for ever, while those at work leave it the processors; it is told to begin after that. */
async function working(language: Language, what: string, name: string, others: readonly Peer[] = []): Promise<Peer> {
  const peer = startPeer(language, what, name, 2 ** 50);
  for (const other of others) other.kill("SIGSTOP");
  const first = await peer.next();
  for (const other of others) other.kill("SIGCONT");
  assertEquals(first, "ready");
  peer.send("go");
  assertEquals(await peer.next(), "working");
  return peer;
}

/** What a test does in one of its segments. */
function within(run: (segment: Segment, name: string) => Promise<void>): () => Promise<void> {
  return () =>
    withName(async (name) => {
      using segment = createAll(name);
      await run(segment, name);
      assertEquals(segment.participants().length, 1, "nobody is left");
    });
}

describe("kill -9, and successors in other languages", { skip, timeout: 120_000 + KILLS * 2000 }, () => {
  it(
    `of producers and consumers of a ring, ${KILLS} times: nothing published is lost`,
    within(async (segment, name) => {
      const notes = segment.open("notes", Notes, {}), ring = segment.open("ring", SpscRing, { layout: Tick });
      const random = new Random(Date.now()), roles = ["ring-write-on", "ring-read-on"];
      const failed = () => `seed ${random.seed}: ${notes.slice(ERRORS, ERRORS + 1)} ${notes.slice(SEEN, SEEN + 2)}`;
      let made = 0;
      const next = (role: string, others: Peer[]) => {
        return working(mixedLanguage(made++ >> 1, ["c", "python"]), role, name, others);
      };
      const current = [await next(roles[0], []), await next(roles[1], [])];
      for (let i = 0; i < KILLS; i++) {
        const which = i % 2, before = notes[SEEN];
        await new Promise((resolve) => setTimeout(resolve, random.below(10)));
        await kill(current[which]);
        current[which] = await next(roles[which], [current[1 - which]]);
        await until(
          () => notes[SEEN] > before,
          () => `stuck at ${before}, ${failed()} ${current.map((p) => p.errors)}`,
        );
        assertEquals(notes[ERRORS], 0, failed());
      }
      await kill(current[0]);
      await until(() => ring.length === 0 && notes[GIVEN] === notes[SEEN], failed);
      await kill(current[1]);
      assertEquals([notes[ERRORS], notes[SEEN]], [0, ring.producer().position], failed());
    }),
  );

  it(
    "of writers of a table and of a broadcast: what they published stays whole",
    within(async (segment, name) => {
      const table = segment.open("table", LatestTable, { layout: Tick }), tick = Tick.alloc();
      const broadcast = segment.open("broadcast", Broadcast, { layout: Tick }), reader = broadcast.reader();
      let torn = 0, wrong = 0;
      const look = () => {
        for (let row = 0; row < table.rows; row++) if (table.read(row, tick) && !isWholeTick(tick)) torn++;
        reader.drain((record) => {
          if (!isWholeTick(record)) torn++;
          if (record.sequence !== reader.position - 1) wrong++;
        });
      };
      for (let i = 0; i < KILLS / 2; i++) {
        const before = broadcast.position, changes = table.changes;
        const writers = [
          await begin(mixedLanguage(i, ["c", "c"]), "broadcast-write", name, 2 ** 50),
          await begin(mixedLanguage(i, ["c", "python"]), "table-write", name, 2 ** 30),
        ];
        await until(() => broadcast.position > before && table.changes > changes, () => "nothing is written");
        for (let j = 0; j < 20; j++) look();
        for (const writer of writers) await kill(writer);
        look();
        const seen = [broadcast.position, table.changes];
        look();
        assertEquals([broadcast.position, table.changes, torn, wrong], [...seen, 0, 0]);
      }
    }),
  );

  it(
    "of a pipeline's readers: those behind them, and the writer, drop them and go on",
    within(async (segment, name) => {
      const pipeline = segment.open("pipeline", Pipeline, { layout: Job }), options = { timeoutMs: 20_000 };
      using writer = pipeline.writer();
      const push = (count: number) => {
        for (let i = 0; i < count; i++) {
          const sequence = writer.position;
          assert(writer.pushWait({ sequence, book: 0, pricing: 0 }, options), "no space for 20 s");
        }
      };
      // Which of C and Python lives and which dies is the other way round in the other runner.
      const both: readonly Language[] = lacking(["python"]) === false ? ["c", "python"] : ["c", "c"];
      const [survivor, follower] = thisRuntime === "deno" ? both.toReversed() : both;
      // A reader in TypeScript dies: the one in another language behind it finds that out, as the writer has space.
      const book = await begin(thisRuntime, "book", name, 2 ** 40);
      const pricing = await begin(survivor, "pricing", name, 150);
      push(100);
      await kill(book);
      await until(() => pipeline.position - pipeline.gates()[1].position === 0, () => "it does not pass a dead one");
      push(50);
      assertEquals((await pricing.next<{ received: number }>()).received, 150);
      await pricing.succeeded();
      assertEquals(pipeline.gates().map(({ state }) => state), ["dropped", "absent"]);
      // One in yet another follows it where it was, and dies: the writer finds that out.
      const heir = startPeer(follower, "book", name, 2 ** 40);
      assertEquals(await heir.next(), "reading");
      push(100);
      await kill(heir);
      push(300);
      assertEquals(pipeline.gates().map(({ state, drops }) => [state, drops]), [["dropped", 2], ["absent", 0]]);
      // What is there still, a successor in TypeScript receives: the last ones, and all of those.
      using last = pipeline.reader("book");
      const sequences: number[] = [];
      last.drain((job) => void sequences.push(job.sequence));
      assertGreater(sequences.length, 0);
      assertEquals(sequences, sequences.map((_, i) => 550 - sequences.length + i));
    }),
  );

  it(
    `of owners of a mutex, ${KILLS} times: the next one is told`,
    within(async (segment, name) => {
      const notes = segment.open("notes", Notes, {}), mutex = segment.open("mutex", Mutex, {});
      const survivors = [await working("c", "count-on", name), await working(thisRuntime, "count-on", name)];
      for (let i = 0; i < KILLS; i++) {
        const victim = await working(mixedLanguage(i, ["c", "python"]), "count-on", name, survivors), before = notes[1];
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        await kill(victim);
        await until(() => notes[1] > before, () => `stuck: ${JSON.stringify(mutex.stats())}`);
      }
      for (const survivor of survivors) await kill(survivor);
      assert(mutex.lock({ timeoutMs: 20_000 }));
      if (!mutex.ownerDied) assertEquals(notes[0], notes[1]);
      assertEquals(notes[ERRORS], 0, "half done, and nobody said so");
      assertGreater(notes[1], KILLS);
    }),
  );

  const pairs: readonly (readonly [Language, Language])[] = [
    [thisRuntime, "c"],
    ["c", thisRuntime],
    ["python", thisRuntime],
    [thisRuntime, "python"],
    ...thisRuntime === "bun" ? [["c", "python"], ["python", "c"]] as const : [],
  ];
  for (const [dead, living] of pairs) {
    it(
      `${dead} dies with a mutex, ${living} is told, sleeping or not, and may break it`,
      { skip: lacking([dead, living]) },
      within(async (segment, name) => {
        const mutex = segment.open("mutex", Mutex, {});
        let holder = await begin(dead, "hold", name, 0);
        assertEquals(await holder.next(), "held");
        const sleeper = startPeer(living, "take", name, 1);
        assertEquals(await sleeper.next(), "taking");
        await until(() => mutex.stats().waiters === 1, () => "it does not sleep");
        const stopwatch = new Stopwatch();
        await kill(holder);
        assertEquals(await sleeper.next(), true);
        assertGreaterOrEqual(1000, stopwatch.stop());
        await sleeper.succeeded();
        assertEquals([mutex.lock(), mutex.ownerDied, mutex.stats().recoveries], [true, false, 1]);
        mutex.unlock();

        holder = await begin(dead, "hold", name, 0);
        assertEquals(await holder.next(), "held");
        await kill(holder);
        const breaker = startPeer(living, "take", name, 0);
        assertEquals(await breaker.next(), "taking");
        assertEquals(await breaker.next(), true);
        await breaker.succeeded();
        assertThrows(() => mutex.lock(), OwnerDiedError);
        const late = startPeer("c", "take", name, 0);
        assertEquals([(await late.exited).code, /-15/.test(late.errors)], [1, true]);
      }),
    );

    if (dead === "python" || living === "python") continue; // it has no seqlock
    it(
      `${dead} dies within a write of a seqlock, ${living} repairs it`,
      within(async (segment, name) => {
        const lock = segment.open("seqlock", SeqLock, {});
        const writer = startPeer(dead, "seqlock-half", name, 0);
        assertEquals(await writer.next(), "writing");
        await kill(writer);
        assertThrows(() => lock.read(({ f64 }) => f64[0]), OwnerDiedError);
        const refused = startPeer("c", "seqlock-read", name, 1);
        assertEquals(await refused.next(), "reading");
        assertEquals([(await refused.exited).code, /-16/.test(refused.errors)], [1, true]);
        const repairer = startPeer(living, "seqlock-write", name, 3);
        assertEquals(await repairer.next(), "done");
        await repairer.succeeded();
        assertEquals(lock.read(({ f64 }) => [...f64.subarray(0, 8)]), Array(8).fill(3));
      }),
    );
  }
});
