import { channelDescription } from "../channel/internal.ts";
import type { DescribePart } from "../memory/internal.ts";
import { structureDescription } from "../structure/internal.ts";
import { lockDescription } from "../sync/internal.ts";

/** What describes parts of a kind; undefined of one that another program made up. */
export function descriptionOf(kind: string): DescribePart | undefined {
  return channelDescription(kind) ?? lockDescription(kind) ?? structureDescription(kind);
}
