import { expiryName } from "./expiry.ts";
import type { OptionTerms } from "./option_terms.ts";

/** The name that Deribit gives an option whose price is in coins. */
export function optionName({ currency, expiryMs, strike, isCall }: OptionTerms): string {
  return `${currency}-${expiryName(expiryMs)}-${String(strike).replace(".", "d")}-${isCall ? "C" : "P"}`;
}
