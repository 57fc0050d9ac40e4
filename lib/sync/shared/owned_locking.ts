/**
 * The fast paths of a lock that one attachment owns, one exchange each. `Mutex`, `SpinLock`, `SeqLock` and the writer
 * of `RwLock` hand their own fields in: as methods of an object that all of them have, the same lines took Bun 15 %
 * longer, and as methods of a class that all of them extend 70 % longer where a process uses several kinds.
 *
 * @module
 */
import { compareExchange } from "../../atomic/mod.ts";
import { ACQUISITIONS_F64, FREE, LOCK_WORD } from "./lock_format.ts";
import type { OwnedWord } from "./owned_word.ts";
import { NO_LIMIT } from "./wait_limit.ts";
import type { WaitOptions } from "./wait_options.ts";

/** Takes the word if it is free. It is not counted. */
export function takeFree(words: Int32Array, id: number): boolean {
  return compareExchange(words, LOCK_WORD, FREE, id) === FREE; // pairs: lock word
}

/**
 * `tryLock`.
 *
 * @param words Of the header.
 * @param counts Of the header.
 * @param id This attachment's.
 * @param word Continues where the word is not free.
 */
export function tryLockOwned(words: Int32Array, counts: Float64Array, id: number, word: OwnedWord): boolean {
  if (words.length === 0) word.refuseUse("lock");
  if (!takeFree(words, id)) return word.tryLock();
  counts[ACQUISITIONS_F64]++;
  return true;
}

/** `lock`, with the same parameters. */
export function lockOwned(
  words: Int32Array,
  counts: Float64Array,
  id: number,
  word: OwnedWord,
  options: WaitOptions | undefined,
): boolean {
  if (words.length === 0) word.refuseUse("lock");
  const limit = options === undefined ? NO_LIMIT : word.limitOf(options);
  if (!takeFree(words, id)) return word.lock(limit);
  counts[ACQUISITIONS_F64]++;
  return true;
}

/** `unlock`, with the same parameters. */
export function unlockOwned(words: Int32Array, id: number, word: OwnedWord): void {
  if (words.length === 0) word.refuseUse("unlock");
  // Pairs: lock word. The next owner sees what this one wrote.
  if (compareExchange(words, LOCK_WORD, id, FREE) !== id) word.release();
}
