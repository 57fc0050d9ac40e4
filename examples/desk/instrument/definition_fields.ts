/**
 * What definitions of instruments hold, of which nothing is taken for granted.
 *
 * @module
 */

/** Whether a value is an object with members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text; empty if there is none. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A finite number, or one in a text; NaN if there is none. */
export function numberOf(value: unknown): number {
  const number = typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : NaN;
  return Number.isFinite(number) ? number : NaN;
}

/** Digits after the point of a step such as 0.0005 or "0.10"; NaN if there is none. */
export function digitsOf(step: unknown): number {
  const value = numberOf(step);
  if (!(value > 0)) return NaN;
  for (let digits = 0; digits <= 15; digits++) {
    const units = value * 10 ** digits;
    if (Math.abs(units - Math.round(units)) <= 1e-9 * units) return digits;
  }
  return NaN;
}
