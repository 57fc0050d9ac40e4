import type { HistogramReading } from "../../../mod.ts";
import { LATENCIES, type LatencyName } from "../layout/desk.ts";
import type { DeskObserver } from "./desk_snapshot.ts";

/** The desk in a stretch of time. */
export interface TimelinePoint {
  /** When it ended, in seconds since the first one began. */
  readonly at: number;
  /** Messages a second, by channel. */
  readonly rates: Readonly<Record<string, number>>;
  /** Records that the slowest reader of the events had still to receive, at its end. */
  readonly depth: number;
  /** Median and 99th percentile in nanoseconds; none where nothing was timed. */
  readonly latencies: Readonly<Partial<Record<LatencyName, { readonly p50: number; readonly p99: number }>>>;
  /** Where the desk stood at its end. */
  readonly delta: number;
  readonly profit: number;
}

/** Follows a desk over time. */
export class Timeline {
  readonly points: TimelinePoint[] = [];
  readonly #observer: DeskObserver;
  #startedAt = NaN;
  #lastAt = NaN;
  #messages: Readonly<Record<string, number>> = {};
  #counted: Readonly<Record<LatencyName, HistogramReading>> | undefined;

  constructor(observer: DeskObserver) {
    this.#observer = observer;
  }

  /** When the first stretch of time began, in nanoseconds on the segment's clock. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Ends a stretch of time, unless it is shorter than that and not the only one; the first call begins one. */
  sample(leastMs = 0): void {
    const { at, channels, latencies, standing: { delta, profit } } = this.#observer.snapshot(0);
    if (this.points.length > 0 && at - this.#lastAt < leastMs * 1e6) return;
    const messages = Object.fromEntries(channels.map(({ name, messages }) => [name, messages]));
    if (this.#counted !== undefined) {
      const seconds = (at - this.#lastAt) / 1e9, before = this.#counted;
      this.points.push({
        at: (at - this.#startedAt) / 1e9,
        rates: Object.fromEntries(
          Object.entries(messages).map(([name, count]) => [name, (count - this.#messages[name]) / seconds]),
        ),
        depth: channels[0].depth,
        latencies: Object.fromEntries(
          LATENCIES.flatMap((name) => {
            const passed = latencies[name].clone();
            passed.subtract(before[name]);
            return passed.total === 0 ? [] : [[name, { p50: passed.percentile(50), p99: passed.percentile(99) }]];
          }),
        ),
        delta,
        profit,
      });
    } else this.#startedAt = at;
    this.#lastAt = at;
    this.#messages = messages;
    this.#counted = latencies;
  }
}
