import process from "node:process";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { Segment } from "../../../mod.ts";
import { otherRuntime, type Runtime, thisRuntime } from "../../../support/runtimes.ts";
import { DEFAULT_LIMITS } from "../layout/desk_limits.ts";
import { type Desk, DESK_BYTES, type DeskRole, type LatencyName, openDesk, ROLES } from "../layout/desk.ts";
import { SeededRandom } from "../market/seeded_random.ts";
import type { FeedOptions } from "../processes/feed_options.ts";
import type { MonitorOptions } from "../processes/monitor_options.ts";
import { DeskObserver, type DeskSnapshot } from "../view/desk_snapshot.ts";
import { count, plural } from "../view/format.ts";
import { Timeline, type TimelinePoint } from "../view/timeline.ts";
import { Audit, type AuditSummary } from "./audit.ts";
import type { DeskOptions } from "./desk_options.ts";
import { type Death, INTERRUPTIONS, ProcessGroup } from "./process_group.ts";
import { complaintsOf, type Verdict, verdictOf } from "./verdict.ts";

/** How a desk ran. */
export interface DeskResult {
  readonly options: DeskOptions;
  /** How long the market ran, in seconds. */
  readonly seconds: number;
  /** From the start until the last reader had received the last event; undefined unless the input came to its end. */
  readonly receivedSeconds: number | undefined;
  /** The desk at the end, before its processes ended. */
  readonly last: DeskSnapshot;
  /** Its latencies without the first second, in which the runtimes compile; undefined if it did not run for two. */
  readonly warmLatencies: DeskSnapshot["latencies"] | undefined;
  /** When the market began to run, and on the segment's clock. */
  readonly startedOn: Date;
  readonly startedAt: number;
  /** The desk over time. */
  readonly timeline: readonly TimelinePoint[];
  readonly audit: AuditSummary;
  readonly deaths: readonly Death[];
  /** How many of them were the supervisor's doing. */
  readonly kills: number;
  /** Whether the kill switch was pulled. */
  readonly isStopped: boolean;
  /** What the run comes to. */
  readonly verdict: Verdict;
}

/** How long processes have to start. */
const START_MS = 60_000;
/** How long they have to finish what was begun. */
const SETTLE_MS = 60_000;
/** Interval between checks of the channels. */
const STEP_MS = 4;
/** Records at once after which more are likely to be there. */
const MANY = 512;
/** Between two points of the timeline: at first, later at least, and how many there are at most. */
const FIRST_SAMPLE_MS = 20, SAMPLE_MS = 100, MOST_SAMPLES = 2000;
/** Points are this part of the time that passed apart, until they are `SAMPLE_MS` apart. */
const SAMPLE_PART = 0.1;
/** Signals within this time are one. */
const SAME_MS = 500;
/** The runtimes compile what they run during the first second. */
const WARM_MS = 1000;

/**
 * Runs a desk: makes its segment, starts its processes, starts those again that die, ends them all, and checks what
 * they did. Whatever happens, no process and no file is left. Ctrl-C ends it early and in order, the second time at
 * once.
 */
export async function runDesk(options: DeskOptions): Promise<DeskResult> {
  // Without a name in /dev/shm, nothing is left there however this ends.
  using segment = Segment.anonymous({ byteLength: DESK_BYTES, role: "supervisor" });
  return await new Supervisor(options, openDesk(segment)).run();
}

class Supervisor {
  readonly #options: DeskOptions;
  readonly #desk: Desk;
  readonly #control: ReturnType<Desk["control"]["writer"]>;
  readonly #audit: Audit;
  readonly #group: ProcessGroup;
  readonly #observer: DeskObserver;
  readonly #random: SeededRandom;
  readonly #timeline: Timeline;
  readonly #complaints: string[] = [];
  #isInterrupted = false;
  #interruptedMs = 0;
  #receivedSeconds: number | undefined;
  #kills = 0;
  #startedOn = new Date();
  #begin = NaN;
  #sampleAt = Infinity;
  #killAt = Infinity;
  #warmAt = Infinity;
  #warm: DeskSnapshot["latencies"] | undefined;
  #stopAt = Infinity;

