import { isPart, viewClass } from "./accessors.ts";
import { copierOf } from "./copier.ts";
import { checkDepth, checkName, type Field, type FieldKind, MAX_BYTE_LENGTH } from "./field.ts";
import { positionOf, STRUCT, VIEWS, type ViewState } from "./slots.ts";
import { Source } from "./source.ts";
import { applyOf, plain } from "./values.ts";
import { type ReadonlyViews, Views } from "./views.ts";

/** The fields of a struct by name, in the order of their offsets. */
export type Fields = { readonly [name: string]: Field };

/** Any struct, whatever its fields: the constraint of code that takes one as an option. */
// deno-lint-ignore no-explicit-any
export type AnyStruct = Struct<any>;

/** What a view's property returns for a field. */
export type ViewOfField<T> = T extends Field<infer V, unknown, boolean> ? V : never;

/** The plain value of a field, or of a struct: `ValueOf<typeof Quote>`. */
export type ValueOf<T> = T extends Field<unknown, infer P, boolean> ? P : never;

/** The view of a struct: `ViewOf<typeof Quote>`. */
export type ViewOf<T> = ViewOfField<T>;

/** A struct's bytes, with a property for every field. Setters check; nested structs and arrays are set by their parts. */
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
  /** What it holds. */
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
  /** The name it was given. */
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
   * @throws {RangeError} If the struct would not lie within the memory, or not at a multiple of its alignment.
   */
  view(views: Views, byteOffset?: number, options?: ViewOptions): View<F>;

  /**
   * Makes a read-only view of existing memory, which need not be writable.
   *
   * @param views The memory.
   * @param byteOffset Where the struct begins in it.
   * @param options Says that it is read-only.
   * @returns The view.
   * @throws {RangeError} If the struct would not lie within the memory, or not at a multiple of its alignment.
   */
  view(views: ReadonlyViews, byteOffset: number, options: ViewOptions & { readonly readOnly: true }): View<F>;

  /**
   * Moves a view, and all views of its parts, to another struct in the same `Views`. Made for loops, it checks nothing:
   * the offset must be a multiple of the alignment, and the struct must lie within the `Views`. A view that was moved
   * past the end throws `RangeError` when a field there is read or written; no access ever leaves the `Views`.
   *
   * @param view A view made by `view` or `alloc`; those of nested structs and elements move with it only.
   * @param byteOffset Where the struct begins.
   */
  moveTo(view: View<F>, byteOffset: number): void;

  /** @returns A view of a new, private, zeroed struct. */
  alloc(): View<F>;

  /**
   * @param view A view.
   * @returns Its values as a plain object, all the way down.
   * @throws {ClosedError} If the segment was closed.
   * @throws {RangeError} If an enumeration's stored value has no name.
   */
  toObject(view: View<F>): Value<F>;

  /**
   * Sets the fields that an object names and leaves the others alone. All values are checked before the first is
   * written. Nested structs may be given in part, arrays only in full; `undefined` counts as not named.
   *
   * @param view A view.
   * @param values The values.
   * @throws {TypeError} If a key is no field, or a value of the wrong type.
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
   * @param value Anything.
   * @returns Whether it is a view of this struct or of an equal one.
   */
  isView(value: unknown): value is View<F>;

  /**
   * @param view A view.
   * @returns The memory it was made for.
   */
  viewsOf(view: View<F>): Views;

  /**
   * @param view A view.
   * @returns Where its struct begins in that memory.
   */
  byteOffsetOf(view: View<F>): number;
}

/**
 * Describes a record by the C ABI of x86-64 and arm64: the fields in order, each at the next multiple of its alignment,
 * little-endian.
 *
 * A view's setters check what they are given: `RangeError` for a value that does not fit, `TypeError` for one of the
 * wrong type, `ReadOnlyError` for a read-only view, and nothing is written. Reading and writing after the segment was
 * closed throw `ClosedError`. Neither allocates, strings and bigints excepted. The checks cost a setter one or two
 * nanoseconds; the only unchecked way is the typed arrays of `Views`.
 *
 * @param name What messages, the schema and C call it.
 * @param fields The fields.
 * @returns The struct.
 * @throws {TypeError} If a name is no C identifier, or there is no field.
 * @throws {RangeError} If it is larger than 2^31 − 1 bytes, nested deeper than 16 or its schema longer than 65,536.
 *
 * @example
 * ```ts
 * import { f64, struct, u53 } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Quote = struct("Quote", { bid: f64, ask: f64, time: u53 });
 * const quote = Quote.alloc();
 * quote.bid = 100.5;
 * Quote.assign(quote, { ask: 100.6, time: 1 });
 * assertEquals(Quote.toObject(quote), { bid: 100.5, ask: 100.6, time: 1 });
 * assertEquals(Quote.schema, "Quote{bid:f64,ask:f64,time:u53}");
 * ```
 */
