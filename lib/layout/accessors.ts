/**
 * The classes behind views, generated once per struct. Closures over typed arrays would do the same, but engines keep
 * one profile for all closures of one place in the source: with twenty structs alive, such accessors took 4 to 26 times
 * as long as typed arrays, generated getters 1.0 to 1.5 and setters, which check, 1.0 to 3 times
 * (`bench/accessors.bench.ts`). The code holds checked identifiers and numbers only.
 *
 * @module
 */

import { readCode, type Scope, writeCode } from "./codec.ts";
import type { Field, FieldArray } from "./field.ts";
import { DELTA, LABEL, PARTS, PLACE, type Place, READ_ONLY, STRUCT, VIEWS, type ViewState } from "./slots.ts";
import { DENO_INSPECT, type Inspect, NODE_INSPECT, withoutBigInts } from "./shown.ts";
import { ARRAY_NAMES, Source } from "./source.ts";
import type { Struct, StructField } from "./struct_type.ts";
import { plain, replacePart } from "./values.ts";
import type { Views } from "./views.ts";

/** A view's class. `at` is a number for a struct without parts, a shared place for all others. */
export type ViewClass = new (
  views: Views,
  at: number | Place,
  delta: number,
  label: string,
  last?: number,
) => ViewState;

/**
 * @param field A field.
 * @returns Whether it has its own view.
 */
export function isPart(field: Field): boolean {
  return field.kind === "struct" || field.kind === "array";
}

/** What a struct's view shows of itself. A field of the same name takes the place of a method. */
export const SHOWN_MEMBERS = "toJSON() { return jsonOf(this); } " +
  "[$nodeInspect](_depth, options, inspect) { return shown(this, options, inspect); } " +
  "[$denoInspect](inspect, options) { return shown(this, options, inspect); }\n";

/** The end of a constructor: assigning a misspelt field is an error in JavaScript, too. */
export const SEAL = "Object.preventExtensions(this);";

/** Classes by field and by the two bits placed and read-only. */
const classes: WeakMap<Field, (ViewClass | undefined)[]> = new WeakMap();

/**
 * @param field A struct or an array.
 * @param placed Whether views share their position with others; always, for an array.
 * @param readOnly Whether setters refuse.
 * @returns The class of its views.
 */
export function viewClass(field: Field, placed: boolean, readOnly: boolean): ViewClass {
  let made = classes.get(field);
  if (made === undefined) classes.set(field, made = []);
  return made[(placed ? 1 : 0) + (readOnly ? 2 : 0)] ??= field.kind === "array"
    ? arrayClass(field, readOnly)
    : structClass(field as Struct, placed, readOnly);
}

/** How the classes of one piece of code refer to their values. Fragments of source text. */
export interface ViewCode {
  readonly source: Source;
  /** Whether setters refuse. */
  readonly readOnly: boolean;
  /** A further condition, after "or", under which a struct cannot be written; or nothing. */
  readonly isGone: string;
  /** The typed array of a kind. */
  array(kind: string): string;
  /** An expression for the class of a part's views. */
  classOf(part: Field): string;
  /** The parameters of constructors before `delta` and `label`, each with a comma. */
  readonly given: string;
}

/** Where a struct without parts keeps its position, and where one with parts keeps its own. */
const ALONE = "this[$at]", PLACED = "this[$place].at + this[$delta]";

/** Views with memory of their own: the values are properties of each. */
function ownCode(source: Source, readOnly: boolean): ViewCode {
  return {
    source,
    readOnly,
    isGone: "",
    array: (kind) => `this[$${kind}]`,
    classOf: (part) => source.constant(viewClass(part, true, readOnly)),
    given: "views, at, ",
  };
}

/** Keeps the typed arrays which the code of a class names. */
function keepArrays(code: string): string {
  const arrays = ARRAY_NAMES.filter((name) => code.includes(`$${name}]`));
  return `this[$views] = views; this[$parts] = []; ${
    arrays.map((name) => `this[$${name}] = views.${name};`).join(" ")
  }`;
}

const KEEP_PLACE = "this[$place] = at; this[$delta] = delta;";

function structClass(struct: Struct, placed: boolean, readOnly: boolean): ViewClass {
  const source = new Source(), code = ownCode(source, readOnly);
  const { members, parts } = structMembers(struct, placed ? PLACED : ALONE, code);
  const position = placed ? `${KEEP_PLACE} ${parts}` : "this[$at] = at;";
  const made = source.evaluate(
    `({ "${struct.name}": class {\nconstructor(views, at, delta, label, last) {\n` +
      `${keepArrays(members)} this[$last] = last; ${position} ${SEAL} }\n` +
      `${SHOWN_MEMBERS}${members}\n} })["${struct.name}"]`,
  ) as ViewClass;
  Object.defineProperty(made.prototype, READ_ONLY, { value: readOnly });
  Object.defineProperty(made.prototype, STRUCT, { value: struct });
  return made;
}

