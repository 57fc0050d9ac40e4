import { compareExchange, load, store } from "../../atomic/internal.ts";
import { NotOwnerError, RoleTakenError } from "../../errors.ts";
import type { Region } from "../../memory/mod.ts";
import { EPOCH_BITS, epochOf, positionAfter, positionBefore, readPosition } from "../shared/long_position.ts";
import {
  gateWord,
  HOLDER_OFFSET,
  JOINING,
  KEPT_OFFSET,
  LEFT,
  MARK,
  NO_PLACE,
  PERMIT_EPOCH_OFFSET,
  PERMIT_OFFSET,
  PLACE_BITS,
  PLACE_MASK,
  PLACE_OFFSET,
  POSITION_OFFSET,
  READING,
  SINCE_OFFSET,
  TAIL_OFFSET,
  WAITS_OFFSET,
} from "./format.ts";
import type { Gates } from "./gates.ts";
import { ancestorsOf, type PipelineGeometry } from "./geometry.ts";

/** Where a reader wants to begin. */
export interface PlaceRequest {
  /** Where, if no reader was there before; or a whole position, even if one was. */
  readonly from: "newest" | "oldest" | number;
  /** Whether it receives nothing that those before it have not received. */
  readonly waitsForAll: boolean;
}

/** The position before which the writer may write without polling the gates again. */
export function permitOf(words: Int32Array): number {
  return readPosition(words, PERMIT_OFFSET / 4, PERMIT_EPOCH_OFFSET / 4); // pairs: pipeline permit
}

/** The position of the record that is published next. */
export function tailOf(words: Int32Array): number {
  const tail = load(words, TAIL_OFFSET / 4); // pairs: ring tail
  return positionBefore(tail, permitOf(words));
}

/**
 * Called by the writer before its permit enters another epoch: renews the epochs of all gates that have a reader.
 *
 * @param permit The permit that is announced next.
 */
export function renewPlaces(words: Int32Array, gates: number, permit: number): void {
  for (let i = 0; i < gates; i++) {
    const word = gateWord(i, PLACE_OFFSET), place = load(words, word); // pairs: gate place
    if ((place & PLACE_MASK) !== READING || load(words, gateWord(i, HOLDER_OFFSET)) <= 0) continue;
    const position = positionBefore(load(words, gateWord(i, POSITION_OFFSET)), permit);
    // One that joins or leaves meanwhile stores its own.
    compareExchange(words, word, place, placeWord(READING, position));
  }
}

/** A reader's hold on a gate of a pipeline. */
export class GatePlace {
  /** The position at which it begins, modulo 2^32. */
  readonly position: number;
  /** How many records are gone that it was to begin with. */
  readonly lost: number;
  readonly #region: Region;
  readonly #gates: Gates;
  readonly #geometry: PipelineGeometry;
  readonly #index: number;
  readonly #words: Int32Array;
  readonly #floats: Float64Array;

  /**
   * Becomes the reader at a gate: where a predecessor was, dead or closed; else, or if a position is asked for, as
   * requested; and with the oldest record there is if what lies there is gone. A reader that waits for all begins with
   * no record that those before it never received. None begins behind what such a reader that comes after it has still
   * to receive.
   *
   * @throws {RoleTakenError} If a live reader has the gate.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  constructor(region: Region, geometry: PipelineGeometry, gates: Gates, index: number, request: PlaceRequest) {
    const { i32, f64 } = region.views; // throws on a read-only attachment
    this.#region = region;
    this.#gates = gates;
    this.#geometry = geometry;
    this.#index = index;
    this.#words = i32;
    this.#floats = f64;
    const isWaitedFor = this.#take(), kept = this.#keep(), { from } = request;
    store(i32, this.#word(WAITS_OFFSET), request.waitsForAll ? 1 : 0);
    const start = this.#settle(request, kept, isWaitedFor);
    store(i32, this.#word(PLACE_OFFSET), placeWord(READING, start)); // pairs: gate place
    gates.event(index).notifyAll();
    this.position = start | 0;
    this.lost = Math.max(0, start - (typeof from === "number" ? from : kept ?? start));
  }

  /**
   * Stops reading: others no longer wait for this gate. A successor begins where this reader was.
   *
   * @throws {NotOwnerError} If this attachment does not hold it.
   */
  leave(): void {
    const words = this.#words, { id } = this.#region.party, holderWord = this.#word(HOLDER_OFFSET);
    if (load(words, holderWord) === id) {
      store(words, this.#word(PLACE_OFFSET), placeWord(LEFT, this.#reached())); // pairs: gate place
      // pairs: gate holder
      if (compareExchange(words, holderWord, id, 0) === id) return this.#gates.event(this.#index).notifyAll();
    }
    throw new NotOwnerError(`Cannot release ${this.#name} as this attachment must hold it`);
  }

  get #name(): string {
    return `'${this.#geometry.gates[this.#index].name}' of ${this.#region.name}`;
  }

