/*
 * A queue of many producers and many consumers: a header, a cell for each of them, then the slots.
 *
 *     offset  bytes  field of the header
 *          0      4  capacity in records
 *          4      4  bytes of a record
 *          8      4  how many cells there are
 *         12      4  how many of the first cells were ever used
 *         16      4  lost claims: slots that a producer died with
 *         20      4  lost reads: records that a consumer died with
 *         24    104  zero
 *        128      4  tail: position to be claimed next by a producer
 *        132    124  zero
 *        256      4  head: position to be taken next by a consumer
 *        260    124  zero
 *        384      4  event count: something was published
 *        388    124  zero
 *        512      4  event count: space was freed
 *        516    124  zero
 *        640      …  cells, 128 bytes each
 *          …      …  slots; position p lies in slot p mod slots
 *
 *     offset  bytes  field of a cell, written by its owner alone
 *          0      4  id of the attachment; 0 for none
 *          4      4  first position that its owner holds, or is about to claim
 *          8      4  how many positions from there on; those of others may be among them. 0 for none
 *         12      4  whether the owner claims or takes: 1 for a producer, 2 for a consumer
 *         16      4  high-water mark: the most records its owners found
 *         20      4  zero
 *         24      8  refusals: how often its owners found no space, f64
 *         32     96  zero
 *
 *     offset  bytes  field of a slot
 *          0      4  state
 *          4      4  zero
 *          8      …  the record, padded to a multiple of 8
 */
export const CAPACITY_OFFSET = 0;
export const RECORD_BYTES_OFFSET = 4;
export const CELLS_OFFSET = 8;
export const USED_OFFSET = 12;
export const LOST_CLAIMS_OFFSET = 16;
export const LOST_READS_OFFSET = 20;
export const TAIL_OFFSET = 128;
export const HEAD_OFFSET = 256;
export const PUBLISHED_EVENT_OFFSET = 384;
export const FREED_EVENT_OFFSET = 512;
export const QUEUE_HEADER_BYTES = 640;

export const CELL_ID_OFFSET = 0;
export const CELL_FIRST_OFFSET = 4;
export const CELL_COUNT_OFFSET = 8;
export const CELL_ROLE_OFFSET = 12;
export const CELL_HIGH_WATER_OFFSET = 16;
export const CELL_REFUSALS_OFFSET = 24;
export const CELL_BYTES = 128;

export const SLOT_HEADER_BYTES = 8;

/** What the owner of a cell does. */
export const PRODUCES = 1;
export const CONSUMES = 2;

/*
 * A slot's state, on lap l, which is position p less p mod slots. Zeroed memory is free on lap 0.
 *
 *     state      means                                who changes it
 *     l + FREE   free, or claimed if the tail passed  the producer that claimed p; if it is dead, any other, to VOID
 *     l + FULL   published, or taken if the head      the consumer that took p; if it is dead, any other, to the next
 *                passed                               lap's FREE
 *     l + VOID   given up: nothing to be received     the same
 *
 *                 tail passes        publish          head passes         freed
 *     l + FREE  -------------> claimed -----> l + FULL ---------> taken ------------> l + slots + FREE
 *                                 | abort, death                    ^
 *                                 +---------> l + VOID -------------+
 *
 * There are four slots or more, so that no state of one lap is one of another.
 */
export const FREE = 0;
export const FULL = 1;
export const VOID = 2;
export const LEAST_SLOTS = 4;
