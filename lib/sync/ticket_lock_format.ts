import { CELL_OWN_WORD } from "./shared/cells.ts";
import { FIRST_OWN_WORD } from "./shared/lock_format.ts";

/*
 * A ticket lock, after the header's counts (see lock_format.ts; the lock word is the owner's id, marked if the one
 * before died):
 *
 *     offset  bytes  field
 *         32      4  next: the ticket that is given out next
 *         36      4  serving: the ticket whose turn it is
 *         40      4  event count: the turn passed on
 *         44      4  cells ever used
 *         48      4  cells
 *        256      …  cells
 *
 *     a cell's own words
 *          4      4  state: what its owner is doing
 *          8      4  ticket, while the state is WAITING
 */
export const NEXT_WORD = FIRST_OWN_WORD;
export const SERVING_WORD: number = FIRST_OWN_WORD + 1;
export const PASSED_WORD: number = FIRST_OWN_WORD + 2;
export const USED_WORD: number = FIRST_OWN_WORD + 3;
export const COUNT_WORD: number = FIRST_OWN_WORD + 4;
export const STATE: number = CELL_OWN_WORD;
export const TICKET: number = CELL_OWN_WORD + 1;

/** Has no ticket. */
export const NONE = 0;
/** Takes a ticket, or has the turn: any ticket may be its own. */
export const TAKING = 1;
/** Waits with the ticket in its cell. */
export const WAITING = 2;
