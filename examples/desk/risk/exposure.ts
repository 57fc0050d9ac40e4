import type { OptionTerms } from "../instrument/option_terms.ts";

/** What is held of an instrument, and its market. */
export interface Exposure {
  /** Coins that it moves like, or options on one; below 0, sold. */
  readonly quantity: number;
  /** Price of the future, or of the future of the option's expiry, in dollars. */
  readonly forward: number;
  /** Which option it is; none for the future. */
  readonly option?: Pick<OptionTerms, "strike" | "expiryMs" | "isCall">;
  /** The option's volatility, a fraction. */
  readonly volatility?: number;
}
