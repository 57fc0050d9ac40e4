import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { after, describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { ByteRing } from "../../lib/channel/byte_ring/byte_ring.ts";
import { Spare } from "../../support/spare.ts";
import { besideSoak, deathsOf, Moment, roundsOf } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { Random } from "../../support/random.ts";
import { mixed, PAIRS, type Runtime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { until } from "../../support/until.ts";
import { ByteNotes, GIVEN, PRODUCERS, PUBLISHED, RawRing, SEEN, startByteRingAt, WRONG } from "./byte_ring_sample.ts";

const SCRIPT = new URL("./byte_ring_peer.ts", import.meta.url);
/** With one ring: its producers differ by their numbers. */
const MOST_KILLS = 200;
/** Messages that are received after each death, however long that takes: more than go into the ring. */
const GOES_ON = 400;

interface Sending {
  readonly senders: readonly Runtime[];
  readonly receiver: Runtime;
  readonly producers: "one" | "many";
  readonly capacity: number;
  /** Of each sender. */
  readonly messages: number;
  /** How many bytes went through the ring before. */
  readonly start: number;
  readonly wait: string;
}

/** Runs with a fresh name; the peers that were started end with it, whatever happens. */
async function withPeers(use: (name: string, start: StartPeer) => Promise<void>): Promise<void> {
  const peers = new Set<Peer>();
  const start: StartPeer = (runtime, ...args) => {
    const peer = Peer.start(runtime, SCRIPT, args);
    peers.add(peer);
    peer.exited.then(() => peers.delete(peer));
    return peer;
  };
  await withName(async (name) => {
    try {
      await use(name, start);
    } finally {
      for (const peer of peers) peer.kill();
      await Promise.all([...peers].map((peer) => peer.exited));
    }
  });
}

type StartPeer = (runtime: Runtime, ...args: readonly (string | number)[]) => Peer;

/** Sends messages through a ring. */
async function sendThrough(
  { senders, receiver, producers, capacity, messages, start, wait }: Sending,
): Promise<void> {
  await withPeers(async (name, startPeer) => {
    using segment = Segment.create(name, { byteLength: 2 ** 21 });
    const ring = segment.create("bytes", ByteRing, { capacity, producers });
    startByteRingAt(segment.open("bytes", RawRing).views.u32, start);
    const receive = startPeer(receiver, "consume", name, wait, senders.length, messages);
    const sends = senders.map((runtime, i) => startPeer(runtime, "produce", name, wait, i, messages));
    const received = messages * senders.length;
    assertEquals(await receive.next(), { received, torn: 0, wrong: 0, all: true });
    for (const send of sends) assertEquals(await send.next(), "done");
    await Promise.all([receive, ...sends].map((peer) => peer.succeeded()));
    assertEquals([ring.length, ring.skipped], [0, 0]);
  });
}

describe("ByteRing between processes", { timeout: 120_000 + deathsOf(70) * 500 }, () => {
  after(() => Spare.endAll());

  for (const [sender, receiver] of PAIRS) {
    const senders = [sender];
    besideSoak(
      `${sender} sends 10 million messages to ${receiver}, past 2^32: none lost, doubled, torn or out of order`,
      () =>
        sendThrough({
          senders,
          receiver,
          producers: "one",
          capacity: 2 ** 16,
          messages: 10_000_000,
          start: 2 ** 32 - 2 ** 28,
          wait: "yield",
        }),
    );

    besideSoak(`${sender} and ${receiver} hammer a ring of two or three messages, past 2^31 and 2^32`, async () => {
      const common = { senders, receiver, capacity: 256, messages: 200_000, wait: "yield" };
      await sendThrough({ ...common, producers: "one", start: 2 ** 32 - 2 ** 20 });
      await sendThrough({ ...common, producers: "many", start: 2 ** 31 - 2 ** 20 });
    });

    besideSoak(`${sender} and ${receiver} wake each other`, async () => {
      const common = { senders, receiver, capacity: 256, messages: 20_000, wait: "block" };
      await sendThrough({ ...common, producers: "one", start: 0 });
      await sendThrough({ ...common, producers: "many", start: 2 ** 32 - 2 ** 16 });
    });

    besideSoak(
      `three producers, ${sender} and others, send 3 million messages to ${receiver}: each in order, none lost`,
      () =>
        sendThrough({
          senders: [sender, receiver, sender],
          receiver,
          producers: "many",
          capacity: 2 ** 16,
          messages: 1_000_000,
          start: 2 ** 32 - 2 ** 26,
          wait: "yield",
        }),
    );
  }

  besideSoak("three producers hammer a ring of 256 bytes, and wake each other", async () => {
    const common = { senders: ["bun", "deno", "bun"], receiver: "deno", producers: "many", capacity: 256 } as const;
    await sendThrough({ ...common, messages: 50_000, start: 2 ** 32 - 2 ** 20, wait: "yield" });
    await sendThrough({ ...common, messages: 5000, start: 2 ** 31 - 2 ** 17, wait: "block" });
  });

  for (const [producers, kills] of [["one", deathsOf(50)], ["many", deathsOf(70)]] as const) {
    it(`kill -9 of producers and consumers, ${kills} times, ${producers} to produce: all that was published arrives`, () =>
      (async () => {
        for (const some of roundsOf(kills, MOST_KILLS)) await killAll(producers, some);
      })());
  }
});

/** Kills producers and the consumer at random moments; a successor takes over each time. */
async function killAll(producers: "one" | "many", kills: number): Promise<void> {
  await withName(async (name) => {
    using segment = Segment.create(name, { byteLength: 2 ** 20 });
    const ring = segment.create("bytes", ByteRing, { capacity: 2048, producers });
    const notes = segment.create("notes", ByteNotes, {});
    startByteRingAt(segment.open("bytes", RawRing).views.u32, 2 ** 32 - 2 ** 16);
    const random = new Random(Date.now()), sendersAtOnce = producers === "one" ? 1 : 2;
    let made = 0, sender = 0;
    // A successor is ready before its predecessor dies, and takes over then.
    const start = async (isConsumer: boolean, isHolder: boolean) => {
      const runtime = mixed(made++);
      const wait = ["block", "yield", "block"][made % 3];
      const what = isConsumer ? "consumeForEver" : isHolder ? "claimForEver" : "produceForEver";
      const peer = Spare.start(runtime, SCRIPT, [what, name, wait, isConsumer ? 0 : sender++]);
      assertEquals(await peer.next(), "ready");
      return peer;
    };
    const takeOver = async (peer: Spare) => {
      peer.send("take over");
      assertEquals(await peer.next(), "working");
      return peer;
    };
    const roles = [true, ...new Array<boolean>(sendersAtOnce).fill(false)];
    const current: Spare[] = [];
    for (const isConsumer of roles) current.push(await takeOver(await start(isConsumer, false)));
    const failed = () => `seed ${random.seed}: ${current.map((peer) => peer.errors)}`;
    const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    /** Where one holds a claim, and so keeps the consumer waiting until it is killed. */
    let held = 0, received = 0, expected = 0;
    const count = () => received = notes.slice(SEEN, SEEN + PRODUCERS).reduce((sum, seen) => sum + seen);
    for (let i = 0; i < kills; i++) {
      const which = held > 0 ? held : random.below(roles.length);
      held = random.below(3) === 0 ? which : 0;
      const next = await start(roles[which], held > 0);
      const moment = new Moment(current[which], current.filter((_, other) => other !== which), 10);
      await moment.passed();
      await moment.kill();
      current[which] = await takeOver(next);
      if (held === 0) {
        const before = count();
        await until(() => count() >= before + GOES_ON, () => `stuck at ${received}, from ${before}, ${failed()}`);
        expected += GOES_ON;
      }
      assertEquals(notes[WRONG], 0, failed());
    }
    for (const peer of current.slice(1)) {
      peer.kill();
      await peer.exited;
    }
    // The rest is received, or skipped as a dead process's.
    await until(() => ring.length === 0, () => `the consumer does not empty the ring, ${failed()}`);
    await sleep(20);
    current[0].kill();
    await current[0].exited;
    assertEquals(notes[WRONG], 0, failed());
    for (let i = 0; i < PRODUCERS; i++) {
      // A consumer that died between giving messages back and noting that has noted before that it saw them.
      assertGreaterOrEqual(notes[SEEN + i], notes[PUBLISHED + i], "a message that publish had returned for is gone");
      assertGreaterOrEqual(notes[SEEN + i], notes[GIVEN + i]);
    }
    assert(sender < PRODUCERS);
    assertGreaterOrEqual(count(), expected);
    if (producers === "one") assertEquals(ring.skipped, 0);
    else assertGreater(ring.skipped, 0);
    // And the ring is as good as new.
    assert(ring.producer().push("a", 1));
    assertEquals([ring.consumer().shift()?.type, ring.length], [1, 0]);
    assertEquals(segment.participants().length, 1);
    console.log(`    ${received} messages, ${ring.skipped} claims skipped`);
  });
}
