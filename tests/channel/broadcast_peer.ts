import { Broadcast } from "../../lib/channel/broadcast/broadcast.ts";
import { Segment } from "../../mod.ts";
import { nextOrder, reportNow, serve } from "../../support/in_spare.ts";
import { Random } from "../../support/random.ts";
import { fill, isWhole, Sample } from "./latest_table_sample.ts";

/* A record's sequence is its position, so that a loss shows itself and a successor knows where to go on. */
serve((peerArgs) => {
  const [what, name, records = "0"] = peerArgs;
  const segment = Segment.open(name, { role: what, readOnly: what === "watch" });
  const broadcast = segment.open("samples", Broadcast, { layout: Sample });
  const count = Number(records), random = new Random(7);

  /** Writes up to a position, in all ways there are. */
  function write(end: number): void {
    const writer = broadcast.writer(), sample = Sample.alloc();
    reportNow("writing");
    for (let next = writer.position; next < end;) {
      const batch = random.below(3) === 0 ? Math.min(1 + random.below(broadcast.capacity >>> 1), end - next) : 1;
      if (batch === 1) {
        fill(sample, next++);
        writer.push(sample);
      } else {
        for (let i = 0; i < batch; i++) fill(writer.claim(), next++);
        writer.publish();
      }
    }
  }

  /** Reads up to a position, and counts what must not be. */
  function read(end: number): void {
    const reader = broadcast.reader({ from: "oldest", wait: "yield" }), sample = Sample.alloc();
    let torn = 0, wrong = 0, received = 0, position = 0, lost = 0;
    const first = reader.position;
    const check = (record: typeof sample) => {
      if (!isWhole(record)) torn++;
      // In order, and the reported losses are exact.
      if (record.sequence < position || record.sequence - first !== received + reader.lost) wrong++;
      position = record.sequence + 1;
      received++;
    };
    reportNow("reading");
    const options = { timeoutMs: 20_000 };
    while (reader.position < end) {
      if (random.below(4) !== 0) {
        if (reader.drainWait(check, 1 + random.below(64), options) === 0) break;
      } else {
        if (!reader.shiftWait(sample, options)) break;
        check(sample);
      }
      if (random.below(2000) === 0) { for (const until = performance.now() + 0.2; performance.now() < until;); }
    }
    lost = reader.lost;
    reportNow({
      torn,
      wrong,
      isAll: received + lost === reader.position - first,
      reachedEnd: reader.position === end,
      received,
      lost,
    });
  }

  if (what === "write") {
    reportNow("ready");
    write(nextOrder<number>()!);
  } else read(count);
});
