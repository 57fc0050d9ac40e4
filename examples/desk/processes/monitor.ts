/**
 * Shows the desk on the terminal: `monitor.ts <segment> <MonitorOptions as JSON>`. It reads what all can read, and no
 * more.
 */
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { lineView } from "../view/line_view.ts";
import { liveView } from "../view/live_view.ts";
import { DeskObserver, type DeskSnapshot } from "../view/desk_snapshot.ts";
import { clearedScreen, emptyScreen, pictureOnScreen } from "../view/screen.ts";
import { DeskProcess } from "./desk_process.ts";
import type { MonitorOptions } from "./monitor_options.ts";

/** Between two snapshots. */
const LOOK_MS = 50;
/** Between two pictures, and between two lines. */
const PERIOD_MS = { live: 250, lines: 1000, nothing: Infinity };
/** Rates are of this long. */
const RATE_MS = 1000;
/** The number of options that are shown. */
const MOST_OPTIONS = 16;

const { show, seconds } = JSON.parse(process.argv[3]) as MonitorOptions;
const self = new DeskProcess("monitor"), { desk } = self;
const observer = new DeskObserver(desk);
const recent: DeskSnapshot[] = [];
let snapshots = 0, drawnMs = -Infinity, hasScreen = self.starts > 1;

self.ready();
while (self.phase !== "end") {
  await delay(LOOK_MS);
  self.report({ messages: ++snapshots, faults: 0, position: 0, lag: 0 });
  if (show !== "nothing" && self.phase === "run" && performance.now() - drawnMs >= PERIOD_MS[show]) draw();
}
self.report({ messages: snapshots, faults: 0, position: 0, lag: 0 }, true);
if (show === "live" && hasScreen) process.stdout.write(clearedScreen());
self[Symbol.dispose]();
process.exit(0);

function draw(): void {
  const now = observer.snapshot(MOST_OPTIONS);
  drawnMs = performance.now();
  while (recent.length > 1 && (now.at - recent[0].at) / 1e6 > RATE_MS + PERIOD_MS[show] / 2) recent.shift();
  const before = recent[0] ?? now;
  recent.push(now);
  if (show === "live") {
    const { rows = 50, columns = 130 } = process.stdout;
    if (!hasScreen) process.stdout.write(emptyScreen(rows));
    hasScreen = true;
    process.stdout.write(pictureOnScreen(liveView(now, before, seconds, rows, columns)));
  } else console.log(lineView(now, before));
}
