import { assertEquals } from "@std/assert";
import { unlinkSync } from "node:fs";
import { describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { otherRuntime, thisRuntime } from "../../support/runtimes.ts";
import { uniqueName } from "../../support/segments.ts";

const ROUNDS = 16;

describe("shmkit, of a corrupt segment", { timeout: 240_000 }, () => {
  it(`answers and ends, whatever its bytes are, ${ROUNDS} times: it shows no stack, moves no cursor, changes nothing`, async () => {
    const name = uniqueName(), seed = Date.now() % 2 ** 32;
    const maker = Peer.start(otherRuntime, new URL("./segment_peer.ts", import.meta.url), [name]);
    await maker.next();
    const objects = (() => {
      using segment = Segment.open(name);
      return segment.objects().map((object) => object.name);
    })();
    maker.kill();
    await maker.exited;
    try {
      const peer = Peer.start(thisRuntime, new URL("./corrupt_peer.ts", import.meta.url), [
        name,
        seed,
        ROUNDS,
        ...objects,
      ]);
      const { faults, calls } = await peer.next<{ faults: string[]; calls: Record<string, number> }>();
      assertEquals(faults, [], `seed ${seed}`);
      await peer.succeeded();
      const { inspect, top, ...others } = calls;
      assertEquals(others, { list: ROUNDS, clean: ROUNDS, schema: ROUNDS });
      assertEquals([inspect, top], [ROUNDS / 2, ROUNDS / 2 + 1]);
    } finally {
      unlinkSync(`/dev/shm${name}`);
    }
  });
});
