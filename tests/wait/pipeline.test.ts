import { assertEquals, assertLess } from "@std/assert";
import { describe, it } from "node:test";
import { Pipeline, Segment } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { BESIDE } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { soonest, Stopwatch } from "../../support/stopwatch.ts";
import { after, Sample } from "./wait_sample.ts";

const SCRIPT = new URL("./wait_peer.ts", import.meta.url);
const CAPACITY = 8;
const OPTIONS = { layout: Sample, capacity: CAPACITY, readers: { one: [], two: ["one"] } };

function withPipeline<T>(use: (name: string, pipeline: Pipeline<typeof Sample>) => Promise<T>): Promise<T> {
  return withName(async (name) => {
    using segment = Segment.create(name, { byteLength: 2 ** 18 });
    return await use(name, segment.create("pipeline", Pipeline, OPTIONS));
  });
}

for (const runtime of BESIDE) {
  describe(`tasks at a pipeline with one of ${runtime} that is killed`, () => {
    /** @returns After how many milliseconds the reader after the one that died continues. */
    const continues = () =>
      withPipeline(async (name, pipeline) => {
        const peer = Peer.start(runtime, SCRIPT, ["read", name, 0, "one"]);
        assertEquals(await peer.next(), "ready");
        const writer = pipeline.writer(), reader = pipeline.reader("two"), into = Sample.alloc();
        for (let sequence = 0; sequence < 3; sequence++) {
          await writer.pushAsync({ sequence });
          assertEquals(await peer.next(), sequence);
          assertEquals([await reader.shiftAsync(into), into.sequence], [true, sequence]);
        }
        const next = reader.shiftAsync(into);
        peer.kill();
        await peer.exited;
        const stopwatch = new Stopwatch(), received: number[] = [];
        const written = (async () => {
          for (let sequence = 3; sequence < 50; sequence++) await writer.pushAsync({ sequence });
        })();
        assertEquals(await next, true);
        const ms = stopwatch.stop();
        received.push(into.sequence);
        for await (const { sequence } of reader) if (received.push(sequence) === 47) break;
        await written;
        assertEquals(received, Array.from({ length: 47 }, (_, i) => 3 + i));
        return ms;
      });

    it("continue when a waiting reader dies: the writer, and the reader after it", async () => {
      const most = 100 + 100; // until the death is noticed, and by whom it held up
      assertLess(await soonest(most, continues), most);
    });

    it("continue when a waiting writer dies: with its successor, and without a gap", () =>
      withPipeline(async (name, pipeline) => {
        const one = pipeline.reader("one"), two = pipeline.reader("two"), received: number[] = [];
        const peer = Peer.start(runtime, SCRIPT, ["write", name]);
        assertEquals(await peer.next(), "full");
        await after(10); // it waits
        peer.kill();
        await peer.exited;
        const into = Sample.alloc();
        for (let sequence = 0; sequence < CAPACITY; sequence++) {
          assertEquals([await one.shiftAsync(into), into.sequence], [true, sequence]);
        }
        const waits = one.shiftAsync(into); // for the successor
        await after(5);
        using writer = pipeline.writer();
        for await (const { sequence } of two) if (received.push(sequence) === CAPACITY) break;
        await writer.pushAsync({ sequence: CAPACITY });
        assertEquals([await waits, into.sequence], [true, CAPACITY]);
        for await (const { sequence } of two) if (received.push(sequence) > CAPACITY) break;
        assertEquals(received, Array.from({ length: CAPACITY + 1 }, (_, i) => i));
      }));
  });
}
