import process from "node:process";
import { type Counter, Segment, type WaitStrategy } from "../../../mod.ts";
import { type Desk, type DeskRole, openDesk } from "../layout/desk.ts";
import { ControlRow } from "../layout/records.ts";
import { ownCounts, type ProcessCount } from "../layout/process_counts.ts";
import { OWN_RUNTIME, OWN_VERSION } from "./own_runtime.ts";
import { takeOver } from "./take_over.ts";

/** The counts that a process reports. */
export interface ProcessCounts {
  /** Messages received since it was started. */
  readonly messages: number;
  /** What was wrong with them, since it was started. */
  readonly faults: number;
  /** Position in the channel it reads. */
  readonly position: number;
  /** How many messages it is behind. */
  readonly lag: number;
}

/** Interval between reports, and between checks whether the supervisor is alive. */
const REPORT_MS = 100;

/**
 * A process of the desk: attached to its segment, controlled by the supervisor, and counting what it does. It is
 * started with the segment's name. It ends on request, or when the supervisor is gone; nothing needs to be tidied up
 * for its death.
 */
export class DeskProcess implements Disposable {
  readonly segment: Segment;
  readonly desk: Desk;
  /** How often a process of its role was started, with this one. */
  readonly starts: number;
  readonly #row: ReturnType<Desk["processes"][DeskRole]["writer"]>;
  readonly #counts: Readonly<Record<ProcessCount, Counter>>;
  readonly #control = ControlRow.alloc();
  readonly #parent = process.ppid;
  readonly #messagesBefore: number;
  readonly #faultsBefore: number;
  #checkedMs = 0;
  #reportedMs = 0;
  #isOrphan = false;

  /**
   * Attaches. Ctrl-C and a closed terminal reach each of its processes, `timeout` a group: the supervisor acts on them.
   */
  constructor(role: DeskRole) {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
    this.segment = Segment.open(process.argv[2], { role });
    this.desk = openDesk(this.segment);
    this.#row = takeOver(() => this.desk.processes[role].writer()); // now its predecessor is known to be dead
    const counts = this.#counts = ownCounts(this.desk.counters, role);
    counts.starts.add();
    this.starts = counts.starts.value;
    this.#messagesBefore = counts.messages.value;
    this.#faultsBefore = counts.faults.value;
    this.#row.write(0, { pid: process.pid, runtime: OWN_RUNTIME, version: OWN_VERSION, readyAt: 0 });
  }

  /** How to wait for events. */
  get wait(): WaitStrategy {
    this.desk.control.read(0, this.#control);
    return this.#control.wait;
  }

  /** The supervisor's order; "end" if it is dead. Cheap enough to read for every message. */
  get phase(): "wait" | "run" | "settle" | "end" {
    if (this.#isOrphan) return "end";
    this.desk.control.read(0, this.#control);
    return this.#control.phase;
  }

  /** Reports that all roles are taken and work begins: after a death, recovery ends here. */
  ready(): void {
    this.#row.write(0, { readyAt: this.segment.now() });
  }

  /** Reports the work done, now and then. To be called at least every 100 ms or so. */
  report(counts: ProcessCounts, isLast = false): void {
    const now = performance.now();
    if (now - this.#checkedMs > REPORT_MS) {
      this.#checkedMs = now;
      this.#isOrphan = process.ppid !== this.#parent;
    }
    if (!isLast && now - this.#reportedMs < REPORT_MS) return;
    this.#reportedMs = now;
    const { messages, faults, position, lag } = this.#counts;
    messages.set(this.#messagesBefore + counts.messages);
    faults.set(this.#faultsBefore + counts.faults);
    position.set(counts.position);
    lag.set(counts.lag);
    this.#row.write(0, { writtenAt: this.segment.now() });
  }

  /** Leaves the segment. */
  [Symbol.dispose](): void {
    this.#row.close();
    this.segment.close();
  }
}
