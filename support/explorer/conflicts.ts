import { MEMORY_BYTES } from "./memory.ts";

/**
 * Which words actors were seen to share. An access that nobody else's could disturb or see commutes with all that others
 * do: whether somebody else goes first makes no difference, so no turn needs to be taken there.
 *
 * A word may turn out to be shared late in a search. What was left out before that is made up for by searching again.
 */
export class Conflicts {
  /** By word, a bit for each actor. */
  readonly #readers = new Uint16Array(MEMORY_BYTES / 4);
  readonly #writers = new Uint16Array(MEMORY_BYTES / 4);
  /** How often something new was learned. */
  learned = 0;

  /** Notes an access, and says whether another actor's may conflict with it: one of the two writes. */
  isShared(actor: number, word: number, isWrite: boolean): boolean {
    const own = 1 << actor, known = isWrite ? this.#writers : this.#readers;
    if ((known[word] & own) === 0) {
      known[word] |= own;
      this.learned++;
    }
    return (this.#writers[word] & ~own) !== 0 || (isWrite && (this.#readers[word] & ~own) !== 0);
  }
}
