import { Views } from "../layout/mod.ts";
import { Region } from "./region.ts";

/**
 * A part of a region as a region of its own, for a part that lies within another, such as a table's lock.
 *
 * @param region The whole.
 * @param what What the part is called in messages: "the turn" of it.
 * @param byteOffset Where the part begins.
 * @param byteLength Its length. Defaults to the rest.
 */
export function partOf(
  region: Region,
  what: string,
  byteOffset: number,
  byteLength: number = region.byteLength - byteOffset,
): Region {
  const { source: { buffer, byteOffset: start }, party, readOnly } = region;
  const views = new Views(buffer, start + byteOffset, byteLength, readOnly);
  return new Region(`${what} of ${region.name}`, views, party, readOnly);
}
