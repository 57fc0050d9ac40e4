import { MEMORY_BYTES } from "./memory.ts";

/**
 * The words that actors were seen to share. An access that no other actor's could disturb or notice commutes with all
 * their steps: it makes no difference which goes first, so no turn needs to be taken there.
 *
 * A word may turn out to be shared late in a search. What is known does not change within a search, so that its runs
 * have the same choices; if it has learned something, the search is made again.
 */
export class Conflicts {
  /** By word, a bit for each actor; the writers behind the readers. */
  #known = new Uint16Array(2 * WORDS);
  #noted = new Uint16Array(2 * WORDS);
  #hasLearned = false;
  /** Whether a preempted actor gets its turn back only when another one has touched what it is about to access. */
  isStrict = false;

  /**
   * Notes an access, and says whether another actor's may conflict with it, as far as is known: one of the two writes.
   */
  isShared(actor: number, word: number, isWrite: boolean): boolean {
    const own = 1 << actor, at = isWrite ? WORDS + word : word;
    if ((this.#noted[at] & own) === 0) {
      this.#noted[at] |= own;
      this.#hasLearned = true;
    }
    return (this.#known[WORDS + word] & ~own) !== 0 || (isWrite && (this.#known[word] & ~own) !== 0);
  }

  /** From here on all is known that was noted. Returns whether that is more than before. */
  learn(): boolean {
    if (!this.#hasLearned) return false;
    this.#known.set(this.#noted);
    this.#hasLearned = false;
    return true;
  }
}

const WORDS = MEMORY_BYTES / 4;
