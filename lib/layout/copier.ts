import { ReadOnlyError } from "../errors.ts";
import type { Field } from "./field.ts";
import { READ_ONLY, type ViewState } from "./slots.ts";
import { Source } from "./source.ts";
import type { Struct } from "./struct_type.ts";

/** How many elements a copy names one by one: straight code is several times as fast as a loop. */
const STRAIGHT_ELEMENTS = 128;

/**
 * Makes a struct's `copy`, from numbers and a checked identifier only.
 *
 * @param struct The struct.
 * @param requireView Throws if a value is no view of the struct.
 * @returns A function that copies the bytes of one view's struct over another's.
 */
export function copierOf(struct: Struct, requireView: (value: unknown) => void): Struct["copy"] {
  const width = Math.min(struct.alignment, 4);
  const [array, count] = [
    ({ 1: "u8", 2: "u16", 4: "i32" } as Record<number, string>)[width],
    struct.byteLength / width,
  ];
  // Either may be a part of another struct's view, whatever this struct's own views are.
  const at = (view: string): string =>
    `(${view}[$place] === undefined ? ${view}[$at] : ${view}[$place].at + ${view}[$delta])`;
  const code = new Source(), self = code.constant(struct);
  const slow = code.constant((from: unknown, to: unknown) => {
    requireView(from);
    requireView(to);
    if ((to as ViewState)[READ_ONLY]) {
      throw new ReadOnlyError(`Cannot copy to ${struct.name} as its view is read-only`);
    }
  });
  return code.evaluate(`(from, to) => {
if (from?.[$struct] !== ${self} || to?.[$struct] !== ${self} || to[$readOnly]) ${slow}(from, to);
const views = from[$views], views2 = to[$views], byteOffset = ${at("from")}, byteOffset2 = ${at("to")};
const source = views.${array}, target = views2.${array}, s = byteOffset >>> ${width >> 1}, t = byteOffset2 >>> ${
    width >> 1
  };
if (source[s + ${count - 1}] === undefined) gone(from, "${struct.name}", "copy from");
if (target[t + ${count - 1}] === undefined) gone(to, "${struct.name}", "copy to");
${
    count > STRAIGHT_ELEMENTS
      ? `for (let i = 0; i < ${count}; i++) target[t + i] = source[s + i];`
      : straight(struct, width)
  }
}`) as Struct["copy"];
}

/**
 * One statement for each element. 64-bit floats go as such; everything else goes as integers, since engines change the
 * bits of what, as a float, is a NaN.
 */
function straight(struct: Struct, width: number): string {
  const floats = floatOffsets(struct);
  const lines = floats.size === 0 ? [] : [
    "const source64 = views.f64, target64 = views2.f64, s64 = byteOffset >>> 3, t64 = byteOffset2 >>> 3;",
  ];
  for (let at = 0; at < struct.byteLength; at += floats.has(at) ? 8 : width) {
    const [suffix, index] = floats.has(at) ? ["64", at / 8] : ["", at / width];
    lines.push(`target${suffix}[t${suffix} + ${index}] = source${suffix}[s${suffix} + ${index}];`);
  }
  return lines.join("\n");
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
