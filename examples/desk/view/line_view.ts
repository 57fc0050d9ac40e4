import { LATENCIES } from "../layout/desk.ts";
import type { DeskSnapshot } from "./desk_snapshot.ts";
import { count, duration, fixed } from "./format.ts";

/** The desk in a line, for a log. @param before An earlier snapshot, for rates. */
export function lineView(now: DeskSnapshot, before: DeskSnapshot): string {
  const { channels, latencies, standing, feed } = now, seconds = (now.at - before.at) / 1e9;
  const passed = feed.startedAt > 0 ? (now.at - feed.startedAt) / 1e9 : 0;
  const rates = channels.slice(0, 4).map(({ name, messages }, i) =>
    `${name} ${count(seconds > 0 ? (messages - before.channels[i].messages) / seconds : 0)}/s`
  );
  const timed = LATENCIES.filter((name) => latencies[name].total > 0);
  const p50 = timed.map((name) => `${name} ${duration(latencies[name].percentile(50))}`);
  const latency = p50.length > 0 ? `; p50 ${p50.join(", ")}` : "";
  return `${count(passed)} s: ${rates.join(", ")}${latency}; delta ${fixed(standing.delta, 2)}`;
}