  #word(offset: number): number {
    return gateWord(this.#index, offset);
  }

  /** Takes the gate; returns whether the writer waited for its last holder, and so still does. */
  #take(): boolean {
    const words = this.#words, { party } = this.#region, holderWord = this.#word(HOLDER_OFFSET);
    while (true) {
      const before = load(words, holderWord), holder = before & ~MARK; // pairs: gate holder
      if (holder !== 0 && party.isAlive(holder)) {
        throw new RoleTakenError(
          `Cannot become ${this.#name} as only one at a time may be: found ${party.describe(holder)}, which is alive`,
        );
      }
      const next = before > 0 ? party.id : MARK | party.id;
      if (compareExchange(words, holderWord, before, next) === before) return before > 0; // pairs: gate holder
    }
  }

  /** Keeps the place that was reached here while the position is in motion; undefined if no reader was ever here. */
  #keep(): number | undefined {
    const place = load(this.#words, this.#word(PLACE_OFFSET)) & PLACE_MASK; // pairs: gate place
    const word = this.#word(KEPT_OFFSET) / 2;
    // A reader that died while it joined had not announced where it was going to begin.
    const kept = place === NO_PLACE ? -1 : place === JOINING ? this.#floats[word] : this.#reached();
    this.#floats[word] = kept;
    // From now on a reader that waits for all receives nothing behind this gate.
    store(this.#words, this.#word(PLACE_OFFSET), JOINING); // pairs: gate place
    return kept < 0 ? undefined : kept;
  }

  /** The whole position of the gate. */
  #reached(): number {
    const epoch = load(this.#words, this.#word(PLACE_OFFSET)) >>> PLACE_BITS; // pairs: gate place
    return positionAfter(load(this.#words, this.#word(POSITION_OFFSET)), epoch * 2 ** EPOCH_BITS);
  }

  /**
   * Finds where to begin and stores it, so that the writer waits from there on.
   *
   * @param kept The place that was reached here.
   * @param isWaitedFor Whether the writer waits for this gate already.
   * @returns The whole position.
   */
  #settle({ from, waitsForAll }: PlaceRequest, kept: number | undefined, isWaitedFor: boolean): number {
    const words = this.#words, floats = this.#floats, { gates, capacity } = this.#geometry, gate = this.#index;
    const wanted = typeof from === "number" ? from : kept ?? (from === "newest" ? tailOf(words) : 0);
    // What a reader in the middle passed on while those before it were missing counts as received once it was
    // announced.
    const before = !waitsForAll ? [] : kept === undefined ? ancestorsOf(gates, gate) : gates[gate].after;
    const behind = [...gates.keys()].filter((i) => ancestorsOf(gates, i).includes(gate));
    const sinceWord = this.#word(SINCE_OFFSET) / 2, since = floats[sinceWord];
    let announced = NaN;
    while (true) {
      const permit = permitOf(words), oldest = permit - capacity; // what lies further back may be overwritten
      let first = wanted, awaited = Infinity;
      for (const i of before) first = Math.max(first, floats[gateWord(i, SINCE_OFFSET) / 2]);
      for (const i of behind) {
        if (this.#gates.reader(i) === 0 || !this.#gates.waitsForAll(i)) continue;
        awaited = Math.min(awaited, positionBefore(this.#gates.position(i), permit));
      }
      const start = Math.max(oldest, Math.min(first, Math.max(kept ?? 0, awaited)));
      if (start === announced) return start;
      floats[sinceWord] = kept === undefined || start > kept || start < since ? start : since;
      store(words, this.#word(POSITION_OFFSET), start | 0);
      // Dekker's way, three times: either the writer sees this gate, or its permit is seen next; either a reader that
      // waits for all sees where this one begins, or it is seen next, and the other way round.
      if (!isWaitedFor) store(words, this.#word(HOLDER_OFFSET), this.#region.party.id); // pairs: pipeline permit
      announced = start;
    }
  }
}

/** A place's word. */
function placeWord(state: number, position: number): number {
  return (epochOf(position) << PLACE_BITS) | state;
}
