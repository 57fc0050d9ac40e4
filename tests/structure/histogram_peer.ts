import process from "node:process";
import { Histogram, Segment } from "../../mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";

/** Records 0, 1, 2 … over and over, of which the counts never differ by more than one. Ends only by a signal. */
const [what, handle] = peerArgs;
const segment = Segment.open(handle, { role: what });
const histogram = segment.open("latencies", Histogram, {});

function record(): never {
  const recorder = histogram.recorder();
  report("recording");
  while (true) for (let value = 0; value < 100; value++) recorder.record(value);
}

/** Reads for a while: no count goes back. */
function read(): void {
  const last = histogram.read(), now = histogram.read(), start = performance.now();
  let reads = 0, backwards = 0;
  const from = last.total, elapsed = () => performance.now() - start;
  while (elapsed() < 400 || ((now.total - from <= 10_000 || reads <= 10) && elapsed() < 20_000)) {
    histogram.read(now);
    for (let i = 0; i < 100; i++) if (now.countAt(i) < last.countAt(i)) backwards++;
    histogram.read(last);
    for (let i = 0; i < 100; i++) if (last.countAt(i) < now.countAt(i)) backwards++;
    reads += 2;
  }
  report({ reads, backwards, recorded: last.total - from });
}

if (what === "read") read();
else {
  report("ready");
  for await (const _ of orders()) record();
}
process.exit(0);
