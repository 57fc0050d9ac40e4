import type { EventCount } from "../../event_count.ts";
import type { Armed } from "./goal.ts";

/** Announces a task as a sleeper to those who notify an event count. */
export function announcedTo(event: EventCount): Armed {
  const seen = event.snapshot();
  return { isUnsure: event.isUnsure, watch: (wake) => event.watch(seen, wake) };
}
