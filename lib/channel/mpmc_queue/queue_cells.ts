import { add, compareExchange, load, store } from "../../atomic/mod.ts";
import { SegmentStateError } from "../../errors.ts";
import type { Region } from "../../memory/mod.ts";
import {
  CELL_BYTES,
  CELL_COUNT_OFFSET,
  CELL_FIRST_OFFSET,
  CELL_HIGH_WATER_OFFSET,
  CELL_ID_OFFSET,
  CELL_REFUSALS_OFFSET,
  CELL_ROLE_OFFSET,
  CONSUMES,
  FREE,
  FULL,
  HEAD_OFFSET,
  LOST_CLAIMS_OFFSET,
  LOST_READS_OFFSET,
  PRODUCES,
  QUEUE_HEADER_BYTES,
  TAIL_OFFSET,
  USED_OFFSET,
  VOID,
} from "./format.ts";
import type { QueueGeometry } from "./geometry.ts";

const NOBODY = 0;
const ID = CELL_ID_OFFSET / 4,
  FIRST = CELL_FIRST_OFFSET / 4,
  COUNT = CELL_COUNT_OFFSET / 4,
  ROLE = CELL_ROLE_OFFSET / 4;
const TAIL = TAIL_OFFSET / 4, HEAD = HEAD_OFFSET / 4;

/**
 * The attachments that work on a queue, and what the dead among them left.
 *
 * An attachment that is about to move the tail or the head past a position names it in its cell first, and takes the
 * name back only after the slot's state has changed. So of a position that was passed and whose slot has not changed,
 * this holds: if no cell of a living attachment names it, then the one that passed it is dead. The order of the steps
 * matters: first it is found that the position was passed, then the cells are read, then the state is exchanged, which
 * fails if the slot has changed meanwhile.
 */
export class QueueCells {
  readonly #region: Region;
  readonly #geometry: QueueGeometry;

  constructor(region: Region, geometry: QueueGeometry) {
    this.#region = region;
    this.#geometry = geometry;
  }

  /**
   * Takes a cell: a free one, or a dead owner's, which is settled first.
   *
   * @param role `PRODUCES` or `CONSUMES`.
   * @returns The cell's first word.
   * @throws {SegmentStateError} `FULL` if the living have all cells.
   */
  acquire(role: number): number {
    const words = this.#region.views.i32, { party } = this.#region;
    for (let cell = 0; cell < this.#geometry.cells; cell++) {
      const at = wordOf(cell), holder = load(words, at + ID); // pairs: owners of cells
      if (holder !== NOBODY) {
        if (party.isAlive(holder)) continue;
        this.#settleCell(at);
      }
      this.#use(cell);
      // From here on the cell is this attachment's. Until the next line it names, for a live attachment, what a dead
      // one held: that is settled a little later.
      if (compareExchange(words, at + ID, holder, party.id) !== holder) continue; // pairs: owners of cells
      store(words, at + COUNT, 0); // pairs: names in cells
      store(words, at + ROLE, role); // pairs: names in cells
      return at;
    }
    throw new SegmentStateError(
      "FULL",
      `Cannot use ${this.#region.name} as at most ${this.#geometry.cells} producers and consumers may at once; make it with a larger maxParticipants`,
    );
  }

