import { OwnerDiedError, type Segment, SeqLock, type ViewOf } from "../../../mod.ts";
import type { Limits } from "../risk/limits.ts";
import { LimitsRecord } from "./records.ts";

/** The limits, and what backs the desk, in dollars. */
export interface DeskLimitValues extends Limits {
  readonly collateral: number;
}

/** What a desk of the built-in market may do. */
export const DEFAULT_LIMITS: DeskLimitValues = {
  delta: 50,
  vega: 100_000,
  loss: 2_000_000,
  marginUse: 0.9,
  collateral: 20_000_000,
};

/**
 * The limits and the kill switch: read by every order's sender and by risk, changed by any process, one at a time.
 * Reading waits only for a change in progress. A process that dies in the middle of a change leaves limits that cannot
 * be trusted: then no order goes out, until the next change.
 */
export class DeskLimits {
  readonly #segment: Segment;
  readonly #lock: SeqLock<typeof LimitsRecord>;

  private constructor(segment: Segment, lock: SeqLock<typeof LimitsRecord>) {
    this.#segment = segment;
    this.#lock = lock;
  }

  /** Attaches to the limits of a segment, or makes them, all 0. */
  static of(segment: Segment): DeskLimits {
    return new DeskLimits(segment, segment.openOrCreate("limits", SeqLock, { layout: LimitsRecord }));
  }

  /** Whether orders are stopped: check right before each. Allocates nothing. */
  get isStopped(): boolean {
    const lock = this.#lock;
    try {
      while (true) {
        const sequence = lock.beginRead(), { isStopped } = lock.payload;
        if (lock.validate(sequence)) return isStopped;
      }
    } catch (error) {
      if (error instanceof OwnerDiedError) return true;
      throw error;
    }
  }

  /** Copies all of it. @returns False if a process died while it changed it. */
  read(into: ViewOf<typeof LimitsRecord>): boolean {
    try {
      this.#lock.read((record) => LimitsRecord.copy(record, into));
      return true;
    } catch (error) {
      if (error instanceof OwnerDiedError) return false;
      throw error;
    }
  }

  /** Sets the limits; the switch stays as it is. */
  set(limits: DeskLimitValues): void {
    using _ = this.#lock.acquire();
    this.#repair();
    this.#lock.write((record) => LimitsRecord.assign(record, limits));
  }

  /** Stops all orders. @returns Whether this call did it. */
  stop(): boolean {
    using _ = this.#lock.acquire();
    this.#repair();
    let isNew = false;
    this.#lock.write((record) => {
      isNew = !record.isStopped;
      // Within the change, when no reader gets an answer: a reader that was allowed to continue asked before.
      if (isNew) record.stoppedAt = this.#segment.now();
      record.isStopped = true;
    });
    return isNew;
  }

  /** After a death within a change: the limits that a desk begins with, and no orders. */
  #repair(): void {
    if (!this.#lock.ownerDied) return;
    this.#lock.write({ ...DEFAULT_LIMITS, stoppedAt: this.#segment.now(), isStopped: true });
  }
}
