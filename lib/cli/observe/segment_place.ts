import { statSync } from "node:fs";
import { parseAnonymousName, requireSegmentName } from "../../memory/internal.ts";

/**
 * A segment's name as it was typed: the slash before it may be left out, as with `shm_open`.
 *
 * @throws {RangeError} If no segment can have it.
 */
export function segmentName(text: string): string {
  const name = text.startsWith("/") ? text : `/${text}`;
  if (parseAnonymousName(name) === undefined) requireSegmentName("find", name);
  return name;
}

/** Where a segment of a name lies. */
export function pathOf(name: string): { path: string; reach: "named" | "anonymous" } {
  const anonymous = parseAnonymousName(name);
  return anonymous === undefined
    ? { path: `/dev/shm${name}`, reach: "named" }
    : { path: anonymous.path, reach: "anonymous" };
}

/** Which file a path leads to now; undefined if to none. */
export function inodeAt(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
