import { nextOrder, reportNow, serve } from "../in_spare.ts";
import { stopAt, stopNowhere } from "./points_runtime.ts";

/** What of an attachment a process needs that has it. */
interface Attachment {
  readonly closed: boolean;
  close(): void;
}

/** A segment that some processes make, join or leave; one of them dies. */
export interface SegmentCase<S extends Attachment = Attachment> {
  /** What it is about: `Segment` or `Catalog`. */
  readonly part: string;
  readonly title: string;
  /** What there is before, made by the test. Returns what the test stays attached by. */
  prepare?(name: string): S | undefined;
  /** The victim attaches before its points begin, and so does its peer, if `attaches` is "both". */
  readonly attaches?: "victim" | "both";
  enter?(name: string): S;
  /** What the victim does. Returns what it then has, if it does not die. */
  victim(name: string, own: S | undefined): S | undefined;
  /** What another process does, beginning when the victim is stopped or has come to its end. */
  peer(name: string, own: S | undefined): S | undefined;
  /** What the test then finds, while all that live are attached. */
  check(found: Found<S>): void;
}

/** What is left. */
export interface Found<S> {
  readonly name: string;
  /** What the test is attached by since before. */
  readonly witness: S | undefined;
  /** Process ids of those that have the segment, without the test: the peer, and a victim that has not died. */
  readonly attached: readonly number[];
  /** Whether the victim is dead. */
  readonly isDead: boolean;
}

/** The task of a process: attach if the case says so, act after a message, and leave after another. */
export interface SegmentTask {
  /** The case. */
  readonly title: string;
  readonly name: string;
  readonly role: "victim" | "peer";
  /** Which point to stop at, counted from 1. */
  readonly stopAt?: number;
}

/** What a process reports of what it did. */
export type SegmentReport =
  | { readonly stopped: string }
  /** It came to its end; whether it has the segment then. */
  | { readonly done: true; readonly isAttached: boolean }
  | { readonly error: string };

/** Does one task after the other. */
export function act({ cases }: { readonly cases: readonly SegmentCase[] }): void {
  serve(() => {
    reportNow("ready");
    for (let task = nextOrder<SegmentTask>(); task !== undefined; task = nextOrder<SegmentTask>()) {
      const { title } = task;
      actOnce(cases.find((one) => one.title === title)!, task);
      reportNow("left");
    }
  });
}

function actOnce(one: SegmentCase, { name, role, stopAt: point }: SegmentTask): void {
  const enters = one.attaches === "both" || one.attaches === role;
  const own = enters ? one.enter!(name) : undefined;
  reportNow("attached");
  nextOrder(); // to go
  if (point !== undefined) stopAt(point);
  const { has, report } = reportOf(() => one[role](name, own) ?? own);
  reportNow(report);
  nextOrder(); // to leave
  has?.close();
}

function reportOf(act: () => Attachment | undefined): { has?: Attachment; report: SegmentReport } {
  try {
    const has = act();
    return { has, report: { done: true, isAttached: has?.closed === false } };
  } catch (error) {
    return { report: { error: (error as Error).stack ?? String(error) } };
  } finally {
    stopNowhere();
  }
}
