/**
 * Figures as text.
 *
 * @module
 */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });
/** By digits after the point. */
const exact: Intl.NumberFormat[] = [];

/** 1,234,567. */
export function count(value: number): string {
  return whole.format(value);
}

/** 1 gap, 2 gaps, 1,234 gaps. */
export function plural(value: number, one: string, many: string = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** At most three digits after the point. */
export function amount(value: number): string {
  return short.format(value);
}

/** With a given number of decimal digits. */
export function fixed(value: number, digits: number): string {
  exact[digits] ??= new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return exact[digits].format(value);
}

/** Nanoseconds, in the unit that fits. */
export function duration(ns: number): string {
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${digits3(ns / 1e3)} µs`;
  if (ns < 1e9) return `${digits3(ns / 1e6)} ms`;
  return `${digits3(ns / 1e9)} s`;
}

/** A part of 1 as per cent. */
export function percent(part: number): string {
  return Number.isFinite(part) ? `${fixed(part * 100, 1)} %` : "–";
}

function digits3(value: number): string {
  return fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0);
}
