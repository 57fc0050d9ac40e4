/** An option, as its exchange's name tells it. */
export interface OptionName {
  /** The coin, such as `BTC`. */
  readonly currency: string;
  /** When it expires, milliseconds since 1970: 08:00 UTC of its day. */
  readonly expiryMs: number;
  /** In dollars. */
  readonly strike: number;
  /** Whether it is a call, not a put. */
  readonly isCall: boolean;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] as const;
const PATTERN = /^([A-Z]+)-(\d{1,2})([A-Z]{3})(\d{2})-(\d+)-([CP])$/;
const EXPIRY_HOUR = 8;

/** Reads a name such as `BTC-25MAR22-400000-C`; undefined if it is none of an option. */
export function parseOptionName(name: string): OptionName | undefined {
  const match = PATTERN.exec(name);
  if (match === null) return undefined;
  const [, currency, day, monthName, year, strike, right] = match;
  const month = MONTHS.indexOf(monthName as typeof MONTHS[number]);
  if (month === -1) return undefined;
  return {
    currency,
    expiryMs: Date.UTC(2000 + Number(year), month, Number(day), EXPIRY_HOUR),
    strike: Number(strike),
    isCall: right === "C",
  };
}

/** The name of an option: `parseOptionName` reads it. */
export function optionName({ currency, expiryMs, strike, isCall }: OptionName): string {
  const date = new Date(expiryMs);
  const year = String(date.getUTCFullYear() % 100).padStart(2, "0");
  const day = `${date.getUTCDate()}${MONTHS[date.getUTCMonth()]}${year}`;
  return `${currency}-${day}-${strike}-${isCall ? "C" : "P"}`;
}
