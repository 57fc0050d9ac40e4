import { Broadcast } from "../../lib/channel/broadcast/broadcast.ts";
import { f64, i32, Segment, struct, u32 } from "../../mod.ts";
import { nextOrder, reportNow, serve } from "../../support/in_spare.ts";
import { Random } from "../../support/random.ts";
import { ERRORS, EXAMPLE, Notes } from "./spsc_ring_sample.ts";

/** Which writer, its own count, and a check sum of both. */
export const Entry = struct("Entry", { writer: u32, check: i32, count: f64, twice: f64 });

const checkOf = (writer: number, count: number): number => Math.imul(count + 7 * writer, 0x9e3779b1);

/** One of many writers, or a reader, which keeps the last count of each writer in its notes. */
function run(peerArgs: readonly string[]): void {
  const [what, name, index = "0", records = "0"] = peerArgs;
  const segment = Segment.open(name, { role: `${what} ${index}` });
  const broadcast = segment.open("entries", Broadcast, { layout: Entry });
  const notes = segment.open("notes", Notes, {}), me = Number(index), random = new Random(me + 7);
  if (what !== "read") {
    const writer = broadcast.writer(), end = Number(records) || Infinity;
    reportNow("writing");
    // The note is made before: of what died between the two, the record may or may not have been published.
    for (let count = notes[64 + me] + 1; count <= end;) {
      const batch = Math.min(1 + random.below(8), end - count + 1);
      for (let i = 0; i < batch; i++, count++) {
        const entry = writer.claim();
        entry.writer = me;
        entry.count = count;
        entry.twice = count * 2;
        entry.check = checkOf(me, count);
      }
      if (random.below(16) === 0) {
        writer.abort();
        count -= batch;
        continue;
      }
      notes[64 + me] = count - 1;
      writer.publish();
      notes[80 + me] = count - 1;
      // A writer that writes for ever leaves its reader time.
      if (end === Infinity) { for (const until = performance.now() + 0.02; performance.now() < until;); }
    }
    writer.close();
    reportNow("done");
    return;
  }
  const reader = broadcast.reader({ from: "oldest" }), last = new Float64Array(8), seen = new Float64Array(8);
  let received = 0;
  const complain = (code: number, ...values: number[]) => {
    if (notes[ERRORS]++ === 0) [code, ...values].forEach((value, i) => notes[EXAMPLE + i] = value);
  };
  reportNow("reading");
  const stopAt = Number(records) || Infinity;
  while (received + reader.lost < stopAt) {
    const count = reader.drainWait(
      (entry) => {
        const { writer, count } = entry;
        if (entry.check !== checkOf(writer, count) || entry.twice !== count * 2) complain(1, writer, count);
        // Of each writer in order; without a gap, unless records were lost, or the writer died before it published.
        if (count <= last[writer]) complain(2, writer, count, last[writer]);
        if (count !== last[writer] + 1 && reader.lost === 0 && records !== "0") {
          complain(3, writer, count, last[writer]);
        }
        last[writer] = count;
        seen[writer]++;
        received++;
      },
      256,
      { timeoutMs: 1000 },
    );
    if (count === 0 && notes[0] === 1) break;
  }
  reportNow({ received, lost: reader.lost, last: [...last] });
}

if (import.meta.main) {
  serve((peerArgs) => {
    if (peerArgs[0] === "succeed") {
      reportNow("ready");
      nextOrder();
    }
    run(peerArgs);
    nextOrder();
  });
}
