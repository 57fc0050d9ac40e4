import process from "node:process";
import { Monitor, type Sample } from "../observe/monitor.ts";
import { Screen } from "../top/screen.ts";
import { sorted, TopState } from "../top/top_state.ts";
import { pageOf, topView } from "../top/top_view.ts";
import type { Output } from "../view/output.ts";

/** What is asked of `top`. */
export interface TopOptions {
  readonly name: string | undefined;
  readonly intervalMs: number;
  /** How many samples to take. Defaults to no limit on a terminal, and to one elsewhere. */
  readonly count: number | undefined;
}

/** Lines and columns where there is no terminal: everything is shown. */
const LINES = 1_000_000;

/** `shmkit top [NAME]`. @returns The exit code: 1 if there is no such segment, where there is no terminal. */
export async function top(options: TopOptions, output: Output): Promise<number> {
  using monitor = new Monitor(options.name);
  if (output.isTerminal && !output.isJson && process.stdin.isTTY === true) {
    await live(monitor, options, output);
    return 0;
  }
  const hasSegment = await printed(monitor, options, output);
  return options.name === undefined || hasSegment ? 0 : 1;
}

/**
 * Lines, or JSON, for each sample: rates take two, so the first one is not shown.
 *
 * @returns Whether there was a segment at the last one.
 */
async function printed(monitor: Monitor, { intervalMs, count = 1 }: TopOptions, output: Output): Promise<boolean> {
  let { segments } = monitor.sample();
  for (let samples = 0; samples < count; samples++) {
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
    const sample = monitor.sample();
    segments = sample.segments;
    if (output.isJson) output.jsonLine(sample);
    else output.lines(...linesOf(sample, intervalMs));
  }
  return segments.length > 0;
}

function linesOf(sample: Sample, intervalMs: number): string[] {
  const lines = topView(
    sample,
    new TopState(),
    intervalMs,
    LINES,
    Infinity,
    () => ({ observed: undefined, contents: [] }),
  )
    .slice(0, -1);
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1).map((line) => line.replace(/^>/, " "));
}

/** A picture that changes, until the person has seen enough. */
async function live(monitor: Monitor, { intervalMs, count = Infinity }: TopOptions, output: Output): Promise<void> {
  using screen = new Screen();
  const state = new TopState();
  let sample = monitor.sample(), samples = 1;
  const draw = () =>
    screen.show(
      topView(sample, state, intervalMs, output.rows, output.columns, ({ segment, name }, most) =>
        monitor.open(segment, name, most)),
    );
  draw();
  // The first sample has no rates: another one follows soon.
  let next = performance.now() + Math.min(intervalMs, 200);
  while (!state.isOver && samples < count) {
    const key = await screen.key(next - performance.now());
    if (key !== undefined) state.press(key, sorted(sample.objects, state), pageOf(sample, state, output.rows));
    if (performance.now() >= next) {
      sample = monitor.sample();
      samples++;
      next = performance.now() + intervalMs;
    }
    draw();
  }
}