export function struct<F extends Fields>(name: string, fields: F): Struct<F> {
  checkName("a struct", name);
  const placed: StructField[] = [];
  let end = 0, alignment = 1, depth = 0;
  for (const [key, field] of Object.entries(fields)) {
    checkName(`a field of ${name}`, key);
    const byteOffset = roundUp(end, field.alignment);
    placed.push({
      name: key,
      byteOffset,
      byteLength: field.byteLength,
      alignment: field.alignment,
      kind: field.kind,
      field,
    });
    end = byteOffset + field.byteLength;
    alignment = Math.max(alignment, field.alignment);
    depth = Math.max(depth, field.depth);
  }
  if (placed.length === 0) {
    throw new TypeError(`Cannot create struct ${name} as it must have a field: received none`);
  }
  const byteLength = roundUp(end, alignment);
  if (byteLength > MAX_BYTE_LENGTH) {
    throw new RangeError(
      `Cannot create struct ${name} as its size must be at most ${MAX_BYTE_LENGTH} bytes: received ${byteLength}`,
    );
  }
  const schema = `${name}{${placed.map((each) => `${each.name}:${each.field.schema}`).join(",")}}`;
  checkDepth(`struct ${name}`, depth + 1, schema);
  return new Layout(name, placed, byteLength, alignment, depth + 1, schema) as unknown as Struct<F>;
}

function roundUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** The one implementation. Its views' types are known to `struct`'s callers only. */
class Layout implements Struct {
  readonly kind = "struct";
  readonly settable = false;
  /** Whether views have views of parts, and so share their position with them. */
  readonly #placed: boolean;
  /** Values are tried here before they reach shared memory. */
  #scratch: View | undefined;
  /** Generated, so that each struct's has a profile of its own and can be inlined. */
  readonly moveTo: Struct["moveTo"];

  constructor(
    readonly name: string,
    readonly fields: readonly StructField[],
    readonly byteLength: number,
    readonly alignment: number,
    readonly depth: number,
    readonly schema: string,
  ) {
    this.#placed = fields.some(({ field }) => isPart(field));
    this.moveTo = new Source().evaluate(
      `(view, byteOffset) => { ${this.#placed ? "view[$place].at" : "view[$at]"} = byteOffset; }`,
    ) as Struct["moveTo"];
  }

  view(views: ReadonlyViews, byteOffset = 0, options?: ViewOptions): View {
    const { name, byteLength, alignment } = this;
    if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset % alignment !== 0) {
      throw new RangeError(
        `Cannot view ${name} as 'byteOffset' must be a multiple of ${alignment}: received ${byteOffset}`,
      );
    }
    if (byteOffset + byteLength > views.byteLength) {
      throw new RangeError(
        `Cannot view ${name} as its ${byteLength} bytes must lie within ${views.byteLength}: received offset ${byteOffset}`,
      );
    }
    const made = viewClass(this, this.#placed, options?.readOnly ?? false);
    return new made(views as Views, this.#placed ? { at: byteOffset } : byteOffset, 0, "") as unknown as View;
  }

  alloc(): View {
    return this.view(new Views(new ArrayBuffer(roundUp(this.byteLength, 8))));
  }

  toObject(view: View): Value {
    const object: Record<string, unknown> = {};
    for (const { name, field } of this.fields) object[name] = plain(field, view[name]);
    return object;
  }

  assign(view: View, values: Partial<Value>): void {
    const apply = applyOf(this);
    apply(this.#scratch ??= this.alloc(), values);
    apply(view, values);
  }

  /** Made on first use, then found as a property, as `moveTo` is. */
  get copy(): Struct["copy"] {
    const value = copierOf(this, (view) => this.#requireView(view));
    Object.defineProperty(this, "copy", { value });
    return value;
  }

  isView(value: unknown): value is View {
    if (typeof value !== "object" || value === null) return false;
    const made = (value as ViewState)[STRUCT] as Struct | undefined;
    return made === (this as Struct) || made?.schema === this.schema;
  }

  viewsOf(view: View): Views {
    return this.#state(view)[VIEWS];
  }

  byteOffsetOf(view: View): number {
    return positionOf(this.#state(view));
  }

  #state(view: View): ViewState {
    this.#requireView(view);
    return view as unknown as ViewState;
  }

  /** Views keep their state under symbols; those of another layout would be misread. */
  #requireView(value: unknown): void {
    if (this.isView(value)) return;
    const found = typeof value === "object" ? (value as ViewState | null)?.[STRUCT] as Struct | undefined : undefined;
    throw new TypeError(
      `Cannot use a value as a view of ${this.name} as it must be one: received ${found?.name ?? typeof value}`,
    );
  }
}
