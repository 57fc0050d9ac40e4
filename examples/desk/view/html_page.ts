import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { LATENCIES } from "../layout/desk.ts";
import { BUCKETS, largestOf } from "../layout/latency_buckets.ts";
import type { LatencySnapshot } from "../layout/latency_snapshot.ts";
import type { DeskResult } from "../supervisor/run_desk.ts";
import { count, duration, fixed } from "./format.ts";
import { verdictText } from "../supervisor/verdict.ts";
import { DRAWING, STYLE } from "./html_parts.ts";
import { PERCENTILES } from "./tables.ts";

/** A page of one file, which asks nobody for anything: how long reactions took, and how much went through, over time. */
export function htmlPage(result: DeskResult): string {
  const { options, seconds, last, timeline, warmLatencies, verdict, deaths } = result;
  const latencies = warmLatencies ?? last.latencies;
  const data = {
    distributions: Object.fromEntries(
      LATENCIES.filter((name) => latencies[name].total > 0).map((name) => [name, curveOf(latencies[name])]),
    ),
    times: timeline.map(({ at }) => at),
    rates: Object.fromEntries(
      ["events", "quotes", "greeks", "positions", "orders"].map((
        name,
      ) => [name, timeline.map(({ rates }) => Math.round(rates[name]))]),
    ),
    depth: timeline.map(({ depth }) => depth),
    overTime: Object.fromEntries(
      LATENCIES.map((name) => [name, timeline.map(({ latencies }) => latencies[name]?.p99 ?? null)]),
    ),
  };
  const input = options.files.length === 0 ? `the built-in market, seed ${options.seed}` : options.files.join(", ");
  const facts: readonly (readonly [string, string])[] = [
    ["events", count(last.channels[0].messages)],
    ["events a second", count(seconds > 0 ? last.channels[0].messages / seconds : 0)],
    ["orders", count(result.audit.orders.count)],
    ["tops of book equal", `${count(result.audit.equalTops)} of ${count(result.audit.tops)}`],
    ["greeks within tolerance", `${count(result.audit.greeksWithin)} of ${count(result.audit.greeks)}`],
    ["processes killed", count(deaths.length)],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The desk, ${escape(input)}</title>
<style>${uPlotFile("uPlot.min.css")}${STYLE}</style>
</head>
<body>
<h1>The desk</h1>
<p>${fixed(seconds, 1)} s on ${escape(input)}. ${escape(verdictText(verdict))}</p>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("")}</dl>
<h2>From the feed's write to each reaction${warmLatencies === undefined ? "" : ", without the first second"}</h2>
<figure id="distributions"></figure>
${latencyRows(latencies)}
<h2>Messages a second, by channel</h2>
<figure id="rates"></figure>
<h2>The slowest 1 % of reactions, over time</h2>
<figure id="overTime"></figure>
<h2>Events that the slowest reader had still to receive</h2>
<figure id="depth"></figure>
<script>${uPlotFile("uPlot.iife.min.js")}</script>
<script>const data = ${JSON.stringify(data).replaceAll("<", "\\u003c")};${DRAWING}</script>
</body>
</html>
`;
}

function latencyRows(latencies: DeskResult["last"]["latencies"]): string {
  const rows = LATENCIES.filter((name) => latencies[name].total > 0).map((name) => {
    const cells = PERCENTILES.map((percent) => `<td>${duration(latencies[name].percentile(percent))}</td>`);
    return `<tr><th>${name}</th><td>${count(latencies[name].total)}</td>${cells.join("")}</tr>`;
  });
  return `<table><tr><th></th><th>times</th><th>p50</th><th>p99</th><th>p99.9</th><th>max</th></tr>${
    rows.join("")
  }</table>`;
}

/** For each value counted, how many nines of all values do not exceed it: 1 is 90 %, 2 is 99 %. */
function curveOf({ counts, total }: LatencySnapshot): { nines: number[]; ns: number[] } {
  const nines: number[] = [], ns: number[] = [];
  let below = 0;
  for (let i = 0; i < BUCKETS; i++) {
    if (counts[i] === 0) continue;
    nines.push(Math.round(-Math.log10(1 - below / total) * 1e4) / 1e4);
    ns.push(largestOf(i));
    below += counts[i];
  }
  nines.push(Math.log10(total) + 0.05);
  ns.push(ns[ns.length - 1]);
  return { nines, ns };
}

/** A file of the plotting library, to be part of the page. */
function uPlotFile(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), "utf8").trim();
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
