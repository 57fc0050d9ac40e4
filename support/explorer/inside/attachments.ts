/**
 * Stands in for `lib/memory/attachments.ts` in what is explored: nothing is reloaded.
 *
 * @module
 */
import type * as real from "../../../lib/memory/attachments.ts";

/** There is only one run of the program. */
export function requireCurrentRun(_doing: string): void {}

/** The name of an attachment. */
export function attachmentName(createdNs: number, id: number): string {
  return `${createdNs}:${id}`;
}

/** Whether there are any: as if there were always others. */
export function hasAttachments(): boolean {
  return true;
}

/** What it notes is never asked for. */
export function noteAttachment(_createdNs: number, _id: number, _close: () => void): () => void {
  return () => {};
}

/** All are of this run. */
export function isKnownAttachment(_createdNs: number, _id: number): boolean {
  return true;
}

/** For the compiler: this module has all that the real one has. */
type Complete = typeof import("./attachments.ts") extends Record<keyof typeof real, unknown> ? true : never;
const _isComplete: Complete = true;
