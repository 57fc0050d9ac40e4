import { CELL_OWN_F64, CELL_OWN_WORD } from "./shared/cells.ts";
import { FIRST_OWN_WORD, MARK } from "./shared/lock_format.ts";

/*
 * A read-write lock, after the header's counts (see lock_format.ts; the lock word is the writer's):
 *
 *     offset  bytes  field
 *         32      4  event count: a reader left while a writer waited
 *         36      4  cells ever used
 *         40      4  cells
 *        256      …  cells
 *
 *     a cell's fields
 *          0      4  holder: the id of an attachment, marked while it reads
 *          4      4  how often it holds the lock for reading beyond the first time
 *         64      8  f64, how often attachments took it for reading
 *         72      8  f64, how often they had to wait then
 */
export const DRAINED_WORD = FIRST_OWN_WORD;
export const USED_WORD: number = FIRST_OWN_WORD + 1;
export const COUNT_WORD: number = FIRST_OWN_WORD + 2;
/** Mark of a cell's holder: it reads, or is about to check whether it may. */
export const INSIDE: number = MARK;
export const READS_AGAIN: number = CELL_OWN_WORD;
export const READ_ACQUISITIONS: number = CELL_OWN_F64;
export const READ_CONTENDED: number = CELL_OWN_F64 + 1;