function arrayClass(field: Field, readOnly: boolean): ViewClass {
  const source = new Source();
  const members = arrayMembers(field, PLACED, ownCode(source, readOnly));
  const made = source.evaluate(`class extends ${source.constant(ArrayView)} {
constructor(views, at, delta, label) { super(label); ${keepArrays(members)} ${KEEP_PLACE} ${SEAL} }
${members}
}`) as ViewClass;
  Object.defineProperty(made.prototype, READ_ONLY, { value: readOnly });
  return made;
}

/**
 * @param struct A struct.
 * @param base Where a view of it begins.
 * @param code How its classes refer to their values.
 * @returns The accessors of its class, and the statements of its constructor that make the views of its parts.
 */
export function structMembers(struct: Struct, base: string, code: ViewCode): { members: string; parts: string } {
  const { source, readOnly, isGone } = code, parts: string[] = [];
  const accessors = ({ name, field, byteOffset }: StructField, slot: number): string => {
    const label = `"${struct.name}.${name}"`;
    if (isPart(field)) {
      const part = source.constant(Symbol(name));
      parts.push(`this[${part}] = new ${code.classOf(field)}(${code.given}delta + ${byteOffset}, ${label});`);
      return `get ${name}() { return this[${part}]; }`;
    }
    const scope: Scope = {
      array: code.array,
      at: byteOffset === 0 ? base : `${base} + ${byteOffset}`,
      label,
      part: `${slot}`,
      readOnly,
      isGone,
      constant: (value) => source.constant(value),
    };
    return `get ${name}() { ${readCode(field, scope)} }\nset ${name}(v) { ${writeCode(field, scope)} }`;
  };
  return { members: struct.fields.map(accessors).join("\n"), parts: parts.join(" ") };
}

/**
 * @param field An array.
 * @param base Where a view of it begins.
 * @param code How its class refers to its values.
 * @returns The members of its class, which extends `ArrayView`.
 */
export function arrayMembers(field: Field, base: string, code: ViewCode): string {
  const { source, readOnly, isGone } = code, element = field.element!, length = field.length!;
  const label = 'this[$label] + "[" + index + "]"', offset = `index * ${element.byteLength}`;
  let get: string, set: string;
  if (isPart(element)) {
    const given = code.given === "" ? "" : "this[$views], this[$place], ";
    get = `return this[$parts][index] ??= new ${code.classOf(element)}(${given}this[$delta] + ${offset}, ${label});`;
    const replace = `${source.constant(replacePart)}(${source.constant(element)}, this.get(index), v, ${label});`;
    set = readOnly ? `refuseReadOnly(${label});` : replace;
  } else {
    const constant = (value: unknown): string => source.constant(value);
    const at = `${base} + ${offset}`;
    const scope: Scope = { array: code.array, at, label, part: "index", readOnly, isGone, constant };
    get = readCode(element, scope);
    set = writeCode(element, scope);
  }
  const check = `if (index >>> 0 !== index || index >= ${length}) outside(this[$label], index, ${length});`;
  return `get length() { return ${length}; }
get element() { return ${source.constant(element)}; }
get(index) { ${check} ${get} }
set(index, v) { ${check} ${set} }`;
}

/** What the classes of arrays have in common. */
export abstract class ArrayView implements FieldArray, ViewState {
  declare readonly [VIEWS]: Views;
  declare readonly [PLACE]: Place;
  declare readonly [DELTA]: number;
  declare readonly [PARTS]: unknown[];
  declare readonly [READ_ONLY]: boolean;
  declare readonly length: number;
  declare readonly element: Field;
  readonly [LABEL]: string;

  constructor(label: string) {
    this[LABEL] = label;
  }

  abstract get(index: number): unknown;
  abstract set(index: number, value: unknown): void;

  toArray(): unknown[] {
    return Array.from(this, (value) => plain(this.element, value));
  }

  toJSON(): unknown {
    return withoutBigInts(this.toArray());
  }

  [NODE_INSPECT](_depth: number, options: unknown, inspect: Inspect): string {
    return this[VIEWS].closed ? "(its segment was closed)" : inspect(this.toArray(), options);
  }

  [DENO_INSPECT](inspect: Inspect, options: unknown): string {
    return this[NODE_INSPECT](0, options, inspect);
  }

  *[Symbol.iterator](): IterableIterator<unknown> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }
}
