/**
 * Polls in vain of one position after which liveness is checked: that takes system calls, and takes the cache line of
 * the other side's position away from those that use it.
 */
const POLLS_PER_QUESTION = 16;

/**
 * Counts polls in vain, and says when to check for deaths: a slot that stays as it is over some polls may have lost its
 * owner.
 */
export class VainPolls {
  #position = 0;
  #count = 0;

  /**
   * Counts one more poll in vain.
   *
   * @param position What was polled for; of another position, counting begins anew.
   * @returns Whether it is time to ask.
   */
  isTimeToAsk(position: number): boolean {
    if (position !== this.#position) {
      this.#position = position;
      this.#count = 0;
    }
    return ++this.#count % POLLS_PER_QUESTION === 0;
  }
}
