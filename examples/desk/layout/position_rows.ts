import { POWERS } from "../input/decimal.ts";

/** What is held, as the number nearest to it, of a row that keeps it exactly. */
export function heldOf({ units, digits }: { readonly units: number; readonly digits: number }): number {
  return units / POWERS[digits];
}
