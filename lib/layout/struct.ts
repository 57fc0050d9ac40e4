import { isPart, viewClass } from "./accessors.ts";
import { copierOf } from "./copier.ts";
import { checkDepth, checkName, MAX_BYTE_LENGTH } from "./field.ts";
import { isViewOf, requireView } from "./is_view.ts";
import { MAX_END, positionOf, STRUCT, VIEWS, type ViewState } from "./slots.ts";
import { Source } from "./source.ts";
import type { AnyStruct, Fields, Struct, StructField, Value, View, ViewOptions } from "./struct_type.ts";
import { applyOf, plain } from "./values.ts";
import { type ReadonlyViews, Views } from "./views.ts";

/**
 * Describes a record by the C ABI of x86-64 and arm64: the fields in order, each at the next multiple of its alignment,
 * little-endian.
 *
 * A view's setters check their values, and write nothing if they throw: `RangeError` for a value that does not fit,
 * `TypeError` for one of the wrong type, `ReadOnlyError` for a read-only view. Reading and writing after the segment
 * was closed throw `ClosedError`. Neither allocates, strings and bigints excepted. The checks cost a setter one or two
 * nanoseconds; the only unchecked way is the typed arrays of `Views`.
 *
 * @param name Its name in messages, in the schema and in C.
 * @param fields The fields.
 * @returns The struct.
 * @throws {TypeError} If a name is not a C identifier, or there is no field.
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

/**
 * Whether a value was made by `struct` of this copy of the package.
 *
 * @param value Anything.
 * @returns Whether it is a struct.
 */
export function isStruct(value: unknown): value is AnyStruct {
  return value instanceof Layout;
}

function roundUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** The one implementation. Its views' types are known to `struct`'s callers only. */
class Layout implements Struct {
  readonly kind = "struct";
  readonly settable = false;
  /** Whether views have parts with views, which share their position. */
  readonly #placed: boolean;
  /** Values are checked here before they reach shared memory. */
  #scratch: View | undefined;

  readonly name: string;
  readonly fields: readonly StructField[];
  readonly byteLength: number;
  readonly alignment: number;
  readonly depth: number;
  readonly schema: string;

  constructor(
    name: string,
    fields: readonly StructField[],
    byteLength: number,
    alignment: number,
    depth: number,
    schema: string,
  ) {
    this.name = name;
    this.fields = fields;
    this.byteLength = byteLength;
    this.alignment = alignment;
    this.depth = depth;
    this.schema = schema;
    this.#placed = fields.some(({ field }) => isPart(field));
  }

  view(views: ReadonlyViews, byteOffset = 0, options?: ViewOptions): View {
    const { name, byteLength, alignment } = this;
    if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset % alignment !== 0) {
      throw new RangeError(
        `Cannot view ${name} as 'byteOffset' must be a multiple of ${alignment}: received ${byteOffset}`,
      );
    }
    const end = Math.min(views.byteLength, MAX_END);
    if (byteOffset + byteLength > end) {
      throw new RangeError(
        `Cannot view ${name} as its ${byteLength} bytes must lie within ${end}: received offset ${byteOffset}`,
      );
    }
    const made = viewClass(this, this.#placed, views.readOnly || (options?.readOnly ?? false));
    const at = this.#placed ? { at: byteOffset } : byteOffset;
    return new made(views as Views, at, 0, "", end - byteLength) as unknown as View;
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
    // A view has no properties of its own that could be enumerated.
    if (typeof values === "object" && values !== null && STRUCT in values) return this.copy(values as View, view);
    const apply = applyOf(this);
    apply(this.#scratch ??= this.alloc(), values);
    apply(view, values);
  }

  /**
   * Generated, so that each struct's has a profile of its own and can be inlined. Made on first use, then found as a
   * property: a schema that is only inspected may have thousands of structs.
   */
  get moveTo(): Struct["moveTo"] {
    const { name, alignment } = this;
    const position = this.#placed ? "view[$place].at" : "view[$at]";
    // Accessors shift the position as a 32-bit integer, where another one would wrap to a place inside. One mask finds
    // whether an offset is an integer, aligned and below 2^31.
    const value = new Source().evaluate(`(view, byteOffset) => {
const to = byteOffset & ${2 ** 31 - alignment};
${position} = to === byteOffset && to <= view[$last] ? to : farOffset(view, "${name}", ${alignment}, byteOffset);
}`) as Struct["moveTo"];
    Object.defineProperty(this, "moveTo", { value });
    return value;
  }

  /** Made on first use, then found as a property, as `moveTo` is. */
  get copy(): Struct["copy"] {
    const value = copierOf(this);
    Object.defineProperty(this, "copy", { value });
    return value;
  }

  isView(value: unknown): value is View {
    return isViewOf(this, value);
  }

  viewsOf(view: View): Views {
    return this.#state(view)[VIEWS].lent;
  }

  byteOffsetOf(view: View): number {
    return positionOf(this.#state(view));
  }

  #state(view: View): ViewState {
    requireView(this, view);
    return view as unknown as ViewState;
  }
}
