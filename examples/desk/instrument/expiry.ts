/**
 * Days of expiry, as in names of instruments. All venues settle at 08:00 UTC.
 *
 * @module
 */
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] as const;
const EXPIRY_HOUR = 8;

/** Reads a day such as `27DEC24`; undefined if there is no such day. */
export function expiryOfName(text: string): number | undefined {
  const match = /^(\d{1,2})([A-Z]{3})(\d{2})$/.exec(text);
  if (match === null) return undefined;
  return expiryOf(Number(match[3]), MONTHS.indexOf(match[2] as typeof MONTHS[number]), Number(match[1]));
}

/** Reads a day such as `241227`; undefined if there is no such day. */
export function expiryOfDigits(text: string): number | undefined {
  const match = /^(\d{2})(\d{2})(\d{2})$/.exec(text);
  return match === null ? undefined : expiryOf(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
}

/** A day as `expiryOfName` reads it. */
export function expiryName(expiryMs: number): string {
  const date = new Date(expiryMs);
  const year = String(date.getUTCFullYear() % 100).padStart(2, "0");
  return `${date.getUTCDate()}${MONTHS[date.getUTCMonth()]}${year}`;
}

/** `Date.UTC` takes the 31st of February for a day in March. */
function expiryOf(year: number, month: number, day: number): number | undefined {
  const ms = Date.UTC(2000 + year, month, day, EXPIRY_HOUR), date = new Date(ms);
  return date.getUTCMonth() === month && date.getUTCDate() === day ? ms : undefined;
}
