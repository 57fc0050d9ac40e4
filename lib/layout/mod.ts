/**
 * Records described once: their bytes, their views, their text and their C header.
 *
 * @module
 */

export { cHeader } from "./c_header.ts";
export {
  array,
  bool,
  bytes,
  chars,
  decimal,
  enumeration,
  f32,
  f64,
  type Field,
  type FieldArray,
  type FieldKind,
  i16,
  i32,
  i64,
  i8,
  type NumberKind,
  u16,
  u32,
  u53,
  u64,
  u8,
} from "./field.ts";
export { assertSameLayout, diffSchemas } from "./same_layout.ts";
export { parseSchema } from "./schema.ts";
export { struct } from "./struct.ts";
export type {
  AnyStruct,
  Fields,
  Struct,
  StructField,
  Value,
  ValueOf,
  View,
  ViewOf,
  ViewOfField,
  ViewOptions,
} from "./struct_type.ts";
export { type AnyBuffer, type ReadonlyViews, Views } from "./views.ts";
