import { Segment } from "../../mod.ts";
import { SpscRing } from "../../lib/channel/spsc_ring/spsc_ring.ts";
import type { WaitStrategy } from "../../lib/channel/shared/wait_strategy.ts";
import { nextOrder, reportNow, serve } from "../../support/in_spare.ts";
import { Random } from "../../support/random.ts";
import { fill, isWhole, Sample } from "./latest_table_sample.ts";
import { AGAIN, ERRORS, EXAMPLE, GIVEN, Notes, PUBLISHED, SEEN } from "./spsc_ring_sample.ts";

serve((peerArgs) => {
  const [what, name, object, wait, records = "0"] = peerArgs;
  const segment = Segment.open(name, { role: what });
  const ring = segment.open(object, SpscRing, { layout: Sample });
  const count = Number(records), options = { timeoutMs: 20_000 };
  const random = new Random(7);

  /** Sends records one by one and in batches, in all ways there are. */
  function produce(): void {
    const producer = ring.producer({ wait: wait as WaitStrategy }), sample = Sample.alloc();
    let next = 0;
    while (next < count) {
      const way = random.below(4);
      if (way === 0) {
        fill(sample, next++);
        if (!producer.pushWait(sample, options)) throw new Error("full for 20 s");
      } else if (way === 1) {
        if (producer.claimWait(options) === undefined) throw new Error("full for 20 s");
        producer.abort();
        fill(sample, next);
        if (producer.push(sample)) next++;
      } else {
        if (producer.claimWait(options) === undefined) throw new Error("full for 20 s");
        producer.abort();
        const batch = Math.min(1 + random.below(16), count - next);
        for (let i = 0; i < batch; i++) {
          const record = producer.claim();
          if (record === undefined) break;
          fill(record, next++);
        }
        producer.publish();
      }
    }
    producer.close();
    reportNow("done");
  }

  /** Receives them, and counts what must not be. */
  function consume(): void {
    const consumer = ring.consumer({ wait: wait as WaitStrategy }), sample = Sample.alloc();
    let next = 0, torn = 0, wrong = 0, most = 0;
    const check = (record: typeof sample) => {
      if (!isWhole(record)) torn++;
      if (record.sequence !== next) wrong++;
      next++;
    };
    while (next < count) {
      const way = random.below(4);
      if (way === 0) {
        if (!consumer.shiftWait(sample, options)) break;
        check(sample);
      } else {
        const received = consumer.drainWait(check, way === 1 ? 1 + random.below(20) : Infinity, options);
        if (received === 0) break;
        most = Math.max(most, received);
      }
    }
    reportNow({ received: next, torn, wrong, isTooMany: most > ring.capacity });
    consumer.close();
  }

  /** Sends for ever: a record's sequence is its position, which a successor finds in it. Ends only by a signal. */
  function produceForEver(): never {
    const notes = segment.open("notes", Notes, {}), producer = ring.producer({ wait: wait as WaitStrategy });
    reportNow("working");
    while (true) {
      if (producer.claimWait() === undefined) continue;
      producer.abort();
      const batch = 1 + random.below(8);
      for (let i = 0; i < batch; i++) {
        const record = producer.claim();
        if (record === undefined) break;
        fill(record, ((producer.position + producer.claimed - 1) >>> 0) + 1);
      }
      const last = ((producer.position + producer.claimed - 1) >>> 0) + 1;
      producer.publish();
      notes[PUBLISHED] = last;
    }
  }

  /** Receives for ever and leaves notes. Ends only by a signal. */
  function consumeForEver(): never {
    const notes = segment.open("notes", Notes, {}), consumer = ring.consumer({ wait: wait as WaitStrategy });
    const complain = (text: string, ...values: number[]) => {
      notes[ERRORS]++;
      if (notes[ERRORS] === 1) values.forEach((value, i) => notes[EXAMPLE + i] = value);
      console.error(text, values);
    };
    let isFirst = true, next = 0;
    const check = (record: Parameters<typeof isWhole>[0]) => {
      const { sequence } = record;
      if (!isWhole(record)) complain("torn", 1, sequence, next);
      if (isFirst) {
        // None is lost; only those come again that were not freed.
        const seen = notes[SEEN], given = notes[GIVEN];
        if (sequence > seen + 1 || sequence <= given) complain("a gap between consumers", 2, sequence, seen, given);
        if (sequence <= seen) notes[AGAIN]++;
        isFirst = false;
        next = sequence;
      }
      if (sequence !== next) complain("a gap", 3, sequence, next);
      next = sequence + 1;
      // A dead predecessor may have seen more of them.
      if (sequence > notes[SEEN]) notes[SEEN] = sequence;
    };
    reportNow("working");
    while (true) {
      if (consumer.drainWait(check, 1 + random.below(32)) > 0) notes[GIVEN] = next - 1;
    }
  }

  if (what === "produce") produce();
  else if (what === "consume") consume();
  else {
    reportNow("ready");
    nextOrder();
    what === "produceForEver" ? produceForEver() : consumeForEver();
  }
});
