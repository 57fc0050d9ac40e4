/*
 * A pipeline: a header, a gate for each reader, then the records, one after another as in a C array.
 *
 *     offset  bytes  field of the header
 *          0      4  capacity in records
 *          4      4  bytes of a record
 *          8      4  gates
 *         12    116  zero
 *        128      4  tail: position of the record to be published next; storing it publishes. The writer's
 *        132    124  zero
 *        256      4  permit: the position before which the writer writes without polling the gates again. The writer's
 *        260      4  writer: the id of its holder, 0 for none
 *        264      8  refusals: how often the writer found no space, f64
 *        272      4  high-water mark: the most records the writer found that a reader had still to receive
 *        276      4  epoch of the permit: permit / 2^30, stored just before a permit that begins another. The writer's
 *        280    104  zero
 *        384      4  event count: something was published
 *        388    124  zero
 *        512      …  gates, 256 bytes each
 *          …      …  records; position p lies at index p mod slots, capacity's next power of two
 *
 *     offset  bytes  field of a gate
 *          0      4  position of the record to be received next; storing it opens the way to it. Its reader's
 *          4     60  zero
 *         64      4  event count: the position moved, or the gate went
 *         68     60  zero
 *        128      4  holder, see below
 *        132      4  place, see below
 *        136      4  dependencies: a bit for each gate before this one
 *        140      4  drops: how often it was taken away from a dead reader
 *        144     48  name, UTF-8, padded with NUL
 *        192      8  since: every record from this position on was received here, up to the gate's position; f64
 *        200      8  kept: the position that was reached here, while a reader joins; −1 for none, f64
 *        208      4  1 while its reader receives nothing that those before it have not received
 *        212     44  zero
 *
 *     holder       state
 *     0            no reader: the writer does not wait
 *     id           that attachment reads: the writer waits
 *     mark | id    that attachment is about to read: the writer does not wait yet
 *     mark | 0     dropped: the reader died, and the writer does not wait
 *
 *     place        31 … 2                 | 1 0
 *                  epoch of the position  | what the position is
 *                  (position / 2^30)      | 0  nothing: no reader was ever here
 *                                         | 1  in motion: a reader joins, and kept is the place to continue from
 *                                         | 2  where a reader is, or was when it died
 *                                         | 3  where a reader stopped that closed
 *
 *     position   slowest gate      …       other gates            tail                   permit
 *     …  free  … |   records that a reader has still to receive  |  claimed, or free  …  |
 *
 * Positions run free through 32 bits and are compared by their difference: the permit is a capacity ahead of the tail
 * at most, and a gate that is waited for a capacity behind the permit. A reader that joins may come from further back,
 * and needs the epochs for that. The writer renews those of all readers once an epoch, so that each is less than three
 * epochs behind its position.
 */
export const CAPACITY_OFFSET = 0;
export const RECORD_BYTES_OFFSET = 4;
export const GATES_OFFSET = 8;
export const TAIL_OFFSET = 128;
export const PERMIT_OFFSET = 256;
export const WRITER_OFFSET = 260;
export const REFUSALS_OFFSET = 264;
export const HIGH_WATER_OFFSET = 272;
export const PERMIT_EPOCH_OFFSET = 276;
export const PUBLISHED_EVENT_OFFSET = 384;
export const PIPELINE_HEADER_BYTES = 512;

/** Within a gate. */
export const POSITION_OFFSET = 0;
export const MOVED_EVENT_OFFSET = 64;
export const HOLDER_OFFSET = 128;
export const PLACE_OFFSET = 132;
export const DEPENDENCIES_OFFSET = 136;
export const DROPS_OFFSET = 140;
export const NAME_OFFSET = 144;
export const NAME_BYTES = 48;
export const SINCE_OFFSET = 192;
export const KEPT_OFFSET = 200;
export const WAITS_OFFSET = 208;
export const GATE_BYTES = 256;

/** As many as the bits of `dependencies`. */
export const MAX_GATES = 32;

/** In a holder's word. */
export const MARK: number = 0x8000_0000 | 0;
export const DROPPED: number = MARK;

/** In a place's word: what the position is, below the epoch. */
export const NO_PLACE = 0;
export const JOINING = 1;
export const READING = 2;
export const LEFT = 3;
export const PLACE_BITS = 2;
export const PLACE_MASK: number = (1 << PLACE_BITS) - 1;

/** Index of a gate's word. */
export function gateWord(gate: number, offset: number): number {
  return (PIPELINE_HEADER_BYTES + gate * GATE_BYTES + offset) / 4;
}
