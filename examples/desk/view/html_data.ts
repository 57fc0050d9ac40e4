import type { HistogramReading } from "../../../mod.ts";
import { LATENCIES } from "../layout/desk.ts";
import type { DeskResult } from "../supervisor/run_desk.ts";

/** Channels whose rates are drawn. */
const DRAWN = ["events", "quotes", "greeks", "positions", "orders"] as const;

/** A line, and a shade behind it, in charts of what happened over time. Seconds since the start. */
interface Mark {
  readonly name: string;
  readonly from: number;
  /** When it was made good; null for never, the same for something that is not to be. */
  readonly to: number | null;
}

/** What a page draws. */
export interface ChartData {
  readonly distributions: Readonly<
    Record<string, { readonly nines: readonly number[]; readonly ns: readonly number[] }>
  >;
  /** Seconds since the start. */
  readonly times: readonly number[];
  readonly rates: Readonly<Record<string, readonly number[]>>;
  readonly depth: readonly number[];
  readonly overTime: Readonly<Record<string, readonly (number | null)[]>>;
  readonly profit: readonly number[];
  readonly delta: readonly number[];
  readonly marks: readonly Mark[];
}

/** What a page draws of a run. */
export function chartData(result: DeskResult): ChartData {
  const { last, timeline, warmLatencies } = result, latencies = warmLatencies ?? last.latencies;
  return {
    distributions: Object.fromEntries(
      LATENCIES.filter((name) => latencies[name].total > 0).map((name) => [name, curveOf(latencies[name])]),
    ),
    times: timeline.map(({ at }) => at),
    rates: Object.fromEntries(DRAWN.map((name) => [name, timeline.map(({ rates }) => Math.round(rates[name]))])),
    depth: timeline.map(({ depth }) => depth),
    overTime: Object.fromEntries(
      LATENCIES.map((name) => [name, timeline.map(({ latencies }) => latencies[name]?.p99 ?? null)]),
    ),
    profit: timeline.map(({ profit }) => profit),
    delta: timeline.map(({ delta }) => delta),
    marks: marksOf(result),
  };
}

function marksOf({ deaths, startedAt, last: { limits } }: DeskResult): Mark[] {
  const seconds = (at: number) => (at - startedAt) / 1e9;
  const marks = deaths.map(({ role, diedAt, recoveryMs }): Mark => {
    const from = seconds(diedAt);
    return { name: role, from, to: recoveryMs === undefined ? null : from + recoveryMs / 1000 };
  });
  if (!limits.isStopped) return marks;
  const stopped = seconds(limits.stoppedAt);
  return [...marks, { name: "orders stopped", from: stopped, to: stopped }];
}

/** For each value counted, how many nines of all values do not exceed it: 1 is 90 %, 2 is 99 %. */
function curveOf(counted: HistogramReading): { nines: number[]; ns: number[] } {
  const nines: number[] = [], ns: number[] = [], { total } = counted;
  let below = 0;
  for (const { highest, count } of counted.entries()) {
    nines.push(Math.round(-Math.log10(1 - below / total) * 1e4) / 1e4);
    ns.push(highest);
    below += count;
  }
  nines.push(Math.log10(total) + 0.05);
  ns.push(ns[ns.length - 1]);
  return { nines, ns };
}
