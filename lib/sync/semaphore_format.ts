import { CELL_BYTES } from "./shared/cells.ts";
import { FIRST_OWN_WORD, LOCK_BYTES } from "./shared/lock_format.ts";

/*
 * A semaphore, after the header (see lock_format.ts; its lock word and counts stay zero):
 *
 *     offset  bytes  field
 *         32      4  event count: a permit came back
 *         36      4  permits
 *        256      …  permits, each as long as a cell
 *
 *     offset  bytes  field of a permit
 *          0      4  its holder, 0 for none; marked if the holder before died
 *          4     60  zero
 *         64     64  counts, written by the holder alone: where a lock's header has them
 */
export const RETURNED_WORD = FIRST_OWN_WORD;
export const COUNT_WORD: number = FIRST_OWN_WORD + 1;
export const FIRST_PERMIT: number = LOCK_BYTES / 4;
export const PERMIT_BYTES = CELL_BYTES;
export const PERMIT_WORDS: number = PERMIT_BYTES / 4;
