/** Replays a market into the desk's pipeline: `feed.ts <segment> <FeedOptions as JSON>`. */
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { CaptureSource } from "../input/capture_source.ts";
import type { MarketEvent } from "../input/events.ts";
import { Definitions } from "../input/definitions.ts";
import { Instruments } from "../input/instruments.ts";
import { OrderReport } from "../input/order_report.ts";
import { replay } from "../input/replay.ts";
import { ReplayClock } from "../input/replay_clock.ts";
import type { Source } from "../input/source.ts";
import { TradeStreams } from "../input/trade_streams.ts";
import { MAX_INSTRUMENTS } from "../layout/desk.ts";
import { FeedReportRow } from "../layout/records.ts";
import { SimulatedMarket } from "../market/simulated_market.ts";
import { DeskProcess } from "./desk_process.ts";
import { EventWriter, MOST_PARTS, partsOf } from "./event_writer.ts";
import type { FeedOptions } from "./feed_options.ts";
import { InstrumentWriter } from "./instrument_writer.ts";
import { ReasonWriter } from "./reason_writer.ts";
import { takeOver } from "./take_over.ts";

/** Events published together, where no process waits for each. */
const BATCH = 64;
/** Events between two checks whether to report, where none is waited for. */
const REPORT_EVENTS = 64;
/** Interval between checks of the supervisor's orders. */
const POLL_MS = 10;
/** The reports of the input, and of its order. */
const TOLD = ["lines", "skipped", "broken"] as const;
const TOLD_ORDER = ["receivedBackwards", "exchangeBackwards", "jumps"] as const;

const { files, together, speed, seed } = JSON.parse(process.argv[3]) as FeedOptions;
const self = new DeskProcess("feed"), { desk, segment } = self;
const writer = new EventWriter(desk, speed === 0 ? BATCH : 1);
const names = new InstrumentWriter(desk), reports = takeOver(() => desk.feedReport.writer());
const reasons = new ReasonWriter(desk);
const definitions = new Definitions(),
  sources: Source[] = files.length > 0
    ? files.map(({ path, name }) => new CaptureSource(path, definitions, name))
    : [new SimulatedMarket({ seed })];
const instruments = files.length > 0 ? new Instruments(definitions, true) : sources[0].instruments;
const order = new OrderReport(), trades = new TradeStreams();
/** What a predecessor published: the same input gives the same events again. */
const skipped = writer.published;
const offered = desk.counters.offer("events", desk.events);
const report = FeedReportRow.alloc();
let unsaid = 0, count = 0, refused = 0, reportedMs = 0;

self.ready();
while (self.phase === "wait") {
  await delay(POLL_MS);
  reportProgress();
}
desk.feedReport.read(0, report);
if (report.endedAt === 0 && self.phase !== "end") await play();
reportProgress(true);
while (self.phase !== "end") {
  await delay(POLL_MS);
  reportProgress();
}
writer[Symbol.dispose]();
self[Symbol.dispose]();
process.exit(0);

async function play(): Promise<void> {
  if (report.startedAt === 0) {
    report.startedAt = segment.now();
    reports.write(0, report);
  }
  const now = () => segment.now() / 1e6;
  const clock = new ReplayClock(speed === 0 ? Infinity : speed, now, report.startedAt / 1e6);
  const end = new AbortController();
  // A market may be quiet for long: what the supervisor wants is checked even if no event is due.
  const timer = setInterval(() => {
    if (self.phase !== "run") end.abort();
    reportProgress();
  }, POLL_MS);
  await replay(sources, clock, (event) => {
    if (self.phase !== "run" || !feed(event)) end.abort();
    if (speed !== 0 || ++unsaid % REPORT_EVENTS === 0) reportProgress();
  }, { signal: end.signal, instruments, together, order, trades });
  clearInterval(timer);
  writer.flush();
  report.isComplete = !end.signal.aborted;
  report.empty = sources.filter(({ report }) => report.total + report.definitions === 0).length;
  report.endedAt = segment.now();
  tellOfInput();
}

/** @returns False if it must end. */
function feed(event: MarketEvent): boolean {
  while (names.length < instruments.length && names.length < MAX_INSTRUMENTS) names.add(instruments.at(names.length));
  if (event.instrument >= MAX_INSTRUMENTS || partsOf(event) > MOST_PARTS) {
    refused++;
    return true;
  }
  return ++count <= skipped || writer.write(event, () => self.phase === "end");
}

function reportProgress(isLast = false): void {
  const { published } = writer;
  const faults = sources.reduce((sum, { report }) => sum + report.broken, refused + order.receivedBackwards);
  self.report({ messages: published - skipped, faults, position: desk.events.position, lag: 0 }, isLast);
  if (performance.now() - reportedMs < 100 && !isLast) return;
  reportedMs = performance.now();
  offered.update();
  if (report.startedAt > 0 && report.endedAt === 0) tellOfInput();
}

function tellOfInput(): void {
  for (const what of TOLD) report[what] = sources.reduce((total, { report }) => total + report[what], 0);
  for (const what of TOLD_ORDER) report[what] = order[what];
  report.events = writer.published;
  report.refused = refused;
  report.repeatedTrades = trades.repeated;
  report.lateDefinitions = definitions.late;
  reasons.report(sources);
  reports.write(0, report);
}
