import type { Fact, PartHolder, PartState } from "../../memory/internal.ts";

/** A channel that refuses where there is no space. */
export interface BoundedChannel {
  readonly length: number;
  readonly capacity: number;
  readonly highWater: number;
  readonly refusals: number;
}

/**
 * Such a channel at a moment, for tools.
 *
 * @param channel The channel.
 * @param unit What its length counts.
 * @param holders The attachments that hold its roles.
 * @param done What was published or claimed in its life, modulo 2^32.
 * @param more What else there is to report.
 */
export function boundedState(
  { length, capacity, highWater, refusals }: BoundedChannel,
  unit: string,
  holders: readonly PartHolder[],
  done: number,
  more: Readonly<Record<string, Fact>>,
): PartState {
  return {
    facts: { [unit]: length, capacity, "high water": highWater, refusals, ...more },
    holders,
    done,
    doneModulo: 2 ** 32,
    depth: length,
    capacity,
    refused: refusals,
  };
}
