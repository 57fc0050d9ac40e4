import type { AnyStruct } from "../../layout/mod.ts";
import { requireLayout } from "../../layout/internal.ts";
import { alignUp, HeaderCheck, type Region, requireInteger } from "../../memory/internal.ts";
import { ASLEEP } from "../../sync/internal.ts";
import { ringLength, slotsFor } from "../shared/ring_arithmetic.ts";
import {
  CAPACITY_OFFSET,
  CELL_BYTES,
  CELLS_OFFSET,
  FREE,
  FREED_EVENT_OFFSET,
  FULL,
  HEAD_OFFSET,
  LEAST_SLOTS,
  PUBLISHED_EVENT_OFFSET,
  QUEUE_HEADER_BYTES,
  RECORD_BYTES_OFFSET,
  SLOT_HEADER_BYTES,
  TAIL_OFFSET,
  VOID,
} from "./format.ts";

/** How a {@linkcode MpmcQueue} is made. */
export interface MpmcQueueOptions<S extends AnyStruct = AnyStruct> {
  /** What a record holds. */
  readonly layout: S;
  /** How many records the queue holds: 2 to 2^30. Memory is taken for the next power of two, and for four at least. */
  readonly capacity: number;
  /** How many producers and consumers together there may be at once: 2 to 1024. Defaults to 64. */
  readonly maxParticipants?: number;
}

/** What a queue's parts share. */
export interface QueueGeometry {
  /** How many records the queue holds. */
  readonly capacity: number;
  /** How many slots there are, less one. */
  readonly slotMask: number;
  /** Where the first slot begins. */
  readonly slotsOffset: number;
  /** Bytes from one slot to the next. */
  readonly slotBytes: number;
  /** How many producers and consumers there may be. */
  readonly cells: number;
}

/** Where a queue's words are, and what they may hold: what the hot paths know of `format.ts`. */
export interface QueuePlaces {
  readonly capacity: number;
  /** How many slots there are, less one. */
  readonly slotMask: number;
  /** The state of position 0's slot. */
  readonly slotsWord: number;
  /** Words from one slot to the next. */
  readonly slotWords: number;
  /** Bytes from a slot's beginning to its record. */
  readonly recordDelta: number;
  readonly tailWord: number;
  readonly headWord: number;
  /**
   * The event counts that are notified of publishing and of freeing, and their bit that says that a waiter may sleep.
   */
  readonly publishedWord: number;
  readonly freedWord: number;
  readonly asleep: number;
  /** States of a slot, counted from its lap. */
  readonly states: { readonly free: number; readonly full: number; readonly voided: number };
}

const DEFAULT_CELLS = 64, MOST_CELLS = 1024;

/** The layout in the options of a queue; those of a program without types may lack it. */
export function layoutOf(options: Partial<MpmcQueueOptions> | undefined): AnyStruct {
  return requireLayout("an MpmcQueue", options);
}

/** Where the slots of a queue of these options lie. */
export function geometryOf(options: MpmcQueueOptions): QueueGeometry {
  const layout = layoutOf(options), { capacity, maxParticipants = DEFAULT_CELLS } = options;
  const doing = `make a queue of ${layout.name}`;
  requireInteger(doing, "capacity", capacity, 2, 2 ** 30);
  requireInteger(doing, "maxParticipants", maxParticipants, 2, MOST_CELLS);
  const slots = Math.max(LEAST_SLOTS, slotsFor(capacity));
  return {
    capacity,
    slotMask: slots - 1,
    slotsOffset: QUEUE_HEADER_BYTES + maxParticipants * CELL_BYTES,
    slotBytes: SLOT_HEADER_BYTES + alignUp(layout.byteLength, 8),
    cells: maxParticipants,
  };
}

/** Where the words of a queue of this geometry are. */
export function placesOf({ capacity, slotMask, slotsOffset, slotBytes }: QueueGeometry): QueuePlaces {
  return {
    capacity,
    slotMask,
    slotsWord: slotsOffset / 4,
    slotWords: slotBytes / 4,
    recordDelta: SLOT_HEADER_BYTES,
    tailWord: TAIL_OFFSET / 4,
    headWord: HEAD_OFFSET / 4,
    publishedWord: PUBLISHED_EVENT_OFFSET / 4,
    freedWord: FREED_EVENT_OFFSET / 4,
    asleep: ASLEEP,
    states: { free: FREE, full: FULL, voided: VOID },
  };
}

/** The bytes that a queue takes. */
export function byteLengthOf({ slotsOffset, slotMask, slotBytes }: QueueGeometry): number {
  return slotsOffset + (slotMask + 1) * slotBytes;
}

/** Writes where the slots lie into zeroed memory. */
export function writeGeometry(region: Region, options: MpmcQueueOptions): void {
  const { capacity, cells } = geometryOf(options);
  const { u32 } = region.views;
  u32[CAPACITY_OFFSET / 4] = capacity;
  u32[RECORD_BYTES_OFFSET / 4] = options.layout.byteLength;
  u32[CELLS_OFFSET / 4] = cells;
}

/** Reads where the slots lie, and refuses what contradicts the layout, the region or what the caller expects. */
export function readGeometry(
  region: Region,
  options: Partial<MpmcQueueOptions> & { readonly layout: AnyStruct },
): QueueGeometry {
  const layout = layoutOf(options), header = new HeaderCheck("queue", region, QUEUE_HEADER_BYTES);
  const { u32 } = region.source, capacity = u32[CAPACITY_OFFSET / 4];
  const found = { layout, capacity, maxParticipants: u32[CELLS_OFFSET / 4] };
  const geometry = header.geometry(() => geometryOf(found));
  header.require("its record's length", layout.byteLength, u32[RECORD_BYTES_OFFSET / 4]);
  header.requireLength(byteLengthOf(geometry), `for ${capacity} records`);
  header.requireOptions(found, options);
  header.requireAtMost("the number of its records", capacity, lengthOf(region, capacity));
  return geometry;
}

/** How many records between two times that a side has to wait make a poll worthwhile; a quarter of a small queue. */
const WORTHWHILE = 256;
/** The most pauses for which it rests before it polls once more: 1 to 2 µs. */
const LONGEST_REST = 64;

/** When a side that has to wait again and again rests in between. */
export function paceOf({ slotMask }: QueueGeometry): { readonly worthwhile: number; readonly longestRest: number } {
  return { worthwhile: Math.min(WORTHWHILE, (slotMask + 1) >> 2), longestRest: LONGEST_REST };
}

/** How many positions are claimed and not taken: exact at a moment of the call, unless the queue is corrupt. */
export function lengthOf(region: Region, capacity: number): number {
  return ringLength(region.source.i32, HEAD_OFFSET, TAIL_OFFSET, capacity);
}