  constructor(options: DeskOptions, desk: Desk) {
    this.#options = options;
    this.#desk = desk;
    this.#control = desk.control.writer();
    this.#control.write(0, { phase: "wait", wait: options.wait });
    desk.limits.set(DEFAULT_LIMITS);
    this.#audit = new Audit(desk); // before the feed: it holds the writers back
    this.#observer = new DeskObserver(desk, 16);
    this.#timeline = new Timeline(this.#observer);
    this.#random = new SeededRandom(options.seed);
    this.#group = new ProcessGroup(desk, (role) => runtimeOf(role, options), (role) => argsOf(role, options));
  }

  async run(): Promise<DeskResult> {
    const interrupt = () => {
      const now = performance.now();
      // A terminal's Ctrl-C reaches what started this, too, and may be passed on: that is still the same one.
      if (this.#isInterrupted && now - this.#interruptedMs > SAME_MS) process.exit(130); // ProcessGroup kills them
      this.#isInterrupted = true;
      this.#interruptedMs = now;
    };
    for (const signal of INTERRUPTIONS) process.on(signal, interrupt);
    let seconds = 0, late: DeskRole[];
    try {
      this.#group.start();
      if (await this.#until(() => this.#group.isReady, START_MS)) seconds = await this.#play();
      else if (!this.#isInterrupted) this.#complain("not all processes were ready");
    } finally {
      this.#control.write(0, { phase: "end" });
      late = await this.#group.end();
      for (const signal of INTERRUPTIONS) process.off(signal, interrupt);
    }
    if (late.length > 0) this.#complain(`${late.join(", ")} did not end by themselves`);
    return this.#conclude(seconds);
  }

  /** Lets the market run, and then settles. @returns How many seconds it ran. */
  async #play(): Promise<number> {
    const { seconds, killEveryMs, stopAfter } = this.#options, begin = performance.now();
    this.#killAt = begin + killEveryMs;
    this.#warmAt = begin + WARM_MS;
    this.#stopAt = begin + stopAfter * 1000;
    this.#timeline.sample();
    this.#startedOn = new Date();
    this.#begin = begin;
    this.#sampleAt = begin + FIRST_SAMPLE_MS;
    this.#control.write(0, { phase: "run" });
    const isOver = () => this.#isComplete() && this.#audit.isDone;
    if (await this.#until(isOver, seconds * 1000)) this.#receivedSeconds = (performance.now() - begin) / 1000;
    const elapsed = this.#fedSeconds() ?? (performance.now() - begin) / 1000;
    this.#killAt =
      this.#stopAt =
      this.#sampleAt =
      this.#warmAt =
        Infinity;
    this.#timeline.sample(FIRST_SAMPLE_MS / 2);
    this.#control.write(0, { phase: "settle" });
    const isSettled = () => this.#hasEnded() && this.#group.isReady && this.#audit.isDone;
    if (!await this.#until(isSettled, SETTLE_MS, true)) this.#complain("the desk did not settle");
    return elapsed;
  }

  /** Serves the desk until a condition holds, or the time is over. @returns Whether it holds. */
  async #until(isMet: () => boolean, ms: number, evenIfInterrupted = false): Promise<boolean> {
    const deadline = performance.now() + ms;
    while (!isMet()) {
      if (this.#group.failure !== undefined || performance.now() >= deadline) return false;
      if (this.#isInterrupted && !evenIfInterrupted) return false;
      const taken = this.#step();
      await (taken < MANY ? delay(Math.min(STEP_MS, Math.max(0, deadline - performance.now()))) : turn());
    }
    return true;
  }

  #step(): number {
    const taken = this.#audit.step(), now = performance.now();
    this.#group.step();
    if (now >= this.#sampleAt) {
      this.#sampleAt = now + this.#sampleMs(now - this.#begin);
      this.#timeline.sample();
    }
    if (now >= this.#killAt) {
      this.#killAt += this.#options.killEveryMs;
      this.#kill();
    }
    if (now >= this.#warmAt) {
      this.#warmAt = Infinity;
      this.#warm = this.#observer.snapshot(0).latencies;
    }
    if (now >= this.#stopAt) {
      this.#stopAt = Infinity;
      this.#desk.limits.stop();
    }
    return taken;
  }

  #sampleMs(passedMs: number): number {
    const { seconds } = this.#options;
    const least = Number.isFinite(seconds) ? seconds * 1000 / MOST_SAMPLES : 0;
    return Math.max(least, FIRST_SAMPLE_MS, Math.min(SAMPLE_MS, passedMs * SAMPLE_PART));
  }

  /** Kills one of those that are at work. */
  #kill(): void {
    const first = this.#random.below(ROLES.length);
    const order = ROLES.map((_, i) => ROLES[(first + i) % ROLES.length]);
    if (order.some((role) => this.#group.kill(role))) this.#kills++;
  }

  #isComplete(): boolean {
    return this.#observer.feed().isComplete;
  }

  #hasEnded(): boolean {
    return this.#observer.feed().endedAt > 0;
  }

  /** How long the feed took, once it is done. */
  #fedSeconds(): number | undefined {
    const { startedAt, endedAt } = this.#observer.feed();
    return endedAt > 0 ? (endedAt - startedAt) / 1e9 : undefined;
  }

  #conclude(seconds: number): DeskResult {
    const last = this.#withDepth(this.#observer.snapshot(Infinity)), audit = this.#audit.finish(last.feed.isComplete);
    const attached = this.#desk.segment.participants().length - 1;
    if (attached > 0) this.#complain(`still attached at the end: ${plural(attached, "process", "processes")}`);
    if (this.#group.failure !== undefined) this.#complain(this.#group.failure);
    const deaths = this.#group.deaths.filter((death) => !this.#isInterruption(death));
    for (const { role, how, recoveryMs } of deaths) {
      if (how !== "killed") this.#complain(`${role} ended by itself: ${how}`);
      if (recoveryMs === undefined) this.#complain(`nobody took the place of ${role}`);
    }
    if (audit.events !== last.feed.events) {
      this.#complain(`received: ${count(audit.events)} of ${plural(last.feed.events, "event")} that were fed`);
    }
    return {
      options: this.#options,
      seconds,
      receivedSeconds: this.#receivedSeconds,
      last,
      warmLatencies: this.#warmLatencies(last, seconds),
      startedOn: this.#startedOn,
      startedAt: this.#timeline.startedAt,
      timeline: this.#timeline.points,
      audit,
      deaths,
      kills: this.#kills,
      isStopped: last.limits.isStopped,
      verdict: verdictOf(audit, last.feed, [...this.#complaints, ...complaintsOf(audit)]),
    };
  }

  /**
   * A process that was just being started ends by the signal that interrupted the desk: it came to all of a terminal,
   * or of a group.
   */
  #isInterruption({ how }: Death): boolean {
    return this.#isInterrupted && INTERRUPTIONS.some((signal) => signal === how);
  }

  /** The writer knows the depth only where it had to load it; the timeline sampled it all the time. */
  #withDepth(snapshot: DeskSnapshot): DeskSnapshot {
    const seen = this.#timeline.points.reduce((most, { depth }) => Math.max(most, depth), 0);
    const channels = snapshot.channels.map((channel) =>
      channel.name === "events" ? { ...channel, highWater: Math.max(channel.highWater, seen) } : channel
    );
    return { ...snapshot, channels };
  }

  #warmLatencies({ latencies }: DeskSnapshot, seconds: number): DeskSnapshot["latencies"] | undefined {
    const before = this.#warm;
    // Of a run that was hardly longer, too little would be left to report.
    if (before === undefined || seconds * 1000 < 2 * WARM_MS) return undefined;
    const warm = Object.entries(latencies).map(([name, counted]) => {
      const passed = counted.clone();
      passed.subtract(before[name as LatencyName]);
      return [name, passed];
    });
    return Object.fromEntries(warm);
  }

  #complain(what: string): void {
    this.#complaints.push(what);
  }
}

/** With both runtimes, neighbours in the pipeline are of different ones. */
function runtimeOf(role: DeskRole, { mix }: DeskOptions): Runtime {
  return mix && ["book", "risk", "monitor"].includes(role) ? otherRuntime : thisRuntime;
}

function argsOf(role: DeskRole, { files, spooled, together, speed, seed, show, seconds }: DeskOptions): string[] {
  const captures = files.map((name) => ({ path: spooled.get(name) ?? name, name }));
  if (role === "feed") return [JSON.stringify({ files: captures, together, speed, seed } satisfies FeedOptions)];
  if (role === "monitor") return [JSON.stringify({ show, seconds } satisfies MonitorOptions)];
  return [];
}
