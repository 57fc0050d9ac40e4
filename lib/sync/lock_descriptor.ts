/*
 * Every lock begins with the same 128 bytes.
 *
 *     offset  bytes  field
 *          0      4  word: who owns the lock; what else it says depends on the kind
 *          4      4  died: 1 while what the last owner left is suspect, because it died
 *          8      8  acquisitions, f64, written by the owner alone
 *         16      8  acquisitions that had to wait, f64, written by the owner alone
 *         24      8  recoveries: how often a dead owner was replaced, f64, written by the owner alone
 *         32     32  words that the kind of lock uses as it likes
 *         64     64  16 ids of attachments that are blocked now; 0 for a free place
 */
export const LOCK_WORD = 0;
export const DIED_WORD = 1;
export const FIRST_OWN_WORD = 8;
export const BLOCKED_WORD = 16;
export const BLOCKED_PLACES = 16;

/** Indices among the 64-bit floats. */
export const ACQUISITIONS_F64 = 1;
export const CONTENDED_F64 = 2;
export const RECOVERIES_F64 = 3;

export const LOCK_BYTES = 128;

/*
 * The lock word where one attachment owns the lock (Mutex, RwLock's writer, SpinLock).
 *
 *       31 | 30 … 0
 *     mark | owner's id; 0 for nobody
 *
 *     word         state
 *     0            free
 *     id           owned; to unlock is one exchange
 *     mark | id    owned, and to unlock takes more than that: somebody may sleep, or the last owner died
 *     mark | 0     broken: an owner died and nobody repaired what it left
 */
export const FREE = 0;
export const MARK: number = 0x8000_0000 | 0;
export const BROKEN: number = MARK;
const ID_BITS = 0x7fff_ffff;

/** The id of the owner that a lock word names; 0 for nobody. */
export function ownerOf(word: number): number {
  return word & ID_BITS;
}

/** Whether to unlock takes more than one exchange. */
export function isMarked(word: number): boolean {
  return word < 0;
}
