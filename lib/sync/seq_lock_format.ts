import { FIRST_OWN_WORD, LOCK_BYTES } from "./shared/lock_format.ts";

/*
 * A seqlock, behind the header's counts (see lock_format.ts; the lock word is the writer's):
 *
 *     offset  bytes  field
 *         32      4  bytes protected
 *        256      4  sequence: odd while a write is in progress; it wraps
 *        260      4  zero
 *        264      …  what is protected
 *
 * The sequence stands apart from the lock word, and with what it protects: readers never touch the writers' cache line.
 */
export const PAYLOAD_BYTES_WORD = FIRST_OWN_WORD;
export const SEQUENCE_WORD: number = LOCK_BYTES / 4;
export const PAYLOAD_OFFSET: number = LOCK_BYTES + 8;

/** The sequence's bit that says that a write is in progress. */
export const WRITING = 1;
