import type { HistogramReading } from "../../../mod.ts";
import { ROLES } from "../layout/desk.ts";
import type { DeskResult } from "../supervisor/run_desk.ts";
import type { DeskSnapshot } from "./desk_snapshot.ts";

/**
 * What a run of the desk comes to, for programs: the value that `--json` prints. Times are in nanoseconds unless named.
 */
export function summaryJson(result: DeskResult): Record<string, unknown> {
  const { options, seconds, last, audit, warmLatencies, startedOn, startedAt, kills, verdict } = result;
  return {
    ok: verdict.value === "right",
    verdict: verdict.value,
    complaints: verdict.complaints,
    compared: verdict.compared,
    notCompared: verdict.notCompared,
    startedOn,
    seconds,
    input: options.files.length > 0
      ? { files: options.files, speed: options.speed === 0 ? "max" : options.speed }
      : { seed: options.seed, speed: options.speed === 0 ? "max" : options.speed },
    checks: audit,
    feed: last.feed,
    reasons: last.reasons,
    channels: last.channels.map((channel) => ({ ...channel, perSecond: seconds > 0 ? channel.messages / seconds : 0 })),
    latencies: latenciesOf(last.latencies),
    latenciesWithoutFirstSecond: warmLatencies === undefined ? undefined : latenciesOf(warmLatencies),
    book: last.book === undefined ? undefined : bookOf(last.book),
    options: last.options,
    futures: last.futures,
    instruments: {
      kinds: last.kinds,
      notValued: last.notValued.map(({ name, venue, kind }) => ({ name, venue, kind })),
    },
    books: { valid: last.validBooks, of: last.books },
    standing: last.standing,
    limits: last.limits,
    processes: ROLES.map((role) => ({ role, ...last.processes[role] })),
    counters: last.counters.map(({ label, type, value }) => ({ label, type, value })),
    deaths: result.deaths.map(({ role, how, diedAt, recoveryMs }) => ({
      role,
      how,
      seconds: (diedAt - startedAt) / 1e9,
      recoveryMs,
    })),
    kills,
  };
}

function latenciesOf(latencies: DeskSnapshot["latencies"]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(latencies).map(([name, counted]) => [name, percentilesOf(counted)]));
}

function percentilesOf(counted: HistogramReading): Record<string, number> {
  return {
    count: counted.total,
    p50: counted.percentile(50),
    p99: counted.percentile(99),
    p999: counted.percentile(99.9),
    max: counted.percentile(100),
  };
}

function bookOf({ name, top }: NonNullable<DeskSnapshot["book"]>): Record<string, unknown> {
  const side = (count: number, prices: Float64Array, quantities: Float64Array) =>
    Array.from({ length: count }, (_, i) => [prices[i], quantities[i]]);
  return {
    name,
    isValid: top.isValid,
    sequence: top.sequence,
    bids: side(top.bids, top.bidPrices, top.bidQuantities),
    asks: side(top.asks, top.askPrices, top.askQuantities),
  };
}
