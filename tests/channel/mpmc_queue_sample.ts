import type { AnyStruct, Region } from "../../mod.ts";
import {
  CELL_BYTES,
  CELL_COUNT_OFFSET,
  CELL_FIRST_OFFSET,
  CELL_ID_OFFSET,
  CELL_ROLE_OFFSET,
  HEAD_OFFSET,
  QUEUE_HEADER_BYTES,
  TAIL_OFFSET,
  USED_OFFSET,
} from "../../lib/channel/mpmc_queue/format.ts";
import { geometryOf, type MpmcQueueOptions } from "../../lib/channel/mpmc_queue/geometry.ts";

/** An object's bytes, with the id of the attachment that reads. */
export const RawQueue = {
  kind: "MpmcQueue",
  byteLength: (): number => 8,
  init: (): void => {},
  attach: (region: Region): Region => region,
};

/** The words of a queue, for tests that bring it into any state. */
export class QueueWords {
  readonly #words: Int32Array;
  readonly #slotMask: number;
  readonly #firstSlot: number;
  readonly #slotWords: number;

  constructor(words: Int32Array, options: MpmcQueueOptions<AnyStruct>) {
    const { slotMask, slotsOffset, slotBytes } = geometryOf(options);
    this.#words = words;
    this.#slotMask = slotMask;
    this.#firstSlot = slotsOffset / 4;
    this.#slotWords = slotBytes / 4;
  }

  /** Makes an empty queue look as if that many records had gone through it. */
  startAt(position: number): void {
    this.tail = this.head = position | 0;
    for (let i = 0; i <= this.#slotMask; i++) this.setState(position + i, 0);
  }

  get tail(): number {
    return this.#words[TAIL_OFFSET / 4];
  }

  set tail(position: number) {
    this.#words[TAIL_OFFSET / 4] = position;
  }

  get head(): number {
    return this.#words[HEAD_OFFSET / 4];
  }

  set head(position: number) {
    this.#words[HEAD_OFFSET / 4] = position;
  }

  /** The state of a position's slot, counted from the position's lap. */
  state(position: number): number {
    return (this.#words[this.#slotOf(position)] - (position & ~this.#slotMask)) | 0;
  }

  setState(position: number, state: number): void {
    this.#words[this.#slotOf(position)] = ((position & ~this.#slotMask) + state) | 0;
  }

  /** Frees a position's slot. */
  free(position: number): void {
    this.setState(position, this.#slotMask + 1);
  }

  /** Writes a cell. */
  setCell(cell: number, id: number, role: number, first: number, count: number): void {
    const at = (QUEUE_HEADER_BYTES + cell * CELL_BYTES) / 4;
    this.#words[at + CELL_ID_OFFSET / 4] = id;
    this.#words[at + CELL_ROLE_OFFSET / 4] = role;
    this.#words[at + CELL_FIRST_OFFSET / 4] = first;
    this.#words[at + CELL_COUNT_OFFSET / 4] = count;
    this.#words[USED_OFFSET / 4] = Math.max(this.#words[USED_OFFSET / 4], cell + 1);
  }

  /** How many positions a cell names. */
  countOf(cell: number): number {
    return this.#words[(QUEUE_HEADER_BYTES + cell * CELL_BYTES + CELL_COUNT_OFFSET) / 4];
  }

  #slotOf(position: number): number {
    return this.#firstSlot + (position & this.#slotMask) * this.#slotWords;
  }
}

/** A record's sequence: sender times this, plus its number. */
export const SENDER = 2 ** 30;

/** Words: two counts, then a bit for each record. */
export const Marks = {
  kind: "Marks",
  byteLength: ({ bits }: { bits: number }): number => MARKS * 4 + Math.ceil(bits / 64) * 8,
  init: (): void => {},
  attach: (region: Region): Int32Array => region.views.i32,
};

/** Where the bits begin, how many records were received, and how often something was wrong. */
export const MARKS = 64;
export const RECEIVED = 0;
export const ERRORS = 32;

/** Doubles, two for each sender and one for each receiver, which it alone writes. */
export const Tallies = {
  kind: "Tallies",
  byteLength: ({ senders }: { senders: number }): number => senders * TALLIES * 8,
  init: (): void => {},
  attach: (region: Region): Float64Array => region.views.f64,
};

/** How many there are, where a sender says how many records it began to send, and for how many publish returned. */
export const TALLIES = 16;
export const ATTEMPTED = 0;
export const PUBLISHED = 1;
/** Where a receiver says that it is within a `shift` of a record, or has not marked it yet. */
export const SHIFTS = 0;
