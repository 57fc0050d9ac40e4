import type { MarketEvent } from "./events.ts";
import type { InputReport } from "./input_report.ts";
import type { Instruments } from "./instruments.ts";

/** Where events come from: a capture, or the built-in market. */
export interface Source {
  /** Its name in messages, which also orders two sources where nothing else does. */
  readonly label: string;
  /** The instruments that its events are about. */
  readonly instruments: Instruments;
  /** What was found so far. */
  readonly report: InputReport;
  /** The next event, good until the call after; undefined if `fill` must be called first. */
  next(): MarketEvent | undefined;
  /** Gets more. @returns False at the end. */
  fill(): Promise<boolean>;
  /** Lets go of what it holds, at its end or before. */
  close(): Promise<void>;
}
