import type { Region } from "./region.ts";

/*
 * What is reported to tools about a part, by a function in the part's folder that reads its words and never changes
 * one. It works on a read-only attachment, holds nothing, waits for nothing, and takes no role.
 */

/** One thing that is reported about a part. */
export type Fact = number | string | boolean;

/** A holder of something in a part, alive or not. */
export interface PartHolder {
  /** What it holds: "producer", "owner". */
  readonly as: string;
  /** The id of the attachment. */
  readonly id: number;
}

/** How a reader of a channel is getting on. */
export interface PartReader {
  readonly name: string;
  /** How many records it has still to receive. */
  readonly lag: number;
  readonly state: string;
}

/** A part at a moment. */
export interface PartState {
  /** What there is to report about it, by name, most important first. */
  readonly facts: Readonly<Record<string, Fact>>;
  readonly holders: readonly PartHolder[];
  /** What was done in its life: records that were published, writes, acquisitions. Two readings make a rate. */
  readonly done: number;
  /** What `done` is counted modulo, if it wraps. */
  readonly doneModulo?: number;
  /** What lies in it now, and what it has room for. */
  readonly depth?: number;
  readonly capacity?: number;
  /** How often there was no room, or what was lost. */
  readonly refused?: number;
  /** Of a lock: how often an attachment had to wait, and how many wait now. */
  readonly contended?: number;
  readonly waiters?: number;
  readonly readers?: readonly PartReader[];
}

/** One of the things that lie in a part, such as a row of a table: its fields by name. */
export type PartContent = Readonly<Record<string, unknown>>;

/** What a tool can report about a part. */
export interface PartDescription {
  readonly family: "table" | "channel" | "lock" | "structure";
  /** Reads its state. */
  state(): PartState;
  /**
   * The same without what takes long to find out, for frequent polling. Where there is no such function, `state` is
   * fast.
   */
  brief?(): PartState;
  /** Reads what lies in it, one by one: rows of a table, the next records of a channel, without taking them. */
  contents(): Iterable<PartContent>;
  /**
   * Follows what happens in it.
   *
   * @returns A function that reports the things that have changed, or come, since it was last called. Where there is no
   * such function, `contents` is to be compared with what it was.
   */
  follow?(): () => Iterable<PartContent>;
}

/**
 * Describes a part.
 *
 * @param region Where it lies.
 * @param schema Its schema text, from the catalog.
 * @throws {SegmentFormatError} If it is corrupt.
 */
export type DescribePart = (region: Region, schema: string) => PartDescription;
