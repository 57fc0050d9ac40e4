/*
 * A ring: a header, then the records, one after another as in a C array.
 *
 *     offset  bytes  field of the header
 *          0      4  capacity in records
 *          4      4  bytes of a record
 *          8    120  zero
 *        128      4  tail: position of the record to be published next; storing it publishes. The producer's
 *        132    124  zero
 *        256      4  head: position of the record to be received next; storing it frees space. The consumer's
 *        260    124  zero
 *        384      4  producer: the id of its holder, 0 for none
 *        388      4  1 once the producer found the ring full
 *        392      8  refusals: how often that was, f64
 *        400    112  zero
 *        512      4  consumer: the id of its holder, 0 for none
 *        516      4  high-water mark: the most records the consumer found
 *        520    120  zero
 *        640      4  event count: something was published
 *        644    124  zero
 *        768      4  event count: space was freed
 *        772    124  zero
 *        896      …  records; position p lies at index p mod slots, capacity's next power of two
 *
 *     position   head            tail
 *     …  free  …  |  published  …  |  claimed, or free  …
 *
 * Positions run free through 32 bits and are compared by their difference: 0 is empty, the capacity is full.
 */
export const CAPACITY_OFFSET = 0;
export const RECORD_BYTES_OFFSET = 4;
export const TAIL_OFFSET = 128;
export const HEAD_OFFSET = 256;
export const PRODUCER_OFFSET = 384;
export const WAS_FULL_OFFSET = 388;
export const REFUSALS_OFFSET = 392;
export const CONSUMER_OFFSET = 512;
export const HIGH_WATER_OFFSET = 516;
export const PUBLISHED_EVENT_OFFSET = 640;
export const FREED_EVENT_OFFSET = 768;
export const RING_HEADER_BYTES = 896;
