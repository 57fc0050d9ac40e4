import process from "node:process";
import pc from "picocolors";
import { INSTRUMENT_KINDS, type InstrumentKind, KIND_TEXTS } from "../instrument/instrument_model.ts";
import type { DeskResult } from "../supervisor/run_desk.ts";
import { type Verdict, verdictText } from "../supervisor/verdict.ts";
import type { DeskSnapshot, InputReason } from "./desk_snapshot.ts";
import { wrap } from "./flow.ts";
import { amount, count, duration, fixed, plural } from "./format.ts";
import { channelTable, ladder, latencyTable, optionTable, processTable, standingLines } from "./tables.ts";

/** Reasons in the order in which they are shown. */
const KINDS: readonly InputReason["kind"][] = ["broken", "skipped", "remark"];

/** What a run of the desk comes to, for people. @param columns Of the terminal. */
export function summary(result: DeskResult, columns: number = process.stdout.columns ?? Infinity): string {
  const { last, seconds, verdict, warmLatencies } = result;
  const before = last.channels.map((channel) => ({ ...channel, messages: 0 }));
  const wrapped = (lines: readonly string[]) => lines.flatMap((line) => wrap(line, columns));
  const heading = (text: string) => ["", ...wrap(text, columns).map(pc.bold)];
  return [
    ...heading(`The desk ran for ${fixed(seconds, 1)} s on ${inputText(result)}`),
    ...(last.book === undefined ? [] : [ladder(last.book, 3)]),
    ...(last.options.length === 0
      ? []
      : [...heading("Options, most vega first"), optionTable(last.options.slice(0, 6), columns)]),
    ...heading("Position, margin and limits"),
    ...standingLines(last, columns),
    ...heading("Channels"),
    channelTable(last.channels, before, seconds, columns),
    ...heading(
      warmLatencies === undefined ? "Latencies" : "Latencies, without the first second, in which the runtimes compile",
    ),
    latencyTable(warmLatencies ?? last.latencies, columns),
    ...heading("Processes"),
    processTable(last.processes, columns),
    ...(result.deaths.length === 0 ? [] : [...heading("Deaths"), ...wrapped(deathLines(result))]),
    ...heading("Checks"),
    ...wrapped(checkLines(result)),
    ...heading("Verdict"),
    ...verdictLines(verdict, columns),
  ].join("\n");
}

/** What a desk ran on, in words. */
export function inputText({ options: { files, seed }, last }: DeskResult): string {
  return files.length === 0
    ? `the built-in market, seed ${seed}`
    : `${plural(files.length, "capture")}${last.feed.isComplete ? ", to the end" : ""}`;
}

function deathLines({ deaths, kills }: DeskResult): string[] {
  const times = deaths.flatMap(({ recoveryMs }) => recoveryMs === undefined ? [] : [recoveryMs]).sort((a, b) => a - b);
  const each = deaths.map(({ role, recoveryMs }) => `${role} ${recoveryText(recoveryMs)}`);
  const most = times.at(-1) ?? 0, median = times[times.length >> 1] ?? 0;
  return [
    ` ${plural(deaths.length, "death")}, ${
      count(kills)
    } of them by kill -9; from the kill to the successor at work: median ${recoveryText(median)}, at most ${
      recoveryText(most)
    }`,
    ` ${each.join(", ")}`,
  ];
}

/** How long it took until a successor was at work. */
export function recoveryText(ms: number | undefined): string {
  return ms === undefined ? "never" : duration(Math.round(ms * 1e6));
}

