import type { MappingOptions } from "./mapping.ts";

/** How a segment is attached. */
export interface AttachOptions extends MappingOptions {
  /** The name of this attachment in the list of participants; at most 32 bytes are kept. */
  readonly role?: string;
}

/** How a segment is opened. */
export interface OpenOptions extends AttachOptions {
  /**
   * How long to wait for the segment to exist, be ready and have a slot that no other process is about to take, in
   * milliseconds. By default, one that does not exist is an error at once, the wait for one that is being initialised
   * is 5 s, and that for such a slot 1 s, which it never exceeds.
   */
  readonly timeoutMs?: number;
  /** The user whose segments to trust, besides one's own and root's: a user id, or "any". */
  readonly owner?: number | "any";
}

/** How a segment is made. */
export interface CreateOptions extends Omit<AttachOptions, "readOnly"> {
  /** Length of the whole segment, rounded up to a page; from one page to 4 GiB. */
  readonly byteLength: number;
  /** The permission bits of the file; they default to 0o600, the owner alone. The umask does not change it. */
  readonly mode?: number;
  /** How many may be attached at once: up to 1024. Defaults to 8, 64 (from 64 KiB) or 256 (from 1 MiB). */
  readonly maxParticipants?: number;
  /** How many objects may be made: up to 65,536. Defaults to 8, 64 (from 64 KiB) or 512 (from 1 MiB). */
  readonly maxObjects?: number;
}

/** How an object is made. */
export interface ObjectOptions {
  /** How long to wait for others that are adding objects, in milliseconds. Defaults to 10,000. */
  readonly timeoutMs?: number;
}
