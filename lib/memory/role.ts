import { compareExchange, load } from "../atomic/mod.ts";
import { NotOwnerError, RoleTakenError } from "../errors.ts";
import type { Region } from "./region.ts";

/**
 * A role that one attachment at a time may hold, such as a table's writer. A word of the region holds the id of the
 * holder, 0 for none. It is taken and released; from a holder that died it is taken over.
 */
export class Role {
  readonly #what: string;
  readonly #region: Region;
  readonly #word: number;

  /**
   * Describes a role; nothing is taken.
   *
   * @param what The role in messages, such as "the writer of 'quotes'".
   * @param region Where the word lies.
   * @param word Its index among the region's 32-bit words.
   */
  constructor(what: string, region: Region, word: number) {
    this.#what = what;
    this.#region = region;
    this.#word = word;
  }

  /**
   * Takes the role, if no living attachment holds it.
   *
   * @returns Whether it was taken over from a holder that died.
   * @throws {RoleTakenError} If a living attachment holds it, this one included.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  acquire(): boolean {
    return this.#take() !== 0;
  }

  /** Takes the role as `acquire` does. Returns what its word was: 0, or the id of a holder that died. */
  #take(): number {
    const words = this.#region.views.i32; // throws on a read-only attachment
    const { party } = this.#region;
    while (true) {
      const holder = load(words, this.#word); // pairs: role word
      if (holder !== 0 && party.isAlive(holder)) {
        throw new RoleTakenError(
          `Cannot become ${this.#what} as only one at a time may be: found ${party.describe(holder)}, which is alive`,
        );
      }
      // Pairs: role word. The next holder sees all that this one wrote before releasing it.
      if (compareExchange(words, this.#word, holder, party.id) === holder) return holder;
    }
  }

  /**
   * Takes the role for what is made with it. If that cannot be made, the word is again what it was: the next holder
   * learns of one that died, too.
   *
   * @param make Makes the holder; receives whether the role was taken over from a holder that died.
   * @returns The holder.
   * @throws As `acquire` and `make` do.
   */
  acquireFor<T>(make: (isHeir: boolean) => T): T {
    const before = this.#take();
    try {
      return make(before !== 0);
    } catch (error) {
      const { party, views } = this.#region;
      compareExchange(views.i32, this.#word, party.id, before); // pairs: role word
      throw error;
    }
  }

  /**
   * Releases the role.
   *
   * @throws {NotOwnerError} If this attachment does not hold it.
   */
  release(): void {
    const { party, views } = this.#region;
    const holder = compareExchange(views.i32, this.#word, party.id, 0); // pairs: role word
    if (holder === party.id) return;
    throw new NotOwnerError(
      `Cannot release ${this.#what} as this attachment does not hold it: found ${
        holder === 0 ? "nobody" : party.describe(holder)
      }`,
    );
  }

  /** The id of the live holder of the role; 0 if there is none. */
  get holder(): number {
    const holder = load(this.#region.source.i32, this.#word); // pairs: role word
    return holder !== 0 && this.#region.party.isAlive(holder) ? holder : 0;
  }
}