/** What was checked, and what was found, a line each. */
export function checkLines({ audit, last, isStopped }: DeskResult): string[] {
  const { depth, orders, future } = audit, { feed } = last;
  const early = depth.early + depth.gap + depth.restart + depth.mismatch;
  return [
    ...instrumentLines(last),
    ` events: ${count(audit.events)} received of ${count(feed.events)}, ${count(audit.missing)} missing`,
    ` books: ${plural(depth.applied + depth.restarted, "change")} applied, ${count(depth.stale)} stale, ${
      count(early)
    } without a book; ${plural(depth.gap, "gap")}, ${plural(depth.restart + depth.restarted, "restart")}, ${
      count(audit.crossed)
    } crossed; ${count(last.validBooks)} of ${count(last.books)} valid, ${count(audit.wrongBooks)} wrong`,
    ` tops of book equal to the exchange's: ${count(audit.equalTops)} of ${count(audit.tops)}, ${
      count(audit.unansweredTops)
    } more without an answer`,
    ...(audit.checksums === 0
      ? []
      : [` checksums of books that match: ${count(audit.equalChecksums)} of ${count(audit.checksums)}`]),
    ` greeks within the tolerances: ${count(audit.greeksWithin)} of ${count(audit.greeks)}`,
    ` trades: ${count(audit.trades)}, ${plural(audit.tradeHoles, "hole")} between their ids${
      feed.repeatedTrades > 0 ? `; ${count(feed.repeatedTrades)} reported a second time, and left out` : ""
    }`,
    ` orders: ${count(orders.count)} sent = ${count(orders.filled)} filled + ${count(orders.refused)} refused + ${
      count(orders.undecided)
    } undecided; ${count(orders.misplaced)} lost or twice; ${plural(audit.wrongPositions, "position")} wrong`,
    ...(future === undefined ? [] : [
      ` position: ${amount(future.held)} ${future.name} = ${amount(future.clients)} from clients ${
        future.orders < 0 ? "−" : "+"
      } ${amount(Math.abs(future.orders))} by ${plural(orders.filled, "order")}`,
    ]),
    ...(isStopped
      ? [
        ` kill switch: ${plural(orders.sentAfterStop, "order")} sent and ${
          count(orders.filledAfterStop)
        } filled after it was pulled`,
      ]
      : []),
    ` input: ${plural(feed.lines, "line")}, ${count(feed.skipped)} skipped, ${
      count(feed.broken)
    } broken; times ran backwards ${plural(feed.receivedBackwards, "time")}, exchange's ${
      count(feed.exchangeBackwards)
    }, jumped ahead ${count(feed.jumps)}; ${plural(feed.refused, "event")} found no room${
      feed.lateDefinitions > 0 ? `; ${plural(feed.lateDefinitions, "definition")} of instruments came too late` : ""
    }`,
    ...reasonLines(last.reasons),
  ];
}

/** Why lines hold no event, and the first of each: the most frequent first. */
function reasonLines(reasons: readonly InputReason[]): string[] {
  const sorted = reasons.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.count - a.count);
  return sorted.map(({ kind, count: times, reason, example }) =>
    kind === "remark" ? `  note: ${reason} (${example})` : `  ${kind}: ${count(times)} × ${reason} (${example})`
  );
}

function verdictLines(verdict: Verdict, columns: number): string[] {
  const { value, complaints, compared, notCompared } = verdict;
  const paint = value === "right" ? pc.green : value === "wrong" ? pc.red : pc.yellow;
  return [
    ...compared.flatMap((text) => wrap(` compared: ${text}`, columns)),
    ...notCompared.flatMap((text) => wrap(` not compared: ${text}`, columns)),
    ...complaints.flatMap((text) => wrap(` wrong: ${text}`, columns).map(pc.red)),
    paint(verdictText(verdict)),
  ];
}

/** Kinds whose texts are no names of things. */
const UNCOUNTED: readonly InstrumentKind[] = ["unknown", "spot"];

/** How many instruments a line names. */
const NAMED = 5;

/** What the instruments are, and which the desk leaves alone. */
function instrumentLines({ kinds, notValued }: DeskSnapshot): string[] {
  const counts = INSTRUMENT_KINDS.flatMap((kind) => {
    const number = kinds[kind] ?? 0;
    if (number === 0) return [];
    return [UNCOUNTED.includes(kind) ? `${count(number)} ${KIND_TEXTS[kind]}` : plural(number, KIND_TEXTS[kind])];
  });
  const named = notValued.slice(0, NAMED).map(({ name, kind }) => `${name} (${KIND_TEXTS[kind]})`).join(", ");
  const more = notValued.length > NAMED ? ` and ${count(notValued.length - NAMED)} more` : "";
  return [
    ...(counts.length === 0 ? [] : [` instruments: ${counts.join(", ")}`]),
    ...(notValued.length === 0 ? [] : [` neither traded nor valued: ${count(notValued.length)}: ${named}${more}`]),
  ];
}
