import { arrayMembers, ArrayView, isPart, SEAL, SHOWN_MEMBERS, structMembers, type ViewCode } from "./accessors.ts";
import { type CopyEnd, copyGuard, copyText, reachText, viewEnd } from "./copier.ts";
import type { Field } from "./field.ts";
import { isViewOf, requireView } from "./is_view.ts";
import { MAX_END, STRUCT } from "./slots.ts";
import { ARRAY_NAMES, Source } from "./source.ts";
import type { AnyStruct, Struct, ValueOf, ViewOf } from "./struct_type.ts";
import { makeApply } from "./values.ts";
import type { ReadonlyViews } from "./views.ts";

/**
 * A view that is bound to its memory: the typed arrays are constants of its code and the position is a variable of it,
 * not properties, so that engines fold addresses and lengths. It is a view of its struct like any other. Making one
 * takes some 100 µs, so one is made for each role of a channel.
 */
export type BoundRecord<S extends AnyStruct = AnyStruct, C extends BoundCopy = BoundCopy> =
  & BoundView<S>
  & Pick<BoundCopies<S>, C>;

/** A bound view. */
export interface BoundView<S extends AnyStruct> {
  /** The view. */
  readonly record: ViewOf<S>;

  /**
   * Moves the view, and all views of its parts. Unlike the layout's own `moveTo` it checks nothing.
   *
   * @param byteOffset Where the struct begins: a multiple of its alignment, from where it lies within the memory.
   */
  moveTo(byteOffset: number): void;

  /** Retires the view, if it was made so: reading and writing throw `RangeError` until it is moved again. */
  retire(): void;

  /**
   * @param value Anything.
   * @returns Whether it is a view that can be copied as it is: of the struct, or of an equal one.
   */
  isView(value: unknown): value is ViewOf<S>;

  /** A record outside the memory, where values are checked before they reach it. */
  draft(): ViewOf<S>;

  /**
   * Writes the fields that an object names into the draft. All getters of the object run before the first field is
   * written.
   *
   * @param values The values.
   * @throws {TypeError | RangeError} If one does not fit.
   */
  prepare(values: Partial<ValueOf<S>>): void;
}

/** The copies of a bound view, each with generated code of its own: a role asks for those that it needs. */
export interface BoundCopies<S extends AnyStruct> {
  /**
   * Copies the record, as the layout's `copy` does.
   *
   * @param into The target.
   */
  copyTo(into: ViewOf<S>): void;

  /**
   * Overwrites the record, as the layout's `copy` does.
   *
   * @param from A view of the struct, or of an equal one.
   */
  copyFrom(from: ViewOf<S>): void;

  /**
   * Makes the checks of `copyTo` and copies nothing: a view that passes can be copied to.
   *
   * @param into The target.
   */
  checkTarget(into: ViewOf<S>): void;

  /**
   * Makes the checks of `copyFrom` and copies nothing: a view that passes can be copied from.
   *
   * @param from A view of the struct, or of an equal one.
   */
  checkSource(from: ViewOf<S>): void;
}

/** The name of a copy. */
export type BoundCopy = keyof BoundCopies<AnyStruct>;

const COPIES: readonly BoundCopy[] = ["copyTo", "copyFrom", "checkTarget", "checkSource"];

/** How a bound view is made. */
export interface BindOptions<C extends BoundCopy = BoundCopy> {
  /** The copies to be made. Defaults to all; each takes some 10 µs to make. */
  readonly copies?: readonly C[];
  /** Whether `retire` can be used, which costs setters a comparison. Defaults to false. */
  readonly canRetire?: boolean;
}

/**
 * Makes a view that is bound to its memory.
 *
 * @param layout The struct.
 * @param views The memory.
 * @param byteOffset Where the view begins.
 * @param options Which copies, and whether it can be retired.
 * @returns The view, and the functions that move and copy it.
 */
