import { compareExchange, load, store } from "../../atomic/mod.ts";
import { SegmentStateError } from "../../errors.ts";
import { FREE } from "./lock_format.ts";
import type { LockHeader } from "./lock_header.ts";

/*
 * A cell for each attachment that uses a lock, in a pair of cache lines of its own. After it was claimed only its owner
 * writes it, apart from one that clears what a dead owner left.
 *
 *     offset  bytes  field of a cell
 *          0      4  id of the attachment; 0 for a cell that was never claimed
 *          4     28  words that the kind of lock uses as it likes
 *         32     32  zero
 *         64     64  eight f64 that the kind of lock uses as it likes, apart from the words as the header's counts are
 */
export const CELL_BYTES = 128;
export const CELL_WORDS: number = CELL_BYTES / 4;
const CELL_ID_WORD = 0;
/** The first word that a lock may use, and the first f64, counted from the cell's first word or f64. */
export const CELL_OWN_WORD = 1;
export const CELL_OWN_F64 = 8;
const OWN_WORDS = 7;

/** How many attachments may use a lock at once, unless told. */
export const DEFAULT_CELLS = 64;
export const MOST_CELLS = 1024;

/** The number of cells asked for, checked. */
export function cellCount(kind: string, option: string, count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= MOST_CELLS) return count;
  throw new RangeError(
    `Cannot make a ${kind} as ${option} must be an integer from 1 to ${MOST_CELLS}: received ${count}`,
  );
}

/** The cells of one lock. */
export class Cells {
  readonly #header: LockHeader;
  readonly #usedWord: number;
  readonly #firstWord: number;
  readonly #count: number;
  readonly #onInherited: () => void;

  /**
   * @param header Whose cells.
   * @param usedWord Index of a word that holds how many of the first cells were ever claimed.
   * @param byteOffset Where the cells begin: a multiple of 128.
   * @param count How many there are.
   * @param onInherited Called when this attachment was given a dead one's cell.
   */
  constructor(
    header: LockHeader,
    usedWord: number,
    byteOffset: number,
    count: number,
    onInherited: () => void = () => {},
  ) {
    this.#header = header;
    this.#usedWord = usedWord;
    this.#firstWord = byteOffset / 4;
    this.#count = count;
    this.#onInherited = onInherited;
  }

  /** How many of the first cells may be in use. */
  get used(): number {
    return Math.min(load(this.#header.source.i32, this.#usedWord), this.#count); // pairs with the exchange in claim
  }

  /** The first word of a cell. */
  wordOf(cell: number): number {
    return this.#firstWord + cell * CELL_WORDS;
  }

  /** Whose cell it is; 0 for nobody's. */
  idAt(cell: number): number {
    return load(this.#header.source.i32, this.wordOf(cell)); // pairs with the exchange in claim
  }

  /** Index of the cell that this attachment has, by whichever object it was claimed; −1 if it has none. */
  find(): number {
    const { id } = this.#header;
    for (let cell = 0; cell < this.used; cell++) if (this.idAt(cell) === id) return cell;
    return -1;
  }

  /**
   * This attachment's cell: claimed at the first call, from a dead attachment if need be.
   *
   * @returns Its index.
   * @throws {SegmentStateError} `FULL` if attachments that live have all cells.
   */
  claim(): number {
    const { words, id, party } = this.#header;
    if (words.length === 0) this.#header.refuseUse("lock");
    const own = this.find();
    if (own !== -1) return own;
    for (let cell = 0; cell < this.#count; cell++) {
      const holder = this.idAt(cell);
      if (holder !== FREE && party.isAlive(holder)) continue;
      this.#use(cell);
      // Pairs with idAt: from here on the cell is this attachment's.
      if (compareExchange(words, this.wordOf(cell) + CELL_ID_WORD, holder, id) !== holder) continue;
      this.clear(cell);
      if (holder !== FREE) this.#onInherited();
      return cell;
    }
    throw new SegmentStateError(
      "FULL",
      `Cannot use ${this.#header.what} as at most ${this.#count} attachments may at once; make it with a larger maxParticipants`,
    );
  }

  /** Clears a lock's words of a cell: of one just claimed, or of one whose owner is dead. */
  clear(cell: number): void {
    const first = this.wordOf(cell) + CELL_OWN_WORD;
    for (let i = 0; i < OWN_WORDS; i++) store(this.#header.words, first + i, 0);
  }

  /** Gives this attachment's cell back. */
  leave(cell: number): void {
    compareExchange(this.#header.words, this.wordOf(cell) + CELL_ID_WORD, this.#header.id, FREE);
  }

  /** Raises the number of used cells, before the cell is claimed: whoever looks for cells looks at this one too. */
  #use(cell: number): void {
    const { words } = this.#header;
    for (let used = load(words, this.#usedWord); used <= cell; used = load(words, this.#usedWord)) {
      compareExchange(words, this.#usedWord, used, cell + 1);
    }
  }
}
