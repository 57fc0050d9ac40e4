/**
 * At each so many looks at the same position it is asked whether somebody died: that takes system calls, and takes the cache
 * line of the other side's position from those who work there.
 */
const ASKED_EACH = 16;

/** Counts looks in vain at one position: a slot that stays as it is over some of them may have lost its owner. */
export class Looks {
  #position = 0;
  #count = 0;

  /** One more look in vain: whether it is time to ask. */
  note(position: number): boolean {
    if (position !== this.#position) {
      this.#position = position;
      this.#count = 0;
    }
    return ++this.#count % ASKED_EACH === 0;
  }
}
