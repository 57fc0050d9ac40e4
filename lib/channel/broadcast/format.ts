import { LOCK_BYTES } from "../../sync/internal.ts";

/*
 * A broadcast: a header, then the records, one after another as in a C array, in twice as many slots as are promised.
 *
 *     offset  bytes  field of the header
 *          0      4  capacity: the records that readers may lag behind by
 *          4      4  bytes of a record
 *          8      4  1 where many may write, in turns
 *         12    116  zero
 *        128      4  tail: position of the record to be published next; storing it publishes. The writer's
 *        132      4  epoch: tail / 2^30, stored just before a tail that begins another: one ahead if the writer died
 *        136    120  zero
 *        256      4  writer: the id of its holder, 0 for none
 *        260    124  zero
 *        384      4  event count: something was published
 *        388    124  zero
 *        512    256  mutex: whose turn it is, where many may write
 *        768      …  records; position p lies at index p mod slots, twice the capacity's next power of two
 *
 * Positions run free for ever: the tail is their low word, the epoch holds the rest. A reader that was stopped for 2^32
 * records, or for any number, knows from both how many it missed.
 *
 *     tail − slots        tail − reach     tail − capacity            tail        tail + batch
 *     |  being overwritten  |  still whole  |  what readers may count on  |  claimed  |
 */
export const CAPACITY_OFFSET = 0;
export const RECORD_BYTES_OFFSET = 4;
export const MANY_WRITERS_OFFSET = 8;
export const TAIL_OFFSET = 128;
export const EPOCH_OFFSET = 132;
export const WRITER_OFFSET = 256;
export const PUBLISHED_EVENT_OFFSET = 384;
export const TURN_OFFSET = 512;
export const TURN_BYTES: number = LOCK_BYTES;
export const BROADCAST_HEADER_BYTES: number = TURN_OFFSET + TURN_BYTES;
