import { compareExchange, load, store } from "../../atomic/mod.ts";
import { SegmentFormatError, SegmentStateError } from "../../errors.ts";
import { FREE, isMarked, LOCK_BYTES, ownerOf } from "./lock_format.ts";
import type { LockHeader } from "./lock_header.ts";

/*
 * A cell for each attachment that uses a lock, in its own pair of cache lines. Only its holder writes it, except to
 * take it from a dead or an idle holder.
 *
 *     offset  bytes  field of a cell
 *          0      4  holder: id of the attachment, marked while it must not be taken from a living one; 0 for none
 *          4     28  words that the kind of lock uses as it likes
 *         32     32  zero
 *         64     64  eight f64 that the kind of lock uses as it likes, apart from the words as the header's counts are
 */
export const CELL_BYTES = 128;
export const CELL_WORDS: number = CELL_BYTES / 4;
/** The first word that a lock may use, and the first f64, counted from the cell's first word or f64. */
export const CELL_OWN_WORD = 1;
export const CELL_OWN_F64 = 8;
const OWN_WORDS = 7;

/** How many attachments may use a lock at once, by default. */
export const DEFAULT_CELLS = 64;
export const MOST_CELLS = 1024;

function isCellCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= MOST_CELLS;
}

/** The bytes of a lock whose creator asks for so many cells, which follow its header. Refuses a wrong number. */
export function lockBytes(kind: string, option: string, count: number): number {
  if (isCellCount(count)) return LOCK_BYTES + count * CELL_BYTES;
  throw new RangeError(
    `Cannot make a ${kind} as ${option} must be an integer from 1 to ${MOST_CELLS}: received ${count}`,
  );
}

/** The number of cells stored in a lock. Refuses a corrupt one, and a region that is shorter than they are. */
export function storedCellCount(header: LockHeader, option: string, countWord: number): number {
  const count = header.source.i32[countWord];
  if (isCellCount(count)) {
    header.requireLength(LOCK_BYTES + count * CELL_BYTES);
    return count;
  }
  throw new SegmentFormatError(
    "OBJECT",
    `Cannot attach to ${header.what} as its ${option} must be from 1 to ${MOST_CELLS}: found ${count}`,
  );
}

/** The cells of one lock, which follow its header. */
export class Cells {
  readonly #header: LockHeader;
  readonly #usedWord: number;
  readonly #count: number;
  readonly #onInherited: () => void;

  /**
   * @param header Of the lock.
   * @param usedWord Index of a word that holds how many of the first cells were ever claimed.
   * @param count How many there are.
   * @param onInherited Called when this attachment has taken a dead one's cell.
   */
  constructor(header: LockHeader, usedWord: number, count: number, onInherited: () => void = () => {}) {
    this.#header = header;
    this.#usedWord = usedWord;
    this.#count = count;
    this.#onInherited = onInherited;
  }

  /** How many of the first cells may be in use. */
  get used(): number {
    return Math.min(load(this.#header.source.i32, this.#usedWord), this.#count); // pairs: cell used
  }

  /** The first word of a cell, which names its holder. */
  wordOf(cell: number): number {
    return LOCK_BYTES / 4 + cell * CELL_WORDS;
  }

  /** The same; `otherwise` for the −1 that stands for no cell. */
  wordOr(otherwise: number, cell: number): number {
    return cell === -1 ? otherwise : this.wordOf(cell);
  }

  /** The id of a cell's holder; 0 for none. */
  idAt(cell: number): number {
    return ownerOf(load(this.#header.source.i32, this.wordOf(cell))); // pairs: cell holder
  }

  /** Index of this attachment's cell, whichever of its objects claimed it; −1 if it has none. */
  find(): number {
    const { id } = this.#header, { used } = this;
    for (let cell = 0; cell < used; cell++) if (this.idAt(cell) === id) return cell;
    return -1;
  }

  /**
   * This attachment's cell, claimed if it has none: a free one, or one of a dead holder.
   *
   * @returns Its index; −1 if living attachments hold all cells.
   */
  claim(): number {
    const own = this.find();
    if (own !== -1) return own;
    for (let cell = 0; cell < this.#count; cell++) {
      const holder = load(this.#header.words, this.wordOf(cell)); // pairs: cell holder
      if (holder !== FREE && this.#header.party.isAlive(ownerOf(holder))) continue;
      if (!this.#take(cell, holder)) continue;
      if (holder !== FREE) this.#onInherited();
      return cell;
    }
    return -1;
  }

  /**
   * Takes an unmarked cell from a living holder, for locks whose every use of a cell begins with an exchange that marks
   * it.
   *
   * @returns Its index; −1 if all cells are marked.
   */
  claimIdle(): number {
    const { words, id } = this.#header;
    for (let i = 0; i < this.#count; i++) {
      const cell = (id + i) % this.#count; // not all from the same one
      const holder = load(words, this.wordOf(cell)); // pairs: cell holder
      if (!isMarked(holder) && this.#take(cell, holder)) return cell;
    }
    return -1;
  }

  /** Throws, as there is no cell left. */
  refuse(): never {
    throw new SegmentStateError(
      "FULL",
      `Cannot use ${this.#header.what} as at most ${this.#count} attachments may at once; make it with a larger maxParticipants`,
    );
  }

  /** Frees this attachment's cell, given its first word. */
  leave(word: number): void {
    compareExchange(this.#header.words, word, this.#header.id, FREE); // pairs: cell holder
  }

  #take(cell: number, holder: number): boolean {
    const { words, id } = this.#header, first = this.wordOf(cell);
    this.#use(cell);
    if (compareExchange(words, first, holder, id) !== holder) return false; // pairs: cell holder
    for (let i = 0; i < OWN_WORDS; i++) store(words, first + CELL_OWN_WORD + i, 0);
    return true;
  }

  /** Raises the number of used cells before the cell is claimed: every search through the cells sees this one too. */
  #use(cell: number): void {
    const { words } = this.#header;
    for (let used = load(words, this.#usedWord); used <= cell; used = load(words, this.#usedWord)) {
      compareExchange(words, this.#usedWord, used, cell + 1); // pairs: cell used
    }
  }
}