export function bindRecord<S extends AnyStruct, const C extends BoundCopy = BoundCopy>(
  layout: S,
  views: ReadonlyViews,
  byteOffset = 0,
  { copies = COPIES as readonly C[], canRetire = false }: BindOptions<C> = {},
): BoundRecord<S, C> {
  const last = Math.min(views.byteLength, MAX_END) - layout.byteLength;
  // Beyond the memory, where no array has an element.
  const nowhere = Math.ceil(views.byteLength / 8) * 8;
  const source = new Source(), struct: Struct = layout, { readOnly } = views;
  const self = source.constant(struct), guard = source.constant(copyGuard(struct));
  const array = (kind: string): string => source.constant(views[kind as "u8"]);
  const classes: string[] = [], names = new Map<Field, string>();
  // The properties of the struct's other views: other code reads them.
  const keptArrays = ARRAY_NAMES.filter((name) => struct.fields.some(({ field }) => field.kind === name))
    .map((name) => `get [$${name}]() { return ${array(name)}; }`).join(" ");
  const state = `get [$views]() { return ${source.constant(views)}; } get [$readOnly]() { return ${readOnly}; }`;
  const place = `get [$place]() { return place; }`;
  const position = struct.fields.some(({ field }) => isPart(field))
    ? place
    : "get [$at]() { return at; } set [$at](to) { at = to; }";
  const code: ViewCode = {
    source,
    readOnly,
    isGone: canRetire ? ` || at === ${nowhere}` : "",
    array,
    given: "",
    classOf(part) {
      let name = names.get(part);
      if (name !== undefined) return name;
      names.set(part, name = `Part${names.size}`);
      classes.push(`const ${name} = ${partClass(part)};`);
      return name;
    },
  };
  const partClass = (part: Field): string => {
    const keep = "this[$delta] = delta; this[$parts] = [];", base = "at + this[$delta]";
    if (part.kind === "array") {
      return `class extends ${source.constant(ArrayView)} {
constructor(delta, label) { super(label); ${keep} ${SEAL} } ${state} ${place}
${arrayMembers(part, base, code)}
}`;
    }
    const { members, parts } = structMembers(part as Struct, base, code);
    const kept = ARRAY_NAMES.filter((name) => (part as Struct).fields.some(({ field }) => field.kind === name))
      .map((name) => `get [$${name}]() { return ${array(name)}; }`).join(" ");
    return namedClass(
      (part as Struct).name,
      `constructor(delta) { ${keep} ${parts} ${SEAL} } ${state} ${place} ${kept}
get [$struct]() { return ${source.constant(part)}; }
${SHOWN_MEMBERS}${members}`,
    );
  };
  const { members, parts } = structMembers(struct, "at", code);
  const root = namedClass(
    struct.name,
    `constructor(delta) { this[$delta] = delta; this[$parts] = []; ${parts} ${SEAL} } ${state} ${position} ${keptArrays}
get [$last]() { return ${last}; }
get [$struct]() { return ${self}; }
${SHOWN_MEMBERS}${members}`,
  );
  const own = (verb: string): CopyEnd => ({
    at: "at",
    array,
    gone: `gone(record, "${struct.name}", "${verb}");`,
  });
  const target = viewEnd("into", struct, "copy to"), origin = viewEnd("from", struct, "copy from");
  const checkedTarget = `if (into?.[$struct] !== ${self} || into[$readOnly]) ${guard}(record, into);`;
  const checkedSource = `if (${readOnly || `from?.[$struct] !== ${self}`}) ${guard}(from, record);`;
  const copyCode: Readonly<Record<BoundCopy, () => string>> = {
    copyTo: () => `copyTo(into) { ${checkedTarget}${copyText(struct, own("copy from"), target)} }`,
    copyFrom: () => `copyFrom(from) { ${checkedSource}${copyText(struct, origin, own("copy to"))} }`,
    checkTarget: () => `checkTarget(into) { ${checkedTarget}${reachText(struct, target)} }`,
    checkSource: () => `checkSource(from) { ${checkedSource}${reachText(struct, origin)} }`,
  };
  const bound = source.evaluate(`(() => {
var at = ${byteOffset};
const place = { get at() { return at; }, set at(to) { at = to; } };
${classes.join("\n")}
const record = new (${root})(0);
return {
record,
moveTo(byteOffset) { at = byteOffset; },
retire() { at = ${nowhere}; },
isView: (value) => value?.[$struct] === ${self} || ${source.constant(isViewOf)}(${self}, value),
${copies.map((name) => copyCode[name]()).join(",\n")}
};
})()`) as Omit<BoundView<S>, "draft" | "prepare"> & Pick<BoundCopies<S>, C>;
  let draft: ViewOf<S> | undefined, apply: ReturnType<typeof makeApply> | undefined;
  return {
    ...bound,
    draft: () => draft ??= layout.alloc() as ViewOf<S>,
    prepare(values) {
      // A view has no properties of its own that could be found wanting.
      if (typeof values === "object" && values !== null && STRUCT in values) requireView(struct, values);
      draft ??= layout.alloc() as ViewOf<S>;
      apply ??= makeApply(struct);
      apply(draft, values);
    },
  };
}

/** A class under a name that may be used for something else. */
function namedClass(name: string, body: string): string {
  return `({ "${name}": class { ${body} } })["${name}"]`;
}
