import { f64, struct, u32 } from "../../mod.ts";

/** A record that shows what was torn, lost or doubled. */
export const Sample = struct("Sample", { sequence: u32, copy: u32, time: f64 });

/** Waits so long. */
export function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
