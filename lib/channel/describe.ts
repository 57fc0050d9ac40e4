import type { DescribePart } from "../memory/internal.ts";
import { describeBroadcast } from "./broadcast/describe.ts";
import { describeByteRing } from "./byte_ring/describe.ts";
import { describeLatestTable } from "./latest_table/describe.ts";
import { describeMpmcQueue } from "./mpmc_queue/describe.ts";
import { describePipeline } from "./pipeline/describe.ts";
import { describeSpscRing } from "./spsc_ring/describe.ts";

/** What describes channels of a kind to tools; undefined if the kind is not a channel. */
export function channelDescription(kind: string): DescribePart | undefined {
  const known: Readonly<Record<string, DescribePart>> = {
    LatestTable: describeLatestTable,
    SpscRing: describeSpscRing,
    ByteRing: describeByteRing,
    MpmcQueue: describeMpmcQueue,
    Broadcast: describeBroadcast,
    Pipeline: describePipeline,
  };
  return Object.hasOwn(known, kind) ? known[kind] : undefined;
}
