/** What an option is, as far as its price depends on it. */
export interface OptionTerms {
  /** The coin, such as `BTC`. */
  readonly currency: string;
  /** When it expires, milliseconds since 1970. */
  readonly expiryMs: number;
  /** In dollars. */
  readonly strike: number;
  /** Whether it is a call, not a put. */
  readonly isCall: boolean;
}
