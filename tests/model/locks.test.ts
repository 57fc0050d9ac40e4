import { exploreFiles } from "./explored.ts";

await exploreFiles([
  "barrier",
  "condition",
  "event",
  "event_count",
  "exclusion",
  "histories",
  "mutex",
  "once",
  "role",
  "rw_lock",
  "semaphore",
  "seq_lock",
]);
