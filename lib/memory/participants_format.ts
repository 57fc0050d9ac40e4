/*
 * A slot for each attachment. Its first byte, as a byte of the file, is the slot's lock byte: the holder of that lock
 * holds the slot, and alone writes it. Its second byte is the joiner's lock byte: the holder of that one may prepare a
 * slot that is not held, and then take it. So a slot is held only once its epoch has moved on.
 *
 *     offset  bytes  field
 *          0      4  joins: how often the slot was taken, counting on from 2^21 once it has reached 2^32
 *          4      4  process id
 *          8      4  thread id
 *         12      4  pid namespace: the inode of /proc/self/ns/pid, in which the ids above mean something; 0 if unknown
 *         16      8  process start time, clock ticks since boot
 *         24      8  attached at, milliseconds since 1970
 *         32     32  role, NUL-padded UTF-8
 */
export const SLOT_LOCK_OFFSET = 0;
export const JOINER_LOCK_OFFSET = 1;

export const JOINS_OFFSET = 0;
export const PID_OFFSET = 4;
export const TID_OFFSET = 8;
export const NAMESPACE_OFFSET = 12;
export const START_OFFSET = 16;
export const ATTACHED_OFFSET = 24;
export const ROLE_OFFSET = 32;
export const ROLE_BYTES = 32;
export const SLOT_BYTES = 64;

/*
 * A participant's id, as lock and role words hold it: in an aligned word of its own. Bit 31 stays free for a lock's own
 * use; 0 is none.
 *
 *     31 | 30 … 10 | 9 … 0
 *      0 |  epoch  |  slot
 *
 * The epoch is the slot's joins modulo 2^21; joins for which that is 0 are left out. So ids repeat once a slot was
 * taken 2^21 times. From then on, that is while joins are 2^21 or more, a joiner reads all objects and takes no epoch
 * of which it finds an id: an id that a dead holder left never counts as alive again.
 */
export const SLOT_BITS = 10;
export const EPOCH_BITS = 21;
export const SLOT_LIMIT: number = 2 ** SLOT_BITS;
export const EPOCH_LIMIT: number = 2 ** EPOCH_BITS;
