import { assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertThrows } from "@std/assert";
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Segment, SegmentStateError } from "@shmkit/shmkit";
import { deathsOf } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { Random } from "../../support/random.ts";
import { type Runtime, thisRuntime } from "../../support/runtimes.ts";
import { exists, uniqueName, withName } from "../../support/segments.ts";
import { Counter } from "./counter.ts";

const SCRIPT = new URL("./races_peer.ts", import.meta.url);
const KILLS = deathsOf(200);
const EIGHT: Runtime[] = ["bun", "deno", "bun", "deno", "bun", "deno", "bun", "deno"];

/** Starts eight processes and lets them go at the same moment. */
async function eight(name: string, what: string): Promise<{ peers: Peer[]; go(round: number): Promise<unknown[]> }> {
  const peers = EIGHT.map((runtime) => Peer.start(runtime, SCRIPT, [what, name]));
  for (const peer of peers) assertEquals(await peer.next(), "ready");
  return {
    peers,
    go(round) {
      for (const peer of peers) peer.send({ round, at: Date.now() + 20 });
      return Promise.all(peers.map((peer) => peer.next()));
    },
  };
}

describe("eight processes of both runtimes at once", () => {
  it("openOrCreate: exactly one makes the segment, all get the same", () =>
    withName(async (name) => {
      const { peers, go } = await eight(name, "segment");
      for (let round = 0; round < 25; round++) {
        assertEquals(new Set(await go(round)).size, 1, "two creators");
        using segment = Segment.open(name);
        assertEquals(segment.participants().length, 9);
        // Each added one to the same counter.
        assertEquals(segment.open("counter", Counter, {}).value, 8);
        Segment.unlink(name);
      }
      for (const peer of peers) peer.send(null);
      for (const peer of peers) await peer.succeeded();
    }));

  it("create: one succeeds, the others get EEXIST", () =>
    withName(async (name) => {
      const { peers, go } = await eight(name, "create");
      for (let round = 0; round < 25; round++) {
        const codes = await go(round);
        assertEquals(codes.filter((code) => code === "created").length, 1);
        assertEquals(codes.filter((code) => code === "EEXIST").length, 7);
        Segment.unlink(name);
      }
      for (const peer of peers) peer.send(null);
      for (const peer of peers) await peer.succeeded();
    }));

  it("adding objects: none is lost, none overlaps", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 20, maxObjects: 512 });
      const { peers, go } = await eight(name, "objects");
      for (let round = 0; round < 5; round++) {
        await go(round);
        const objects = segment.objects();
        assertEquals(objects.length, (round + 1) * 8 * 8);
        assertEquals(new Set(objects.map((object) => object.name)).size, objects.length);
        objects.reduce((end, { byteOffset, byteLength }) => {
          assertGreaterOrEqual(byteOffset, end);
          return byteOffset + byteLength;
        }, 0);
        // Each object holds what its maker wrote into it.
        for (const { name } of objects) assertEquals(segment.open(name, Counter, {}).value, name.length);
      }
      for (const peer of peers) peer.send(null);
      for (const peer of peers) await peer.succeeded();
    }));
});

