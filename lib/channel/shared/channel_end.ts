import { NotOwnerError } from "../../errors.ts";
import { refuseClosed, type Region, requireOpen } from "../../memory/internal.ts";

/**
 * One end of a channel, such as its producer: whether it can still be used, and the refusal if it cannot.
 */
export class ChannelEnd {
  /** Whether this end has not been closed; its segment may have been. */
  isOpen = true;
  /** What it is, in messages: "producer". */
  readonly noun: string;
  readonly #region: Region;
  readonly #action: string;

  /**
   * @param region Where the channel lies.
   * @param action What it does, in messages: "write" or "read".
   * @param noun What it is, and the method of the channel that makes one: "producer".
   */
  constructor(region: Region, action: string, noun: string) {
    this.#region = region;
    this.#action = action;
    this.noun = noun;
  }

  /** What the channel is called in messages. */
  get name(): string {
    return this.#region.name;
  }

  /**
   * @throws {ClosedError} If the segment was closed.
   * @throws {NotOwnerError} If this end was.
   */
  requireOpen(): void {
    this.requireSegment();
    if (!this.isOpen) {
      throw new NotOwnerError(
        `Cannot ${this.#action} ${this.name} as this ${this.noun} was closed; call ${this.noun}() again`,
      );
    }
  }

  /** @throws {ClosedError} If the segment was closed. */
  requireSegment(): void {
    requireOpen(this.#region, this.#action);
  }

  /**
   * Throws the reason why this end cannot be used.
   *
   * @param isDraining Whether it may be that its drain is running.
   */
  refuseUse(isDraining = false): never {
    this.requireOpen();
    if (isDraining) {
      throw new TypeError(
        `Cannot use the ${this.noun} of ${this.name} as its drain is running; return from it first`,
      );
    }
    this.refuseClosed();
  }

  /** Throws the reason why nothing can be published. */
  refusePublish(): never {
    this.requireOpen();
    throw new TypeError(`Cannot publish to ${this.name} as nothing was claimed; call claim() first`);
  }

  /** Throws, as the segment was closed. */
  refuseClosed(): never {
    refuseClosed(this.#region, this.#action);
  }

  /**
   * Ends the use of this end; the second time nothing happens.
   *
   * @param vacate Releases what it holds in the segment; not called if the segment was closed, which released it.
   */
  close(vacate: () => void): void {
    if (!this.isOpen) return;
    if (!this.#region.source.closed) vacate();
    this.isOpen = false;
  }
}

/** Refuses to drain that many records. */
export function refuseLimit(limit: unknown): never {
  throw new RangeError(`Cannot drain a channel as limit must be 1 or more: received ${String(limit)}`);
}