  /** Releases a cell whose owner holds no position. */
  release(at: number): void {
    const words = this.#region.views.i32;
    store(words, at + COUNT, 0); // pairs: names in cells
    compareExchange(words, at + ID, this.#region.party.id, NOBODY); // pairs: owners of cells
  }

  /**
   * Gives up a slot if its producer died after claiming it and before publishing.
   *
   * @returns Whether the slot's state changed.
   */
  resolveClaim(position: number): boolean {
    const words = this.#region.views.i32, at = this.#slotWord(position), lap = this.#lapOf(position);
    if (load(words, at) !== lap + FREE) return false; // pairs: slot state
    // Once the tail has passed it, the claimer has named the position.
    if (((load(words, TAIL) - position) | 0) <= 0) return false; // pairs: queue tail
    return !this.#isNamed(position, PRODUCES) && this.#replace(at, lap + FREE, lap + VOID, LOST_CLAIMS_OFFSET / 4);
  }

  /**
   * Frees a slot if its consumer died after taking it and before freeing it.
   *
   * @returns Whether the slot's state changed.
   */
  resolveRead(position: number): boolean {
    const words = this.#region.views.i32, at = this.#slotWord(position), lap = this.#lapOf(position);
    const state = load(words, at); // pairs: slot state
    const next = (lap + this.#geometry.slotMask + 1 + FREE) | 0;
    if (state !== lap + FULL && state !== lap + VOID) return false;
    // Once the head has passed it, the taker has named the position.
    if (((load(words, HEAD) - position) | 0) <= 0) return false; // pairs: queue head
    if (this.#isNamed(position, CONSUMES)) return false;
    return state === lap + VOID
      ? compareExchange(words, at, state, next) === state // pairs: slot state
      : this.#replace(at, state, next, LOST_READS_OFFSET / 4);
  }

  /**
   * Whether there is a record to take now; it is left where it is.
   *
   * @param isLifeCheck Whether it is time to give up what a dead producer claimed.
   */
  hasRecord(isLifeCheck: boolean): boolean {
    const words = this.#region.source.i32;
    for (let at = load(words, HEAD);;) { // pairs: queue head
      if (at === load(words, TAIL)) return false; // pairs: queue tail
      const state = (load(words, this.#slotWord(at)) - this.#lapOf(at)) | 0; // pairs: slot state
      if (state === VOID) at = (at + 1) | 0;
      else if (state !== FREE) return state === FULL || load(words, HEAD) !== load(words, TAIL); // others took it
      else if (!isLifeCheck || !this.resolveClaim(at)) return false;
    }
  }

  /**
   * Whether a slot is free for one more record.
   *
   * @param isLifeCheck Whether it is time to free what dead consumers took.
   */
  hasFreeSlot(isLifeCheck: boolean): boolean {
    const words = this.#region.source.i32, { capacity, slotMask } = this.#geometry;
    const tail = load(words, TAIL), slotBefore = (tail - slotMask - 1) | 0; // pairs: queue tail
    if (isLifeCheck) { for (const taken of [slotBefore, (tail - capacity) | 0]) this.resolveRead(taken); }
    const isSlotFree = load(words, this.#slotWord(tail)) === this.#lapOf(tail) + FREE; // pairs: slot state
    return isSlotFree && ((tail - load(words, HEAD)) >>> 0) < capacity; // pairs: queue head
  }

  /** Resolves all that the dead left, as far as their cells still show it. */
  settle(): void {
    const words = this.#region.views.i32, { party } = this.#region;
    for (let cell = 0; cell < this.#used; cell++) {
      const at = wordOf(cell), holder = load(words, at + ID); // pairs: owners of cells
      if (holder === NOBODY || load(words, at + COUNT) === 0 || party.isAlive(holder)) continue;
      this.#settleCell(at);
    }
  }

  /** Slots that producers died with. */
  get lostClaims(): number {
    return load(this.#region.source.u32, LOST_CLAIMS_OFFSET / 4);
  }

  /** Records that consumers died with. */
  get lostReads(): number {
    return load(this.#region.source.u32, LOST_READS_OFFSET / 4);
  }

  /** How often there was no space, of all owners that cells ever had. */
  get refusals(): number {
    const { f64 } = this.#region.source;
    let sum = 0;
    for (let cell = 0; cell < this.#used; cell++) sum += f64[(wordOf(cell) * 4 + CELL_REFUSALS_OFFSET) / 8];
    return sum;
  }

  /** The most records that any owner found. */
  get highWater(): number {
    const { i32 } = this.#region.source;
    let most = 0;
    for (let cell = 0; cell < this.#used; cell++) most = Math.max(most, i32[wordOf(cell) + CELL_HIGH_WATER_OFFSET / 4]);
    return most;
  }

  /** Counts records that a consumer gave up. */
  noteLostRead(): void {
    add(this.#region.views.i32, LOST_READS_OFFSET / 4, 1);
  }

  /** Resolves what a dead owner named. If the cell has a new one meanwhile, that one is alive, and nothing happens. */
  #settleCell(at: number): void {
    const words = this.#region.views.i32, { slotMask } = this.#geometry;
    const first = load(words, at + FIRST), isProducer = load(words, at + ROLE) === PRODUCES;
    // One question for each slot is enough, whatever the cell says.
    const count = Math.min(load(words, at + COUNT), slotMask + 1);
    for (let i = 0; i < count; i++) {
      if (isProducer) this.resolveClaim((first + i) | 0);
      else this.resolveRead((first + i) | 0);
    }
  }

  /** Whether a live attachment names a position. */
  #isNamed(position: number, role: number): boolean {
    const words = this.#region.source.i32, { party } = this.#region;
    for (let cell = 0; cell < this.#used; cell++) {
      const at = wordOf(cell);
      // pairs: names in cells. The holder of the position has named it all the time and does so still, if it is alive.
      // So it does not matter that the words are not read at one moment.
      if (load(words, at + ROLE) !== role) continue;
      if ((position - load(words, at + FIRST)) >>> 0 >= load(words, at + COUNT) >>> 0) continue;
      const holder = load(words, at + ID); // pairs: owners of cells
      if (holder !== NOBODY && party.isAlive(holder)) return true;
    }
    return false;
  }

  /**
   * Exchanges a slot's state and counts that. If a process is killed between the two, the slot is counted twice rather
   * than not at all.
   */
  #replace(at: number, from: number, to: number, counter: number): boolean {
    const words = this.#region.views.i32;
    add(words, counter, 1);
    if (compareExchange(words, at, from, to) === from) return true; // pairs: slot state
    add(words, counter, -1); // another one was faster
    return false;
  }

  /** How many of the first cells may be in use. */
  get #used(): number {
    return Math.min(load(this.#region.source.i32, USED_OFFSET / 4), this.#geometry.cells); // pairs: used cells
  }

  /** Raises the number of used cells, before the cell is taken: all that read cells then read this one too. */
  #use(cell: number): void {
    const words = this.#region.views.i32, index = USED_OFFSET / 4;
    for (let used = load(words, index); used <= cell; used = load(words, index)) {
      compareExchange(words, index, used, cell + 1); // pairs: used cells
    }
  }

  #slotWord(position: number): number {
    const { slotsOffset, slotMask, slotBytes } = this.#geometry;
    return slotsOffset / 4 + (position & slotMask) * (slotBytes / 4);
  }

  #lapOf(position: number): number {
    return position & ~this.#geometry.slotMask;
  }
}

function wordOf(cell: number): number {
  return (QUEUE_HEADER_BYTES + cell * CELL_BYTES) / 4;
}
