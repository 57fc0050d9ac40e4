import { LatestTable, Segment } from "../../mod.ts";
import { nextOrder, reportNow, serve } from "../../support/in_spare.ts";
import { fill, isWhole, Sample } from "./latest_table_sample.ts";

serve((peerArgs) => {
  const [what, name, versions = "2"] = peerArgs;
  const segment = Segment.open(name, { role: what });
  const table = segment.open(`samples ${versions}`, LatestTable, { layout: Sample });
  const sample = Sample.alloc();

  /** Writes all rows over and over, each from where it is, in the three ways there are. Ends only by a signal. */
  function write(): never {
    const writer = table.writer();
    reportNow("writing");
    const next = [0, 1, 2, 3].map((row) => table.read(row, sample) ? sample.sequence + 1 : 1);
    for (let i = 0;; i++) {
      const row = i & 3, sequence = next[row]++;
      if ((i & 4) === 0) {
        fill(writer.begin(row), sequence);
        writer.commit();
      } else {
        fill(sample, sequence);
        writer.write(row, i % 1024 === 4 ? Sample.toObject(sample) : sample);
      }
    }
  }

  /**
   * Reads all rows for a while, for longer where too little was read or written by then, and counts what must not be.
   */
  function read(): void {
    let reads = 0, torn = 0, backwards = 0, distinct = 0;
    const last = [0, 0, 0, 0];
    const start = performance.now(), elapsed = () => performance.now() - start;
    while (elapsed() < 500 || ((distinct <= 100 || reads <= 10_000) && elapsed() < 20_000)) {
      for (let i = 0; i < 1000; i++) {
        const row = i & 3;
        if (!table.read(row, sample)) continue;
        reads++;
        if (!isWhole(sample)) torn++;
        if (sample.sequence < last[row]) backwards++;
        if (sample.sequence !== last[row]) distinct++;
        last[row] = sample.sequence;
      }
    }
    reportNow({ reads, torn, backwards, distinct });
  }

  if (what === "write") write();
  else if (what === "read") read();
  else {
    reportNow("ready");
    nextOrder();
    write();
  }
});
