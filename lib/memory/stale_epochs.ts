import { EPOCH_LIMIT, SLOT_BITS, SLOT_LIMIT } from "./participants_format.ts";

/**
 * The epochs of one slot's ids in some memory. A word that merely resembles such an id costs one more epoch, which is
 * not taken. Plain loads suffice: only dead holders can have left such ids, long ago. Takes about a nanosecond a word.
 *
 * @param words All words of the memory.
 * @param slot The slot.
 * @returns Whether an epoch is among them.
 */
export function staleEpochs(words: Int32Array, slot: number): (epoch: number) => boolean {
  const bits = new Uint8Array(EPOCH_LIMIT / 8);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if ((word & (SLOT_LIMIT - 1)) !== slot) continue;
    const epoch = (word >>> SLOT_BITS) & (EPOCH_LIMIT - 1); // without the bit that locks use
    bits[epoch >>> 3] |= 1 << (epoch & 7);
  }
  return (epoch) => (bits[epoch >>> 3] & (1 << (epoch & 7))) !== 0;
}
