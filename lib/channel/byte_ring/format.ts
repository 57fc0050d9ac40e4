/*
 * A ring of bytes: a header, then the messages' records, one after another.
 *
 *     offset  bytes  field of the header
 *          0      4  capacity in bytes, a power of two
 *          4      4  1 where many may produce
 *          8    120  zero
 *        128      4  tail: position after the last record; the producer's, or the holder's of the claim lock
 *        132    124  zero
 *        256      4  head: position of the record to be received next; storing it frees space. The consumer's
 *        260    124  zero
 *        384      4  producer: the id of its holder, 0 for none; unused where many may produce
 *        388      4  claim lock: the id of the producer that is inside a claim, 0 for none
 *        392      8  refusals: how often there was no space, f64; written as the tail is
 *        400      4  a head that was seen; written by the holder of the claim lock
 *        404      4  high-water mark: the most bytes there were when there was no space; written as the tail is
 *        408    104  zero
 *        512      4  consumer: the id of its holder, 0 for none
 *        516      4  high-water mark: the most bytes the consumer found
 *        520      8  claims of dead producers that were skipped, f64; the consumer's
 *        528    112  zero
 *        640      4  event count: something was published
 *        644    124  zero
 *        768      4  event count: space was freed
 *        772    124  zero
 *        896      …  records; position p lies at byte p mod capacity
 *
 * Positions are bytes, run free through 32 bits and are compared by their difference: 0 is empty, the capacity is full.
 *
 * A record begins at a multiple of 8 and lies in one piece. Where one does not fit before the end of the memory, the
 * rest is a record to skip.
 *
 *     offset  bytes  field of a record
 *          0      4  the word below; storing it publishes where many may produce, storing the tail where one may
 *          4      4  type
 *          8      4  only where many may produce: the id of the claimer
 *         12      4  only where many may produce: zero
 *     8 or 16      …  the message, then up to 7 bytes of anything
 *
 *       31 |      30 | 29 … 0
 *        0 |       0 | byte length of the message: published, where many may produce
 *        0 |       1 | byte length of the message: claimed, where many may produce
 *        1 |       0 | byte length of the record: to skip
 *
 * One producer claims by advancing a position of its own; its claims are not seen before it stores the tail. Of many,
 * each claims under the claim lock, in five steps, and fills and publishes without it. What a death leaves after each
 * step:
 *
 *     step                                        the lock names  and what was left
 *     1  lock: 0 → own id                         the dead one    nothing: the next claimer takes the lock over
 *     2  writes the record's header, claimed,     the dead one    bytes after the tail; the next claimer
 *        and before it one to skip if need be                     overwrites them
 *     3  stores the tail after the record         the dead one    a claimed record that names the dead one: skipped
 *     4  lock: own id → 0                         none            the same
 *     5  fills the record                         none            the same
 *     6  record's word: claimed → published       none            a message: received. Of a batch, the first ones
 *     7  wakes the consumer, if it sleeps         none            the same; a sleeping consumer checks every 50 ms
 *
 * Taking the lock over from a dead one leaves what step 1 leaves. The lock's holder reads everything anew, so there is
 * nothing to repair. The consumer skips a claimed record only if the kernel reports that its claimer is dead and the
 * word, read again after that, is still claimed: a dead claimer publishes nothing more.
 */
export const CAPACITY_OFFSET = 0;
export const MANY_PRODUCERS_OFFSET = 4;
export const TAIL_OFFSET = 128;
export const HEAD_OFFSET = 256;
export const PRODUCER_OFFSET = 384;
export const CLAIM_LOCK_OFFSET = 388;
export const REFUSALS_OFFSET = 392;
export const SEEN_HEAD_OFFSET = 400;
export const PRODUCER_HIGH_WATER_OFFSET = 404;
export const CONSUMER_OFFSET = 512;
export const CONSUMER_HIGH_WATER_OFFSET = 516;
export const SKIPPED_OFFSET = 520;
export const PUBLISHED_EVENT_OFFSET = 640;
export const FREED_EVENT_OFFSET = 768;
export const BYTE_RING_HEADER_BYTES = 896;

/** Where records begin, and what their length is a multiple of. */
export const RECORD_ALIGNMENT = 8;
/** A record's header where one may produce, and where many may. */
export const RECORD_HEADER_BYTES = 8;
export const SHARED_RECORD_HEADER_BYTES = 16;

/** Words of a record's header. */
export const STATE_WORD = 0;
export const TYPE_WORD = 1;
export const CLAIMER_WORD = 2;

/** Bits of a record's first word. */
export const SKIP: number = 0x8000_0000 | 0;
export const CLAIMED = 0x4000_0000;
export const LENGTH_BITS = 0x3fff_ffff;

/** Whether a record's first word says that there is a message to receive. */
export function isPublished(word: number): boolean {
  return (word & ~LENGTH_BITS) === 0;
}

/** Whether a record's first word says that there is nothing, and never will be. */
export function isSkip(word: number): boolean {
  return word < 0;
}
