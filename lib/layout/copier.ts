import { ReadOnlyError } from "../errors.ts";
import type { Field } from "./field.ts";
import { requireView } from "./is_view.ts";
import { READ_ONLY, type ViewState } from "./slots.ts";
import { Source } from "./source.ts";
import type { Struct } from "./struct_type.ts";

/** Up to this many elements are copied one by one: straight code is several times as fast as a loop. */
const STRAIGHT_ELEMENTS = 128;

/** The arrays through which a copy goes, and by how much a byte offset is shifted to an index of theirs. */
const SHIFTS = { u8: 0, u16: 1, i32: 2, f64: 3 } as const;

/** An element of a copy: the array it goes through, and how far after the struct's first. */
type Element = readonly [array: keyof typeof SHIFTS, index: number | string];

/** One end of a copy: fragments of source text. */
export interface CopyEnd {
  /** Where the struct begins, in bytes. */
  readonly at: string;
  /** An array of it. */
  array(name: keyof typeof SHIFTS): string;
  /** A statement that throws the reason why the struct is missing. */
  readonly gone: string;
}

/**
 * One end of a copy that is a view, known by a name of the code.
 *
 * @param name The variable.
 * @param struct The struct.
 * @param verb The operation, in messages.
 */
export function viewEnd(name: string, struct: Struct, verb: string): CopyEnd {
  // Views keep the arrays that their own code names. A closed segment's are empty, all of them.
  const keepsFloats = struct.fields.some(({ field }) => field.kind === "f64");
  return {
    // It may be a part of another struct's view, unlike this struct's own views.
    at: `(${name}[$place] === undefined ? ${name}[$at] : ${name}[$place].at + ${name}[$delta])`,
    array: (array) => array === "f64" && keepsFloats ? `${name}[$f64]` : `${name}[$views].${array}`,
    gone: `gone(${name}, "${struct.name}", "${verb}");`,
  };
}

/**
 * The text of a copy of a struct's bytes: statements.
 *
 * @param struct The struct.
 * @param from The source.
 * @param to The target.
 */
export function copyText(struct: Struct, from: CopyEnd, to: CopyEnd): string {
  const { elements, isLoop, count, integers } = copyOf(struct);
  const arrays = [...new Set(elements.map(([array]) => array))].map((array) =>
    `const from_${array} = ${from.array(array)}, to_${array} = ${to.array(array)};
const s_${array} = source >>> ${SHIFTS[array]}, t_${array} = target >>> ${SHIFTS[array]};`
  );
  const source = ([array, index]: Element): string => `from_${array}[s_${array} + ${index}]`;
  const target = ([array, index]: Element): string => `to_${array}[t_${array} + ${index}]`;
  const last = elements.at(-1)!, [array, index] = last;
  const copy = isLoop
    ? `for (let i = 0; i < ${count}; i++) ${target([integers, "i"])} = ${source([integers, "i"])};`
    : elements.map((element) => `${target(element)} = ${source(element)};`).join("\n");
  return `const source = ${from.at}, target = ${to.at};
${arrays.join("\n")}
if (s_${array} + ${index} >= from_${array}.length) ${from.gone}
if (t_${array} + ${index} >= to_${array}.length) ${to.gone}
${copy}`;
}

/**
 * The text of a copy's checks of one end: statements.
 *
 * @param struct The struct.
 * @param end The end.
 */
export function reachText(struct: Struct, end: CopyEnd): string {
  const [array, index] = copyOf(struct).elements.at(-1)!;
  return `if (((${end.at}) >>> ${SHIFTS[array]}) + ${index} >= ${end.array(array)}.length) ${end.gone}`;
}

/** How a struct is copied: element by element, or in a loop over integers, whose last one stands for all. */
function copyOf(struct: Struct): { elements: Element[]; isLoop: boolean; count: number; integers: Element[0] } {
  const width = Math.min(struct.alignment, 4), integers = width === 4 ? "i32" : width === 2 ? "u16" : "u8";
  const count = struct.byteLength / width, isLoop = count > STRAIGHT_ELEMENTS;
  return { elements: isLoop ? [[integers, count - 1]] : elementsOf(struct, width, integers), isLoop, count, integers };
}

/** The function of a copy that refuses bad views. */
export type RefuseCopy = (from: unknown, to: unknown) => void;

/**
 * @param struct The struct.
 * @returns A function that throws if either is not a view of the struct, or if the second one is read-only.
 */
export function copyGuard(struct: Struct): RefuseCopy {
  return (from, to) => {
    requireView(struct, from);
    requireView(struct, to);
    if ((to as ViewState)[READ_ONLY]) {
      throw new ReadOnlyError(`Cannot copy to ${struct.name} as its view is read-only`);
    }
  };
}

/**
 * Makes a struct's `copy`, from numbers and a checked identifier only.
 *
 * @param struct The struct.
 * @returns A function that copies the bytes of one view's struct over another's.
 */
export function copierOf(struct: Struct): Struct["copy"] {
  const source = new Source(), self = source.constant(struct), guard = source.constant(copyGuard(struct));
  return source.evaluate(`(from, to) => {
if (from?.[$struct] !== ${self} || to?.[$struct] !== ${self} || to[$readOnly]) ${guard}(from, to);
${copyText(struct, viewEnd("from", struct, "copy from"), viewEnd("to", struct, "copy to"))}
}`) as Struct["copy"];
}

/**
 * The elements of a copy. 64-bit floats are copied as such; everything else as integers, since engines change bits
 * that, as a float, are a NaN.
 */
function elementsOf(struct: Struct, width: number, integers: Element[0]): Element[] {
  const floats = floatOffsets(struct);
  const elements: Element[] = [];
  for (let at = 0; at < struct.byteLength; at += floats.has(at) ? 8 : width) {
    elements.push(floats.has(at) ? ["f64", at / 8] : [integers, at / width]);
  }
  return elements;
}

/** Where a field holds 64-bit floats, all the way down. */
function floatOffsets(field: Field, base = 0, found: Set<number> = new Set()): Set<number> {
  if (field.kind === "f64") found.add(base);
  if (field.kind === "struct") {
    for (const part of (field as Struct).fields) floatOffsets(part.field, base + part.byteOffset, found);
  }
  if (field.kind === "array") {
    for (let i = 0; i < field.length!; i++) floatOffsets(field.element!, base + i * field.element!.byteLength, found);
  }
  return found;
}
