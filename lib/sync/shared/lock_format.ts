/*
 * Every lock begins with the same 256 bytes.
 *
 *     offset  bytes  field
 *          0      4  word: the owner of the lock; what else it says depends on the kind
 *          4      4  died: 1 while what the last owner left is suspect, because it died
 *          8     24  zero
 *         32     32  words that the kind of lock uses as it likes
 *         64      8  acquisitions, f64, written by the owner alone
 *         72      8  acquisitions that had to wait, f64, written by the owner alone
 *         80      8  recoveries: how often a dead owner was replaced, f64, written by the owner alone
 *         88     40  zero
 *        128    128  32 ids of attachments that are blocked now; 0 for a free place
 *
 * The counts have a cache line of their own, next to the word's: an increment in the line that an exchange has just
 * locked takes 2.5 ns, one in another line next to nothing (bench/locks.bench.ts).
 */
export const LOCK_WORD = 0;
export const DIED_WORD = 1;
/** Stays zero: it serves wherever a word that names no owner is needed. */
export const ZERO_WORD = 2;
export const FIRST_OWN_WORD = 8;
export const BLOCKED_WORD = 32;
export const BLOCKED_PLACES = 32;

/** Indices among the 64-bit floats. */
export const ACQUISITIONS_F64 = 8;
export const CONTENDED_F64 = 9;
export const RECOVERIES_F64 = 10;

export const LOCK_BYTES = 256;

/*
 * The lock word where one attachment owns the lock (Mutex, SpinLock, SeqLock, the writer of RwLock).
 *
 *       31 | 30 … 0
 *     mark | owner's id; 0 for none
 *
 *     word         state
 *     0            free
 *     id           owned; one exchange unlocks
 *     mark | id    owned, and to unlock takes more than that: a waiter may sleep, or the last owner died
 *     mark | 0     broken: an owner died and what it left was not repaired
 */
export const FREE = 0;
export const MARK: number = 0x8000_0000 | 0;
export const BROKEN: number = MARK;
const ID_BITS = 0x7fff_ffff;

/** The id of the owner that a lock word names; 0 for none. */
export function ownerOf(word: number): number {
  return word & ID_BITS;
}

/** Whether it takes more than one exchange to unlock. */
export function isMarked(word: number): boolean {
  return word < 0;
}
