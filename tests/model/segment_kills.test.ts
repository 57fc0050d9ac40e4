import { assert, assertEquals } from "@std/assert";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { observeSegment } from "../../lib/cli/observe/observed_segment.ts";
import { removeAbandonedSegment } from "../../lib/memory/abandoned_segment.ts";
import { Segment } from "../../lib/memory/segment.ts";
import { buildSegmentsWithPoints } from "../../support/explorer/build.ts";
import type { SegmentCase, SegmentReport, SegmentTask } from "../../support/explorer/segment_points_peer.ts";
import { isSoak } from "../../support/kills.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { exists, withName } from "../../support/segments.ts";
import { Spare } from "../../support/spare.ts";
import { Cast, MEANWHILE_MS, untilStopped, within } from "./kills/cast.ts";
import { cases } from "./kills/segments.ts";

/** In the suite, each runner kills at some of the points, Bun's at others than Deno's. A soak kills at all. */
const EVERY = isSoak ? 1 : 7, FIRST = isSoak || thisRuntime === "bun" ? 1 : 4;

const SCRIPT = pathToFileURL(buildSegmentsWithPoints("tests/model/kills/segments.ts"));

const kills = new Map<string, number>();

/** Runs once, and kills the victim at its n-th point. Returns the point; undefined if the victim reached its end. */
function killAt(n: number, one: SegmentCase<Segment>, cast: Cast): Promise<string | undefined> {
  return withName(async (name) => {
    using witness = one.prepare?.(name);
    const peer = await start("peer", { title: one.title, name, role: "peer" }, cast);
    const victim = await start("victim", { title: one.title, name, role: "victim", stopAt: n }, cast);

    victim.send("go");
    const report = await within(victim.next<SegmentReport>()), isDead = "stopped" in report;
    const where = `${one.title}, point ${n}${isDead ? `, ${report.stopped}` : ""}`;
    assert(!("error" in report), `${where}: ${JSON.stringify(report)}`);
    if (isDead) await untilStopped(victim);
    peer.send("go");
    if (isDead) {
      await delay(MEANWHILE_MS);
      await cast.kill(victim);
    }
    const done = await within(peer.next<SegmentReport>());
    assert("done" in done, `${where}: ${JSON.stringify(done)}`);

    const attached: number[] = [];
    if ("done" in report && report.isAttached) attached.push(victim.pid);
    if (done.isAttached) attached.push(peer.pid);
    try {
      requireKnown(name);
      one.check({ name, witness: witness ?? undefined, attached, isDead });
      await leave(peer, cast);
      if (!isDead) await leave(victim, cast);
      witness?.close();
      requireRemovable(name);
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
    }
    return isDead ? report.stopped : undefined;
  });
}

/** A process that has attached, if it is to, and waits to go. */
async function start(what: string, task: SegmentTask, cast: Cast): Promise<Spare> {
  const process = await cast.take();
  process.send(task);
  assertEquals(await within(process.next()), "attached", what);
  return process;
}

/** It gives up what it has. */
async function leave(process: Spare, cast: Cast): Promise<void> {
  process.send("leave");
  assertEquals(await within(process.next()), "left");
  cast.release(process);
}

/** What commands say of a name: it is a segment, or they say why not, and how it goes. */
function requireKnown(name: string): void {
  const status = observeSegment(name, `/dev/shm${name}`, "named")?.status ?? "none";
  assert(["ready", "half-made", "blank", "none"].includes(status), `it is ${status}`);
}

/** A name that nobody is in goes, and nothing is left of it. */
function requireRemovable(name: string): void {
  if (exists(name)) assert(removeAbandonedSegment(name), "it is not removed although nobody is in it");
  assert(!exists(name) && !Segment.list().some((info) => info.name === name), "something is left");
}

describe("kill -9 on the way into segments and out of them", { timeout: 600_000 }, () => {
  const cast = new Cast(SCRIPT, []);
  after(async () => {
    await cast.end();
    await Spare.endAll();
  });

  for (const one of cases) {
    it(`${one.part}: ${one.title}`, async () => {
      let count = 0;
      while (await killAt(FIRST + count * EVERY, one, cast) !== undefined) count++;
      kills.set(one.part, (kills.get(one.part) ?? 0) + count);
    });
  }

  after(() =>
    console.log(`killed in ${thisRuntime}: ${[...kills].map(([part, count]) => `${part} ${count}`).join(", ")}`)
  );
});
