import { compareExchange, load } from "../atomic/mod.ts";
import { AlreadyOwnerError, NotOwnerError } from "../errors.ts";
import { FREE, LOCK_WORD, MARK, ownerOf } from "./shared/lock_format.ts";
import type { LockHeader } from "./shared/lock_header.ts";
import type { OwnedWord } from "./shared/owned_word.ts";
import type { WaitLimit } from "./shared/wait_limit.ts";

/**
 * The slow path of a read-write lock's reader that met a writer, alive or dead, and holds nothing meanwhile; and the
 * refusals.
 */
export class RwLockReader {
  readonly #header: LockHeader;
  readonly #words: Int32Array;
  readonly #word: OwnedWord;
  readonly #tryEnter: () => boolean;

  /**
   * @param header Of the lock.
   * @param word The writer's.
   * @param tryEnter Goes in, unless there is a writer.
   */
  constructor(header: LockHeader, word: OwnedWord, tryEnter: () => boolean) {
    this.#header = header;
    this.#words = header.words;
    this.#word = word;
    this.#tryEnter = tryEnter;
  }

  /** A reader was refused: goes in all the same if the writer has left meanwhile, or is dead. */
  tryAgain(): boolean {
    const word = load(this.#words, LOCK_WORD); // pairs: lock word
    this.#requireNotWriting(word);
    return (word === FREE || this.#passOn(word)) && this.#tryEnter();
  }

  /** Sleeps while there is a writer, and goes in. */
  enter(limit: WaitLimit): boolean {
    const place = this.#header.beginWaiting();
    try {
      while (true) {
        const word = load(this.#words, LOCK_WORD); // pairs: lock word
        this.#requireNotWriting(word);
        if (word === FREE) {
          if (this.#tryEnter()) return true;
          continue;
        }
        this.#header.refuseEndless("lock", ownerOf(word), limit);
        // Marked, so that the writer wakes those that sleep. Pairs: lock word.
        if (word > 0 && compareExchange(this.#words, LOCK_WORD, word, word | MARK) !== word) continue;
        if (this.#word.sleepWhile(word | MARK, limit)) continue;
        if (this.#words.length === 0) this.#header.refuseUse("lock");
        if (this.#passOn(load(this.#words, LOCK_WORD))) continue; // pairs: lock word
        if (limit.isReached(this.#word.now())) return false;
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }

  /** Refuses, as a reader must not become a writer. */
  refuseWriting(): never {
    throw new AlreadyOwnerError(
      `Cannot lock ${this.#header.what} for writing as this attachment holds it for reading; unlock it first`,
    );
  }

  /** Refuses, as there is nothing to unlock. */
  refuseUnlock(): never {
    throw new NotOwnerError(
      `Cannot unlock ${this.#header.what} as this attachment must hold it for reading: found no hold`,
    );
  }

  /** Takes over from a dead writer and releases the word at once. What it left stays suspect until the next writer. */
  #passOn(word: number): boolean {
    if (this.#header.party.isAlive(ownerOf(word)) || !this.#word.tryTake()) return false;
    this.#word.releaseUnrepaired();
    return true;
  }

  #requireNotWriting(word: number): void {
    if (ownerOf(word) !== this.#header.id) return;
    throw new AlreadyOwnerError(
      `Cannot lock ${this.#header.what} for reading as this attachment holds it for writing; unlock it first`,
    );
  }
}
