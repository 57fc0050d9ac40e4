import { load } from "../../atomic/internal.ts";

/*
 * A position that runs free for ever, in two words.
 *
 *     word   what it holds
 *     low    the position modulo 2^32
 *     epoch  position / 2^30
 *
 * Their bits overlap by two, so that the low word says which of four epochs it belongs to. The epoch is stored just
 * before a low word that begins another epoch; so it is the position's own, or one ahead. One process at a time writes
 * both.
 */

/** Bits of a position within an epoch. */
export const EPOCH_BITS = 30;

/** Which epoch a position lies in. */
export function epochOf(position: number): number {
  return Math.floor(position / 2 ** EPOCH_BITS);
}

/**
 * @param low The low word.
 * @param epoch The epoch in the other one.
 * @returns Whether the low word begins the next epoch: that epoch is stored first.
 */
export function beginsEpoch(low: number, epoch: number): boolean {
  return (((low >>> EPOCH_BITS) - epoch) & 3) === 1;
}

/**
 * Reads a position, exact at a moment of the call.
 *
 * @param words Where it lies.
 * @param lowWord Index of the low word.
 * @param epochWord Index of the epoch.
 * @returns The position, up to 2^53.
 */
export function readPosition(words: Int32Array, lowWord: number, epochWord: number): number {
  while (true) {
    const epoch = load(words, epochWord); // pairs: position epoch
    const low = load(words, lowWord); // pairs: position epoch
    if (load(words, epochWord) !== epoch) continue;
    return positionIn(epoch, low);
  }
}

/**
 * The position that two words hold.
 *
 * @param epoch Its own epoch, or the one that is about to begin.
 * @param low The position modulo 2^32.
 */
export function positionIn(epoch: number, low: number): number {
  const own = (epoch & 3) === low >>> EPOCH_BITS ? epoch : epoch - 1;
  return Math.floor((own >>> 0) / 4) * 2 ** 32 + (low >>> 0);
}

/**
 * The position with given low bits that is nearest behind another one.
 *
 * @param low The position modulo 2^32.
 * @param before A position that is not before it, by less than 2^32.
 */
export function positionBefore(low: number, before: number): number {
  return before - (((before | 0) - low) >>> 0);
}

/**
 * The position with given low bits that is nearest behind or at another one, counted forwards.
 *
 * @param low The position modulo 2^32.
 * @param after A position that is not behind it, by less than 2^32.
 */
export function positionAfter(low: number, after: number): number {
  return after + ((low - (after | 0)) >>> 0);
}
