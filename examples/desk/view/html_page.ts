import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, hostname, release, type } from "node:os";
import { LATENCIES, ROLES } from "../layout/desk.ts";
import { argumentsOf } from "../supervisor/desk_options.ts";
import type { DeskResult } from "../supervisor/run_desk.ts";
import { verdictText } from "../supervisor/verdict.ts";
import { amount, count, duration, fixed, percent, plural } from "./format.ts";
import { chartData } from "./html_data.ts";
import { DRAWING, STYLE } from "./html_parts.ts";
import { checkLines, inputText, recoveryText } from "./summary.ts";
import { PERCENTILE_NAMES, PERCENTILES } from "./tables.ts";

/** The charts of what happened over time, and what is above them. */
const CHARTS = {
  rates: "Messages a second, by channel",
  overTime: "The slowest 1 % of reactions, over time",
  depth: "Events that the slowest reader had still to receive",
  profit: "Profit, in dollars",
  delta: "Delta of the coin that is furthest off, in its coins",
} as const;

/**
 * A page of one file, which loads nothing else: what a run came to, how long reactions took, how much went through over
 * time, and which processes died meanwhile.
 */
export function htmlPage(result: DeskResult): string {
  const { last, warmLatencies, verdict, deaths } = result, data = chartData(result);
  const caption = data.marks.length === 0
    ? ""
    : "<figcaption>A line marks a death, the shade behind it lasts until the " +
      "successor is at work.</figcaption>";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The desk, ${escape(inputText(result))}: ${verdict.value}</title>
<style>${uPlotFile("uPlot.min.css")}${STYLE}</style>
</head>
<body>
<h1>The desk <span class="badge ${verdict.value}">${verdict.value}</span></h1>
<p>${fixed(result.seconds, 1)} s on ${escape(inputText(result))}. ${escape(verdictText(verdict))}</p>
${verdictRows(result)}
<dl>${factsOf(result).map(([name, value]) => `<div><dt>${name}</dt><dd>${escape(value)}</dd></div>`).join("")}</dl>
<h2>From the feed's write to each reaction${warmLatencies === undefined ? "" : ", without the first second"}</h2>
<figure id="distributions"></figure>
${latencyRows(warmLatencies ?? last.latencies)}
${Object.entries(CHARTS).map(([id, title]) => `<h2>${title}</h2>\n<figure id="${id}"></figure>${caption}`).join("\n")}
<h2>Processes</h2>
${processRows(result)}
${deaths.length === 0 ? "" : `<h2>Deaths</h2>\n${deathRows(result)}`}
<h2>Checks</h2>
<ul>${checkLines(result).map((line) => `<li>${escape(line.trim())}</li>`).join("")}</ul>
<h2>How it was run</h2>
${rows([], placeOf(result))}
<script>${uPlotFile("uPlot.iife.min.js")}</script>
<script>const data = ${JSON.stringify(data).replaceAll("<", "\\u003c")};${DRAWING}</script>
</body>
</html>
`;
}

function verdictRows({ verdict: { complaints, compared, notCompared } }: DeskResult): string {
  const lines = [
    ...complaints.map((text) => `<li class="wrong">wrong: ${escape(text)}</li>`),
    ...compared.map((text) => `<li>compared: ${escape(text)}</li>`),
    ...notCompared.map((text) => `<li class="unchecked">not compared: ${escape(text)}</li>`),
  ];
  return lines.length === 0 ? "" : `<ul>${lines.join("")}</ul>`;
}

function factsOf({ last, seconds, audit, deaths }: DeskResult): (readonly [string, string])[] {
  const { standing, limits } = last, { orders, future, depth } = audit;
  const allowed = standing.equity * limits.marginUse;
  return [
    ["events", count(last.channels[0].messages)],
    ["events a second", count(seconds > 0 ? last.channels[0].messages / seconds : 0)],
    ["trades", count(audit.trades)],
    ["gaps in books", count(depth.gap)],
    ["books valid", `${count(last.validBooks)} of ${count(last.books)}`],
    ["orders filled", `${count(orders.filled)} of ${count(orders.count)}`],
    ["position", future === undefined ? "none" : `${amount(future.held)} ${future.name}`],
    ["delta", fixed(standing.delta, 3)],
    ["profit", fixed(standing.profit, 0)],
    ["equity", fixed(standing.equity, 0)],
    [
      "initial margin",
      `${fixed(standing.initialMargin, 0)} (${percent(standing.initialMargin / allowed)} of what it may be)`,
    ],
    ["maintenance margin", fixed(standing.maintenanceMargin, 0)],
    ["processes killed", count(deaths.length)],
  ];
}

function latencyRows(latencies: DeskResult["last"]["latencies"]): string {
  const measured = LATENCIES.filter((name) => latencies[name].total > 0).map((name) => [
    name,
    count(latencies[name].total),
    ...PERCENTILES.map((percent) => duration(latencies[name].percentile(percent))),
  ]);
  return rows(["", "times", ...PERCENTILE_NAMES], measured);
}

function processRows({ last: { processes } }: DeskResult): string {
  const each = ROLES.map((role) => {
    const { runtime, version, pid, starts, messages, faults } = processes[role];
    return [role, `${runtime} ${version}`, String(pid), count(Math.max(0, starts - 1)), count(messages), count(faults)];
  });
  return rows(["", "on", "pid at last", "restarts", "messages", "faults"], each);
}

function deathRows({ deaths, startedAt }: DeskResult): string {
  const each = deaths.map(({ role, how, diedAt, recoveryMs }) => [
    role,
    `${fixed((diedAt - startedAt) / 1e9, 2)} s`,
    how,
    recoveryText(recoveryMs),
  ]);
  return rows(["", "at", "how", "successor at work after"], each);
}

/** When, where, with which options and versions. */
function placeOf({ options, startedOn, last: { processes } }: DeskResult): (readonly string[])[] {
  const versions = new Set(ROLES.map((role) => `${processes[role].runtime} ${processes[role].version}`));
  const { model } = cpus()[0] ?? { model: "unknown processor" };
  return [
    ["options", argumentsOf(options).join(" ") || "none"],
    ["date", startedOn.toISOString().replace(/\.\d+Z/, " UTC").replace("T", " ")],
    [
      "host",
      `${hostname()}: ${model.trim()}, ${plural(availableParallelism(), "core")}, ${type()} ${release()}, ${arch()}`,
    ],
    ["versions", [`shmkit ${ownVersion()}`, ...[...versions].sort()].join(", ")],
  ];
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = ([first, ...others]: readonly string[], cell: string) =>
    `<tr><th>${escape(first)}</th>${others.map((text) => `<${cell}>${escape(text)}</${cell}>`).join("")}</tr>`;
  const all = [...(head.length === 0 ? [] : [line(head, "th")]), ...body.map((cells) => line(cells, "td"))];
  return `<div class="scroll"><table>${all.join("")}</table></div>`;
}

function ownVersion(): string {
  return JSON.parse(readFileSync(new URL("../../../deno.json", import.meta.url), "utf8")).version;
}

/** A file of the plotting library, to be part of the page. */
function uPlotFile(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), "utf8").trim();
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
