import { compareExchange, load } from "../atomic/mod.ts";
import type { Cells } from "./shared/cells.ts";
import { EventCount } from "./event_count.ts";
import { announcedTo } from "./shared/async/announced.ts";
import type { Armed } from "./shared/async/goal.ts";
import { FREE, isMarked, ownerOf, RECOVERIES_F64 } from "./shared/lock_format.ts";
import type { LockHeader } from "./shared/lock_header.ts";
import { DRAINED_WORD, READ_ACQUISITIONS, READ_CONTENDED } from "./rw_lock_format.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { NO_WAIT, type WaitLimit } from "./shared/wait_limit.ts";

/** The statistics of an {@linkcode RwLock}. */
export interface RwLockStats extends LockStats {
  /** How many living attachments hold it for reading. */
  readonly readers: number;
  /** How often it was taken for reading. */
  readonly readAcquisitions: number;
  /** How often a reader had to wait for a writer. */
  readonly readContended: number;
}

/** All readers of a read-write lock, as its writer sees them. */
export class RwLockReaders {
  readonly #header: LockHeader;
  readonly #cells: Cells;
  readonly #drained: EventCount;

  /**
   * @param header Of the lock.
   * @param cells Marked by the readers that are inside.
   */
  constructor(header: LockHeader, cells: Cells) {
    this.#header = header;
    this.#cells = cells;
    this.#drained = new EventCount(header.words, DRAINED_WORD);
  }

  /** A reader left, and there is a writer: it may be the last one that the writer waited for. */
  notifyWriter(): void {
    this.#drained.notifyAll();
  }

  /** Whether no reader is inside, alive or dead. The caller has the lock word, so none comes in. */
  areOut(): boolean {
    const { words } = this.#header, used = this.#cells.used;
    for (let cell = 0; cell < used; cell++) {
      if (isMarked(load(words, this.#cells.wordOf(cell)))) return false; // pairs: cell holder
    }
    return true;
  }

  /**
   * Waits until those inside have left or are dead. The caller has the lock word, so none comes in.
   *
   * @param limit On the clock of the lock word; `NO_WAIT` to count out the dead and not to wait.
   * @returns False if it is reached.
   */
  drain(limit: WaitLimit): boolean {
    if (limit === NO_WAIT) return this.#areGone(limit);
    return this.#header.sleepUntil(
      this.#drained,
      limit,
      (isLifeCheck) => isLifeCheck ? this.#areGone(limit) : this.areOut(),
    );
  }

  /**
   * Whether no live reader is inside; the dead are counted out if a liveness check is due. The caller has the lock
   * word.
   */
  areOutForTask(isLifeCheck: boolean): boolean {
    return isLifeCheck ? this.#areGone(NO_WAIT) : this.areOut();
  }

  /** Announces a task that has the lock word and waits for those inside. */
  announceTask(): Armed {
    return announcedTo(this.#drained);
  }

  /** The sums over all cells. */
  stats(): Omit<RwLockStats, keyof LockStats> {
    const { source, party } = this.#header;
    let readers = 0, readAcquisitions = 0, readContended = 0;
    for (let cell = 0; cell < this.#cells.used; cell++) {
      const word = this.#cells.wordOf(cell), holder = load(source.i32, word); // pairs: cell holder
      if (isMarked(holder) && party.isAlive(ownerOf(holder))) readers++;
      readAcquisitions += source.f64[word / 2 + READ_ACQUISITIONS];
      readContended += source.f64[word / 2 + READ_CONTENDED];
    }
    return { readers, readAcquisitions, readContended };
  }

  /** Whether no live reader is inside. Counts out those that died. */
  #areGone(limit: WaitLimit): boolean {
    const { words, counts, party } = this.#header, used = this.#cells.used;
    for (let cell = 0; cell < used; cell++) {
      const word = this.#cells.wordOf(cell), holder = load(words, word); // pairs: cell holder
      if (!isMarked(holder)) continue;
      if (party.isAlive(ownerOf(holder))) {
        this.#header.refuseEndless("lock", ownerOf(holder), limit);
        return false;
      }
      // Another may have claimed the dead one's cell by now. It does not get in, as the lock's word is taken.
      // Pairs: cell holder.
      if (compareExchange(words, word, holder, FREE) === holder) counts[RECOVERIES_F64]++;
    }
    return true;
  }
}
