import {
  AT,
  bytesAt,
  copyBytes,
  DELTA,
  farOffset,
  gone,
  LABEL,
  LAST,
  outside,
  PARTS,
  PLACE,
  READ_ONLY,
  refuse,
  refuseReadOnly,
  STRUCT,
  unnamed,
  VIEWS,
} from "./slots.ts";
import { DENO_INSPECT, jsonOf, NODE_INSPECT, shown } from "./shown.ts";
import { readText, writeText } from "./text.ts";

/** The symbols under which a view keeps the parts of its `Views`. */
export const ARRAY_NAMES = ["i8", "u8", "i16", "u16", "i32", "u32", "f32", "f64", "i64", "u64"] as const;

/** The names that generated code may use; all others are constants of one piece. */
const ENVIRONMENT: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(ARRAY_NAMES.map((name) => [`$${name}`, Symbol(name)])),
  $views: VIEWS,
  $at: AT,
  $place: PLACE,
  $delta: DELTA,
  $parts: PARTS,
  $label: LABEL,
  $last: LAST,
  $readOnly: READ_ONLY,
  $struct: STRUCT,
  $nodeInspect: NODE_INSPECT,
  $denoInspect: DENO_INSPECT,
  bytesAt,
  copyBytes,
  farOffset,
  gone,
  jsonOf,
  outside,
  readText,
  refuse,
  refuseReadOnly,
  shown,
  unnamed,
  writeText,
};

const ENVIRONMENT_NAMES = Object.keys(ENVIRONMENT);

/** Engines share profiles between functions of equal source text, hence a number in each. */
let serial = 0;

/** One piece of generated code and the values it refers to. */
export class Source {
  readonly #constants: unknown[] = [];

  /**
   * @param value Any value.
   * @returns Its name within the code.
   */
  constant(value: unknown): string {
    const known = this.#constants.indexOf(value);
    return `c${known < 0 ? this.#constants.push(value) - 1 : known}`;
  }

  /**
   * @param expression The code.
   * @returns Its value.
   */
  evaluate(expression: string): unknown {
    const used = ENVIRONMENT_NAMES.filter((name) => expression.includes(name));
    const names = this.#constants.map((_, i) => `c${i}`).join(", ");
    return new Function(
      "environment",
      "constants",
      `"use strict"; /* ${serial++} */ const { ${used.join(", ")} } = environment, [${names}] = constants;\n` +
        `return ${expression};`,
    )(ENVIRONMENT, this.#constants);
  }
}
