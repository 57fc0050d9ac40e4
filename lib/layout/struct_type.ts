import type { Field, FieldKind } from "./field.ts";
import type { ReadonlyViews, Views } from "./views.ts";

/** The fields of a struct by name, in the order of their offsets. */
export type Fields = { readonly [name: string]: Field };

/** Any struct, whatever its fields: the constraint of code that takes one as an option. */
// deno-lint-ignore no-explicit-any
export type AnyStruct = Struct<any>;

/** The value of a view's property for a field. */
export type ViewOfField<T> = T extends Field<infer V, unknown, boolean> ? V : never;

/** The plain value of a field, or of a struct: `ValueOf<typeof Quote>`. */
export type ValueOf<T> = T extends Field<unknown, infer P, boolean> ? P : never;

/** The view of a struct: `ViewOf<typeof Quote>`. */
export type ViewOf<T> = ViewOfField<T>;

/**
 * A struct's bytes, with a property for every field. Setters check; nested structs and arrays are set by their parts.
 */
export type View<F extends Fields = Fields> =
  & { -readonly [K in keyof F as F[K] extends Field<unknown, unknown, true> ? K : never]: ViewOfField<F[K]> }
  & { readonly [K in keyof F as F[K] extends Field<unknown, unknown, true> ? never : K]: ViewOfField<F[K]> };

/** A struct's values as a plain object. */
export type Value<F extends Fields = Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> };

/** Where a struct holds a field. */
export interface StructField {
  /** Its name. */
  readonly name: string;
  /** Where it begins in the struct. */
  readonly byteOffset: number;
  /** How many bytes it takes. */
  readonly byteLength: number;
  /** What its offset is a multiple of. */
  readonly alignment: number;
  /** Its kind. */
  readonly kind: FieldKind;
  /** Its description. */
  readonly field: Field;
}

/** How a view is made. */
export interface ViewOptions {
  /** Whether every setter throws {@linkcode ReadOnlyError}: memory mapped without write permission kills the writer. */
  readonly readOnly?: boolean;
}

/** The layout of a record, made by {@linkcode struct}, and itself a field that other structs can hold. */
export interface Struct<F extends Fields = Fields> extends Field<View<F>, Value<F>, false> {
  /** Its name. */
  readonly name: string;
  /** The fields in the order of their offsets. */
  readonly fields: readonly StructField[];

  /**
   * Makes a view of existing memory. It allocates: make one and move it.
   *
   * @param views The memory.
   * @param byteOffset Where the struct begins in it.
   * @param options Whether it is read-only.
   * @returns The view.
   * @throws {RangeError} If the struct would not lie within the memory and its first 4 GiB, or not at a multiple of its
   * alignment.
   */
  view(views: Views, byteOffset?: number, options?: ViewOptions): View<F>;

  /**
   * Makes a read-only view of existing memory, which need not be writable.
   *
   * @param views The memory.
   * @param byteOffset Where the struct begins in it.
   * @param options Says that it is read-only.
   * @returns The view.
   * @throws {RangeError} If the struct would not lie within the memory and its first 4 GiB, or not at a multiple of its
   * alignment.
   */
  view(views: ReadonlyViews, byteOffset: number, options: ViewOptions & { readonly readOnly: true }): View<F>;

  /**
   * Moves a view, and all views of its parts, to another struct in the same `Views`. Made for loops, it does not check
   * the end of the `Views`: a view that was moved past it throws `RangeError` when a field there is read or written. No
   * access ever leaves the `Views`, or reaches another place in them than the one that the view was moved to.
   *
   * @param view A view made by `view` or `alloc`; those of nested structs and elements move with it only.
   * @param byteOffset Where the struct begins.
   * @throws {RangeError} If the offset is not a multiple of the alignment, or the struct would not lie below 2^32.
   */
  moveTo(view: View<F>, byteOffset: number): void;

  /**
   * Makes a struct of its own, outside any segment.
   *
   * @returns A view of a new, private, zeroed struct.
   */
  alloc(): View<F>;

  /**
   * Copies all values.
   *
   * @param view A view.
   * @returns Its values as a plain object, all the way down.
   * @throws {ClosedError} If the segment was closed.
   * @throws {RangeError} If an enumeration's stored value has no name.
   */
  toObject(view: View<F>): Value<F>;

  /**
   * Sets the fields that an object names and leaves the others alone. All values are checked before the first is
   * written. A view of this struct is copied as it is. Nested structs may be given in part, arrays only in full; a
   * field with the value `undefined` counts as not named.
   *
   * @param view A view.
   * @param values The values.
   * @throws {TypeError} If a key is not a field, or a value is of the wrong type.
   * @throws {RangeError} If a value is out of range.
   * @throws {ReadOnlyError} If the view is read-only.
   * @throws {ClosedError} If the segment was closed.
   */
  assign(view: View<F>, values: Partial<Value<F>>): void;

  /**
   * Copies the bytes of one struct over another's, in plain accesses of 4 bytes (of 1, if the alignment is less) in
   * ascending order. Both must be views of this struct or of an equal one.
   *
   * @param from A view.
   * @param to A view.
   * @throws {TypeError} If one is a view of another struct.
   * @throws {ReadOnlyError} If the target is read-only.
   * @throws {ClosedError} If either's segment was closed.
   */
  copy(from: View<F>, to: View<F>): void;

  /**
   * Checks whether a value is a view of this struct.
   *
   * @param value Anything.
   * @returns Whether it is a view of this struct or of an equal one.
   */
  isView(value: unknown): value is View<F>;

  /**
   * The memory of a view.
   *
   * @param view A view.
   * @returns The memory it was made for, as `Views.lent`: of a read-only attachment, it refuses writes.
   */
  viewsOf(view: View<F>): Views;

  /**
   * The offset of a view.
   *
   * @param view A view.
   * @returns Where its struct begins in that memory.
   */
  byteOffsetOf(view: View<F>): number;
}
