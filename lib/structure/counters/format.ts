import { alignUp } from "../../memory/mod.ts";
import { LOCK_BYTES } from "../../sync/internal.ts";

/*
 * Counters: a header, then the values, then their descriptions.
 *
 *     offset  bytes  field of the header
 *          0      4  capacity: the most counters
 *          4      4  bytes of a label
 *          8    120  zero
 *        128    256  mutex: held to allocate counters
 *        384      …  values, 128 bytes each; then descriptions
 *
 *     offset  bytes  field of a value
 *          0      4  version: storing it publishes; it wraps
 *          4      4  zero
 *          8     16  two doubles: that of version v is number v mod 2
 *         24    104  zero
 *
 *     offset  bytes  field of a description
 *          0      4  state: how often it was freed, times 2, plus 1 while it is in use
 *          4      4  owner: the id of the attachment that writes the value
 *          8      4  type, of the owning program's choice
 *         12      4  zero
 *         16      …  label: UTF-8, padded with NUL
 *
 * An allocation takes a counter that is not in use, or whose owner is dead, writes its value and its description, and
 * stores its state last. A death before that leaves a counter that is not in use. Taking over a dead owner's counter
 * stores the new owner, and nothing else.
 */
export const CAPACITY_WORD = 0;
export const LABEL_BYTES_WORD = 1;
export const MUTEX_OFFSET = 128;
export const MUTEX_BYTES: number = LOCK_BYTES;
export const HEADER_BYTES: number = MUTEX_OFFSET + MUTEX_BYTES;

export const VALUE_BYTES = 128;
/** From a value's version to its doubles, in doubles. */
export const DOUBLES_DELTA = 1;

export const STATE_DELTA = 0;
export const OWNER_DELTA = 1;
export const TYPE_DELTA = 2;
export const LABEL_DELTA = 4;
export const USED = 1;

/** Bytes from one description to the next. */
export function descriptionBytes(labelBytes: number): number {
  return LABEL_DELTA * 4 + alignUp(labelBytes, 16);
}
