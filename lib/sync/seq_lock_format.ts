import { FIRST_OWN_WORD, LOCK_BYTES } from "./shared/lock_format.ts";

/*
 * A seqlock, after the header's counts (see lock_format.ts; the lock word is the writer's):
 *
 *     offset  bytes  field
 *         32      4  bytes protected
 *        256      4  sequence: odd while a write is in progress; it wraps
 *        260      4  writer: id of the attachment that began the last write
 *        264      …  what is protected
 *
 * An attachment is within a write if the sequence is odd and the writer is its own id; if it is another's, and that is
 * dead, the record is half written. The sequence stands apart from the lock word, and with what it protects: readers
 * never touch the writers' cache line.
 */
export const PAYLOAD_BYTES_WORD = FIRST_OWN_WORD;
export const SEQUENCE_WORD: number = LOCK_BYTES / 4;
/** Written by the lock's owner alone, before the sequence. */
export const WRITER_WORD: number = SEQUENCE_WORD + 1;
export const PAYLOAD_OFFSET: number = LOCK_BYTES + 8;

/** The sequence's bit that says that a write is in progress. */
export const WRITING = 1;
