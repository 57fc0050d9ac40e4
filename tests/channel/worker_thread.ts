import { LatestTable, Region } from "../../mod.ts";
import { fill, Sample, THREADS_TABLE } from "./latest_table_sample.ts";

addEventListener("message", ({ data }: MessageEvent) => {
  const writer = LatestTable.attach(Region.over(data), THREADS_TABLE).writer();
  const sample = Sample.alloc();
  for (let i = 1; i <= 300_000; i++) {
    fill(sample, i);
    writer.write(i & 1, sample);
  }
  writer.close();
  postMessage("done");
});
