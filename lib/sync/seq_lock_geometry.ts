import { SegmentFormatError } from "../errors.ts";
import type { AnyStruct, ReadonlyViews, ValueOf, ViewOf, Views } from "../layout/mod.ts";
import { requireLayout } from "../layout/internal.ts";
import { requireOptions } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { PAYLOAD_BYTES_WORD, PAYLOAD_OFFSET } from "./seq_lock_format.ts";

/** A seqlock that protects bytes. */
export interface SeqLockBytesOptions {
  /** How many bytes it protects: a multiple of 8. */
  readonly payloadBytes: number;
  /** None. */
  readonly layout?: undefined;
}

// Without an optional payloadBytes, which would keep the compiler from choosing the overloads for layouts.
/** A seqlock that protects a record with named fields. */
export interface SeqLockRecordOptions<S extends AnyStruct = AnyStruct> {
  /** What it protects. */
  readonly layout: S;
}

/** How a {@linkcode SeqLock} is made: with a layout, or with a number of bytes. */
export type SeqLockOptions<S extends AnyStruct = AnyStruct> = SeqLockBytesOptions | SeqLockRecordOptions<S>;

/** What a reader of a {@linkcode SeqLock} receives: its record, or, without a layout, its bytes. */
export type SeqLockPayload<S extends AnyStruct> = [S] extends [never] ? ReadonlyViews : Readonly<ViewOf<S>>;

/** What a writer of a {@linkcode SeqLock} fills: its record, or, without a layout, its bytes. */
export type SeqLockDraft<S extends AnyStruct> = [S] extends [never] ? Views : ViewOf<S>;

/** The fields that `SeqLock.write` sets; there are none without a layout. */
export type SeqLockValues<S extends AnyStruct> = [S] extends [never] ? never : Partial<ValueOf<S>>;

/** The layout in the options; undefined if there is none. */
export function layoutOf(options: Partial<SeqLockOptions> | undefined): AnyStruct | undefined {
  return options?.layout === undefined ? undefined : requireLayout("a SeqLock", options);
}

/** The bytes that a seqlock of these options protects. */
export function payloadBytesOf(options: SeqLockOptions): number {
  requireOptions("make a seqlock", options, "with a layout or payloadBytes");
  const layout = layoutOf(options), { payloadBytes } = options as Partial<SeqLockBytesOptions>;
  if (layout === undefined) {
    const isRight = Number.isInteger(payloadBytes) && payloadBytes! >= 8 && payloadBytes! % 8 === 0;
    if (isRight && payloadBytes! <= 2 ** 30) return payloadBytes!;
    throw new RangeError(
      `Cannot make a seqlock as payloadBytes must be a multiple of 8, from 8 on: received ${payloadBytes}`,
    );
  }
  if (payloadBytes !== undefined) {
    throw new TypeError(
      `Cannot make a seqlock of ${layout.name} as payloadBytes follows from the layout: received ${payloadBytes}`,
    );
  }
  const bytes = recordBytes(layout);
  if (bytes <= 2 ** 30) return bytes;
  throw new RangeError(
    `Cannot make a seqlock of ${layout.name} as it must have at most ${2 ** 30} bytes: found ${layout.byteLength}`,
  );
}

/** Reads how many bytes are protected, and refuses what contradicts the region or the layout. */
export function readPayloadBytes(region: Region, layout: AnyStruct | undefined, what: string): number {
  const bytes = region.source.i32[PAYLOAD_BYTES_WORD];
  const refuse = (rule: string) =>
    new SegmentFormatError("OBJECT", `Cannot attach to ${what} as its payload must ${rule}: found ${bytes}`);
  if (bytes < 8 || bytes % 8 !== 0 || PAYLOAD_OFFSET + bytes > region.byteLength) {
    throw refuse(`fit ${region.byteLength} bytes`);
  }
  if (layout !== undefined && bytes !== recordBytes(layout)) {
    throw refuse(`have the ${recordBytes(layout)} bytes of ${layout.name}`);
  }
  return bytes;
}

/** A record's bytes, in whole words of 8. */
function recordBytes(layout: AnyStruct): number {
  return Math.ceil(layout.byteLength / 8) * 8;
}
