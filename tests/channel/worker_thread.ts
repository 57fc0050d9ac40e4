import { LatestTable, Region } from "../../mod.ts";
import { fill, Sample } from "./latest_table_sample.ts";

/** The table that the two threads share. */
export const options = { layout: Sample, rows: 2, versions: 4 };

// In the Worker; the main thread imports only the options and gets no such message.
addEventListener("message", ({ data }: MessageEvent) => {
  if (!(data instanceof SharedArrayBuffer)) return;
  const writer = LatestTable.attach(Region.over(data), options).writer();
  const sample = Sample.alloc();
  for (let i = 1; i <= 300_000; i++) {
    fill(sample, i);
    writer.write(i & 1, sample);
  }
  writer.close();
  postMessage("done");
});
