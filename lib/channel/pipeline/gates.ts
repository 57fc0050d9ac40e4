import { add, compareExchange, load, store } from "../../atomic/mod.ts";
import { NotOwnerError, RoleTakenError } from "../../errors.ts";
import type { Region } from "../../memory/mod.ts";
import { EventCount } from "../../sync/mod.ts";
import {
  CAN_RESUME_OFFSET,
  DROPPED,
  DROPS_OFFSET,
  GATE_BYTES,
  HOLDER_OFFSET,
  MARK,
  MOVED_EVENT_OFFSET,
  PERMIT_OFFSET,
  PIPELINE_HEADER_BYTES,
  POSITION_OFFSET,
  TAIL_OFFSET,
} from "./format.ts";
import type { PipelineGeometry } from "./geometry.ts";

/** Where a reader begins that follows nobody: with what is published from now on, or with the oldest record there is. */
export type PipelineStart = "newest" | "oldest";

/** How often who finds nothing to do asks whether those it waits for are alive, in milliseconds. */
const PROBE_MS = 10;

/** The gates of a pipeline: who waits for whom. One object for each writer and reader. */
export class Gates {
  readonly #region: Region;
  readonly #words: Int32Array;
  readonly #geometry: PipelineGeometry;
  readonly #events: readonly EventCount[];
  #probed = 0;
  /** The gate that the last look found to be the narrowest; −1 for none. */
  narrowest = -1;

  constructor(region: Region, geometry: PipelineGeometry) {
    this.#region = region;
    this.#words = region.source.i32;
    this.#geometry = geometry;
    this.#events = geometry.gates.map((_, i) => new EventCount(this.#words, word(i, MOVED_EVENT_OFFSET), true));
  }

  /** Notified when a gate moves or goes. */
  event(index: number): EventCount {
    return this.#events[index];
  }

