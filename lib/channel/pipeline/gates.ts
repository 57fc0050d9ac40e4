import { add, compareExchange, load } from "../../atomic/internal.ts";
import type { Region } from "../../memory/mod.ts";
import { EventCount } from "../../sync/mod.ts";
import {
  DROPPED,
  DROPS_OFFSET,
  gateWord,
  HOLDER_OFFSET,
  MOVED_EVENT_OFFSET,
  POSITION_OFFSET,
  WAITS_OFFSET,
} from "./format.ts";
import type { PipelineGeometry } from "./geometry.ts";

/** Minimum interval between liveness checks of the one that is waited for, in milliseconds. */
const PROBE_MS = 10;

/** The gates of a pipeline: the reader at each, and how far it is. One object for each writer and reader. */
export class Gates {
  readonly #region: Region;
  readonly #words: Int32Array;
  readonly #events: readonly EventCount[];
  #probed = 0;

  constructor(region: Region, geometry: PipelineGeometry) {
    this.#region = region;
    this.#words = region.source.i32;
    this.#events = geometry.gates.map((_, i) => new EventCount(this.#words, gateWord(i, MOVED_EVENT_OFFSET), true));
  }

  /** Notified when a gate moves, or a reader joins or leaves it. */
  event(index: number): EventCount {
    return this.#events[index];
  }

  /** The position of the record that a gate's reader receives next. */
  position(index: number): number {
    return load(this.#words, gateWord(index, POSITION_OFFSET)); // pairs: ring head
  }

  /** The id of the reader, also of one whose death was not yet noticed; 0 for none. */
  reader(index: number): number {
    return Math.max(0, load(this.#words, gateWord(index, HOLDER_OFFSET))); // pairs: gate holder
  }

  /** Whether its reader receives nothing that those before it have not received. */
  waitsForAll(index: number): boolean {
    return load(this.#words, gateWord(index, WAITS_OFFSET)) === 1;
  }

  /** Whether its reader died and has no successor. */
  isDropped(index: number): boolean {
    return load(this.#words, gateWord(index, HOLDER_OFFSET)) === DROPPED;
  }

  /** How often a gate was taken away from a dead reader. */
  drops(index: number): number {
    return load(this.#words, gateWord(index, DROPS_OFFSET)) >>> 0;
  }

  /**
   * Drops a gate if its reader is dead; asks the kernel only now and then.
   *
   * @returns Whether it was dropped.
   */
  probe(index: number): boolean {
    const now = performance.now();
    if (now - this.#probed < PROBE_MS) return false;
    this.#probed = now;
    return this.#dropIfDead(index);
  }

  /** Ends all waits for a dead reader. */
  #dropIfDead(index: number): boolean {
    const holder = this.reader(index);
    if (holder === 0 || this.#region.party.isAlive(holder)) return false;
    // pairs: gate holder. Either the dead reader has a successor, or it is dropped.
    const holderWord = gateWord(index, HOLDER_OFFSET);
    if (compareExchange(this.#words, holderWord, holder, DROPPED) !== holder) return false;
    add(this.#words, gateWord(index, DROPS_OFFSET), 1);
    this.#events[index].notifyAll();
    return true;
  }
}
