/**
 * Figures and foreign text as text.
 *
 * @module
 */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** 1,234,567. */
export function count(value: number): string {
  return whole.format(value);
}

/** A fact of a part: whole numbers with commas, others with as many digits as matter. */
export function fact(value: number | string | boolean): string {
  if (typeof value !== "number") return harmless(String(value));
  return Number.isInteger(value) ? whole.format(value) : String(Number(value.toPrecision(8)));
}

/** "a, b, c and 12 more". */
export function some(names: readonly string[], most: number): string {
  const more = names.length - most;
  return names.slice(0, most).map(harmless).join(", ") + (more > 0 ? ` and ${whole.format(more)} more` : "");
}

/** 1 gap, 2 gaps. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Bytes in the unit that fits, such as "1.5 MiB". */
export function bytes(value: number): string {
  let unit = 0, scaled = value;
  while (scaled >= 1024 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${scaled >= 100 || Number.isInteger(scaled) ? Math.round(scaled) : scaled.toFixed(1)} ${UNITS[unit]}`;
}

/** A span of time in the two units that matter: "3 s", "5 min 2 s", "2 d 4 h". */
export function span(ms: number): string {
  const s = Math.floor(ms / 1000);
  if (s < 1) return `${Math.max(0, Math.round(ms))} ms`;
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor(s % 86_400 / 3600)} h`;
}

/** How often a second: "0", "12.5", "1.2 M". */
export function rate(perSecond: number): string {
  if (perSecond >= 1e7) return `${(perSecond / 1e6).toFixed(0)} M`;
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)} M`;
  if (perSecond >= 1e4) return `${(perSecond / 1e3).toFixed(0)} k`;
  return perSecond >= 100 || Number.isInteger(perSecond) ? count(perSecond) : perSecond.toFixed(1);
}

/** What moves a terminal's cursor, or turns the direction of text. */
// deno-lint-ignore no-control-regex -- those are what is replaced
const HARMFUL = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff]/g;

/** What a program of another user may have written: without what would move a terminal's cursor. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, (char) => {
    const code = char.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : escaped(char);
  });
}

/** The same for JSON, whose meaning does not change: it escapes only half of these itself. Its line ends remain. */
export function harmlessJson(text: string): string {
  return text.replace(HARMFUL, (char) => char === "\n" ? char : escaped(char));
}

function escaped(char: string): string {
  return `\\u${char.codePointAt(0)!.toString(16).padStart(4, "0")}`;
}
