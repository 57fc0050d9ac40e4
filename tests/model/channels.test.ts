import { exploreFiles } from "./explored.ts";

await exploreFiles([
  "broadcast",
  "byte_ring",
  "channel_histories",
  "latest_table",
  "mpmc_queue",
  "pipeline",
  "spsc_ring",
]);