  /** The position of the record that a gate's reader receives next. */
  position(index: number): number {
    return load(this.#words, word(index, POSITION_OFFSET)); // pairs with giveBack in ring_code.ts
  }

  /** The id of who reads, or of who died reading and was not yet noticed; 0 for nobody. */
  reader(index: number): number {
    // Pairs with the exchanges here. Closed memory reads as nobody.
    return Math.max(0, load(this.#words, word(index, HOLDER_OFFSET)) ?? 0);
  }

  /** Whether its reader died and nobody took its place. */
  isDropped(index: number): boolean {
    return load(this.#words, word(index, HOLDER_OFFSET)) === DROPPED;
  }

  /** How often a gate was taken away from a dead reader. */
  drops(index: number): number {
    return load(this.#words, word(index, DROPS_OFFSET)) >>> 0;
  }

  /**
   * The position before which the writer may write: a capacity behind the slowest gate, or behind itself if nobody reads.
   *
   * @param next The position to be claimed next.
   */
  spaceBefore(next: number): number {
    let room = this.#geometry.capacity;
    this.narrowest = -1;
    for (let i = 0; i < this.#events.length; i++) {
      if (this.reader(i) === 0) continue;
      const left = this.#geometry.capacity - ((next - this.position(i)) | 0);
      if (left >= room) continue;
      room = Math.max(0, left);
      this.narrowest = i;
    }
    return (next + room) | 0;
  }

  /**
   * The position before which a reader may read: the tail, and those that it comes after.
   *
   * @param head The position to be received next.
   * @param after The gates before it.
   * @param waitsForAll Whether one that nobody reads at lets nothing through.
   */
  recordsBefore(head: number, after: readonly number[], waitsForAll: boolean): number {
    const tail = load(this.#words, TAIL_OFFSET / 4); // pairs with publish in ring_code.ts
    if (tail === undefined) return head;
    let room = (tail - head) | 0;
    this.narrowest = -1;
    for (let k = 0; k < after.length; k++) {
      const i = after[k];
      if (this.reader(i) === 0 && !waitsForAll) continue;
      const left = this.reader(i) === 0 ? 0 : (this.position(i) - head) | 0;
      if (left >= room) continue;
      room = left;
      this.narrowest = i;
    }
    // Who has just joined may be ahead of the others.
    return room > 0 ? (head + room) | 0 : head;
  }

  /** Drops the narrowest gate if its reader is dead; asks the kernel now and then only. */
  probe(): void {
    const now = performance.now();
    if (this.narrowest < 0 || now - this.#probed < PROBE_MS) return;
    this.#probed = now;
    if (!this.#region.readOnly) this.dropIfDead(this.narrowest);
  }

  /** Lets nobody wait for a dead reader any more. */
  dropIfDead(index: number): void {
    const holder = this.reader(index);
    if (holder === 0 || this.#region.party.isAlive(holder)) return;
    // Pairs with the exchange in take: either the dead reader has a successor, or it is dropped.
    if (compareExchange(this.#words, word(index, HOLDER_OFFSET), holder, DROPPED) !== holder) return;
    add(this.#words, word(index, DROPS_OFFSET), 1);
    this.#events[index].notifyAll();
  }

  /**
   * Becomes the reader at a gate: at the position that a dead predecessor had reached, or where told.
   *
   * @returns The position, and how many records the predecessor had not received that are gone.
   * @throws {RoleTakenError} If somebody alive reads there.
   */
  join(index: number, from: PipelineStart): { position: number; lost: number } {
    const words = this.#region.views.i32, { party, name } = this.#region; // throws on a read-only attachment
    const holderWord = word(index, HOLDER_OFFSET), positionWord = word(index, POSITION_OFFSET);
    const before = this.#take(words, holderWord, `'${this.#geometry.gates[index].name}' of ${name}`);
    // The writer waited for the dead reader and waits for its successor: nothing is gone.
    if (before > 0) return { position: this.position(index), lost: 0 };
    const resumes = load(words, word(index, CAN_RESUME_OFFSET)) === 1;
    const wanted = resumes ? this.position(index) : this.#startOf(from);
    store(words, positionWord, wanted);
    store(words, word(index, CAN_RESUME_OFFSET), 1);
    // From now on the writer waits, if it looks. Pairs, Dekker's way, with the permit in PipelineWriter: either the writer
    // sees this gate, or this sees the permit up to which the writer will not look again.
    store(words, holderWord, party.id);
    const permit = load(words, PERMIT_OFFSET / 4), behind = (permit - wanted) >>> 0;
    if (behind <= this.#geometry.capacity) return { position: wanted, lost: 0 };
    const earliest = (permit - this.#geometry.capacity) | 0;
    store(words, positionWord, earliest);
    this.#events[index].notifyAll();
    return { position: earliest, lost: resumes ? behind - this.#geometry.capacity : 0 };
  }

  /** Stops reading: nobody waits for this gate any more. */
  leave(index: number): void {
    const words = this.#region.views.i32, { id } = this.#region.party;
    store(words, word(index, CAN_RESUME_OFFSET), 0);
    if (compareExchange(words, word(index, HOLDER_OFFSET), id, 0) !== id) {
      throw new NotOwnerError(
        `Cannot give back '${
          this.#geometry.gates[index].name
        }' of ${this.#region.name} as this attachment must hold it`,
      );
    }
    this.#events[index].notifyAll();
  }

  /** Takes a gate and returns what its holder's word was: positive if the writer waits for it, and so still does. */
  #take(words: Int32Array, holderWord: number, what: string): number {
    const { party } = this.#region;
    while (true) {
      const before = load(words, holderWord), holder = before & ~MARK; // pairs with the exchanges here
      if (holder !== 0 && party.isAlive(holder)) {
        throw new RoleTakenError(
          `Cannot become ${what} as only one at a time may be: found ${party.describe(holder)}, which is alive`,
        );
      }
      const next = before > 0 ? party.id : MARK | party.id;
      if (compareExchange(words, holderWord, before, next) === before) return before;
    }
  }

  #startOf(from: PipelineStart): number {
    if (from === "newest") return load(this.#words, TAIL_OFFSET / 4); // pairs with publish in ring_code.ts
    // What lies further behind the permit may be overwritten.
    return (load(this.#words, PERMIT_OFFSET / 4) - this.#geometry.capacity) | 0;
  }
}

function word(gate: number, offset: number): number {
  return (PIPELINE_HEADER_BYTES + gate * GATE_BYTES + offset) / 4;
}
