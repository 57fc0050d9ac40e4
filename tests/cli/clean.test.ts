import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { otherRuntime } from "../../support/runtimes.ts";
import { exists, uniqueName, withName } from "../../support/segments.ts";
import { shmkit, shmkitJson } from "./command.ts";

const PEER = new URL("./segment_peer.ts", import.meta.url);

/** A segment that a process has made which is gone. */
async function abandon(name: string): Promise<void> {
  const peer = Peer.start(otherRuntime, PEER, [name]);
  await peer.next();
  peer.kill();
  await peer.exited;
}

describe("shmkit clean", () => {
  it("removes abandoned segments, and only names them in a dry run", () =>
    withName(async (name) => {
      await abandon(name);
      const dry = await shmkitJson(["clean", "--dry-run", name.slice(1)]); // the slash may be left out
      assertEquals([dry.code, dry.json[0].result, exists(name)], [0, "abandoned", true]);
      const unasked = await shmkit(["clean", name]);
      assertEquals([unasked.code, exists(name)], [2, true]);
      assertStringIncludes(unasked.errors, "--yes");
      const { code, out } = await shmkit(["clean", "--yes", name]);
      assertEquals([code, exists(name)], [0, false]);
      assertMatch(out, new RegExp(`removed ${name}`));
      assertEquals((await shmkit(["clean", "--yes", name])).code, 1); // there is none
    }));

  it("keeps segments that have a participant, a living creator, or a reader", async () => {
    const attached = uniqueName(), created = uniqueName(), read = uniqueName();
    try {
      await Promise.all([abandon(attached), abandon(read)]);
      using _attached = Segment.open(attached);
      using _read = Segment.open(read, { readOnly: true });
      Segment.create(created, { byteLength: 65_536 }).close();
      const { code, json } = await shmkitJson(["clean", "--yes", attached, created, read]);
      const reasons = Object.fromEntries(
        json.map(({ name, reason }: { name: string; reason: string }) => [name, reason]),
      );
      assertEquals([code, exists(attached), exists(created), exists(read)], [0, true, true, true]);
      assertEquals(reasons[attached], "1 participant attached");
      assertMatch(reasons[created], /its creator, process \d+, lives/);
      assertMatch(reasons[read], /process \d+ has it open/);
    } finally {
      for (const name of [attached, created, read]) Segment.unlink(name);
    }
  });

  it("removes half-made segments, and keeps those that it cannot judge", async () => {
    const half = uniqueName(), corrupt = uniqueName(), model = uniqueName();
    Segment.create(model, { byteLength: 65_536 }).close();
    const bytes = readFileSync(`/dev/shm${model}`);
    Segment.unlink(model);
    bytes[12] = 0;
    writeFileSync(`/dev/shm${half}`, bytes);
    bytes[12] = 1;
    bytes[24] = 0;
    writeFileSync(`/dev/shm${corrupt}`, bytes);
    try {
      const { json } = await shmkitJson(["clean", "--yes", half, corrupt]);
      const results = json.map(({ name, result }: { name: string; result: string }) => [name, result]);
      assertEquals(new Map(results), new Map([[half, "removed"], [corrupt, "kept"]]));
      assertEquals([exists(half), exists(corrupt)], [false, true]);
    } finally {
      unlinkSync(`/dev/shm${corrupt}`);
    }
  });
});
