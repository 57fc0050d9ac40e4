import type { AnyStruct } from "../layout/mod.ts";
import type { Region } from "./region.ts";

/**
 * The one shape of every shared thing: how many bytes it takes, how its creator prepares them, and how every process,
 * the creator's included, attaches. Implement it to put a thing of your own into a segment.
 *
 * @example A custom counter
 * ```ts
 * import { type Region, Segment, type SharedType } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Counter: SharedType<Record<never, never>, Uint32Array> = {
 *   kind: "Counter",
 *   byteLength: () => 8,
 *   init: (region: Region) => void (region.views.u32[0] = 100),
 *   attach: (region: Region) => region.views.u32,
 * };
 * using segment = Segment.anonymous({ byteLength: 4096 });
 * const counter = segment.create("counter", Counter, {});
 * Atomics.add(counter, 0, 1);
 * assertEquals(segment.open("counter", Counter, {})[0], 101);
 * ```
 */
export interface SharedType<Options, T> {
  /** Its name in the catalog, such as `Counter`; at most 32 bytes. */
  readonly kind: string;
  /** The bytes it takes. */
  byteLength(options: Options): number;
  /** The schema text that the catalog keeps, with which any tool can decode the bytes. */
  schema?(options: Partial<Options>): string | undefined;
  /** Prepares zeroed bytes; called once, by the creator, before any other process can find the object. */
  init(region: Region, options: Options): void;
  /**
   * Checks the bytes and returns the thing; never writes. An opener may leave out options that are stored in the
   * object.
   */
  attach(region: Region, options: Partial<Options>): T;
}

/**
 * For the compiler only: a function from a layout's type to a shared type's, written as `type` in terms of
 * `this["layout"]`.
 */
export interface LayoutTypeFunction {
  /** The argument. */
  readonly layout: unknown;
  /** The result. */
  readonly type: unknown;
}

/** A {@linkcode SharedType} whose result depends on the layout in its options, as a `LatestTable<Quote>` does. */
export interface LayoutType<F extends LayoutTypeFunction, Options extends { layout: AnyStruct }>
  extends SharedType<Options, unknown> {
  /** For the compiler only; never present at run time. */
  readonly typeFunction?: F;
}