describe("a creator", () => {
  it("killed at a random instruction leaves nothing that openOrCreate cannot finish", async () => {
    const random = new Random(Date.now());
    console.log(`seed ${random.seed}`);
    let killed = 0, half = 0;
    const killCreators = async (name: string) => {
      while (killed < KILLS) {
        killed++;
        const peer = Peer.start(thisRuntime, SCRIPT, ["create-slowly", name]);
        await peer.next();
        // It makes and removes the segment over and over; somewhere there it dies.
        await new Promise((resolve) => setTimeout(resolve, random.below(8)));
        peer.kill("SIGKILL");
        await peer.exited;
        if (exists(name)) {
          try {
            Segment.open(name, { timeoutMs: 0 }).close();
          } catch (error) {
            // One killed before it locked the empty file is not distinguished from one that is slow.
            const isEmpty = statSync(`/dev/shm${name}`).size === 0;
            assertEquals((error as SegmentStateError).code, isEmpty ? "INITIALISING" : "CREATOR_DIED");
            half++;
          }
        }
        using segment = Segment.openOrCreate(name, { byteLength: 2 ** 18 });
        assertEquals(segment.participants().length, 1);
        assertEquals(segment.openOrCreate("counter", Counter, {}).add(1), 0);
        Segment.unlink(name);
      }
    };
    // Two at a time.
    await withName((one) => withName((other) => Promise.all([one, other].map(killCreators))));
    console.log(`of ${killed} creators killed, ${half} left a half-made segment`);
  });

  it("that died is distinguished from one that works, and both from one that is late", () =>
    withName(async (name) => {
      closeSync(openSync(`/dev/shm${name}`, "w", 0o600)); // what a creator leaves between its first two calls
      for (const timeoutMs of [0, 30]) {
        const early = assertThrows(
          () => Segment.open(name, { timeoutMs }),
          SegmentStateError,
          "has not begun to initialise it, or died before it did",
        );
        assertEquals(early.code, "INITIALISING");
      }

      const peer = Peer.start(thisRuntime, SCRIPT, ["hold", name]);
      assertEquals(await peer.next(), "held");
      const start = performance.now();
      const alive = assertThrows(
        () => Segment.open(name, { timeoutMs: 30 }),
        SegmentStateError,
        "is still initialising",
      );
      assertEquals(alive.code, "INITIALISING");
      assertGreaterOrEqual(performance.now() - start, 29);
      assertThrows(
        () => Segment.openOrCreate(name, { byteLength: 4096, timeoutMs: 30 }),
        SegmentStateError,
        "initialising",
      );
      peer.kill();
      await peer.exited;

      using segment = Segment.openOrCreate(name, { byteLength: 8192 });
      assertEquals(segment.byteLength, 8192);
    }));

  it("is waited for", () =>
    withName(async (name) => {
      const peer = Peer.start(thisRuntime, SCRIPT, ["create-later", name]);
      assertEquals(await peer.next(), "ready");
      peer.send("go");
      assertEquals(await peer.next(), "off"); // sending needs this thread, which now blocks
      using segment = Segment.open(name, { timeoutMs: 20_000 });
      // The object comes later still.
      assertEquals(segment.open("counter", Counter, {}, { timeoutMs: 20_000 }).value, 0);
      await peer.succeeded();
    }));
});

describe("participants", () => {
  it("go when their process is killed, and their slots are used again", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 65_536, maxParticipants: 3, role: "test" });
      const ids = new Set<number>();
      for (let i = 0; i < 20; i++) {
        const peer = Peer.start(i % 2 === 0 ? "bun" : "deno", SCRIPT, ["attach", name]);
        assertEquals(await peer.next(), "attached");
        const [me, other] = segment.participants();
        assertEquals([me.role, other.role, other.pid, other.slot], ["test", "peer", peer.pid, 1]);
        assertLessOrEqual(Math.abs(other.attachedAt.getTime() - Date.now()), 60_000);
        const stat = readFileSync(`/proc/${peer.pid}/stat`, "utf8");
        assertEquals(String(other.startTime), stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
        ids.add(other.id);
        peer.kill("SIGKILL");
        await peer.exited;
        assertEquals(segment.participants().map(({ role }) => role), ["test"]);
      }
      assertEquals(ids.size, 20, "an id was given twice");
    }));

  it("that are stopped still count as attached", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 65_536 });
      const peer = Peer.start(thisRuntime, SCRIPT, ["attach", name]);
      await peer.next();
      peer.kill("SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, 200));
      assertEquals(segment.participants().length, 2);
      peer.kill("SIGKILL");
      await peer.exited;
      assertEquals(segment.participants().length, 1);
    }));

  it("keep their epoch below 2^21, and never take 0", () =>
    withName((name) => {
      Segment.create(name, { byteLength: 65_536 }).close();
      const path = `/dev/shm${name}`, bytes = readFileSync(path);
      bytes.writeUInt32LE(2 ** 21 - 2, 128);
      writeFileSync(path, bytes);
      const epochs = [0, 1, 2].map(() => {
        using segment = Segment.open(name);
        return segment.participants()[0].id >>> 10;
      });
      assertEquals(epochs, [2 ** 21 - 1, 1, 2]);
    }));
});

describe("nothing", () => {
  it("is left in /dev/shm by a process that was killed while it made an anonymous segment", async () => {
    const peer = Peer.start(thisRuntime, SCRIPT, ["anonymous", uniqueName()]);
    await peer.next();
    peer.kill("SIGKILL");
    await peer.exited;
    // Other programs that run meanwhile make segments of their own.
    assertEquals(Segment.list().filter(({ creatorPid }) => creatorPid === peer.pid), []);
  });
});
