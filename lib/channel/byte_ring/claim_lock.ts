import { Backoff, compareExchange, load } from "../../atomic/mod.ts";
import type { Region } from "../../memory/mod.ts";
import { CLAIM_LOCK_OFFSET } from "./format.ts";

/** How a claim waits for another one that is not done after some nanoseconds, and so was interrupted or is dead. */
const PATIENCE = { spins: 6, yields: 16, firstSleepMs: 0.05, longestSleepMs: 0.4 };
/** How often it then sleeps: a millisecond in all. */
const SLEEPS = 4;

/**
 * Makes the function that takes the claim lock while another producer holds it: once it is released, or at once if its
 * holder is dead.
 */
export function lockTaker({ views: { i32: words }, party }: Region): () => boolean {
  const backoff = new Backoff(PATIENCE), lock = CLAIM_LOCK_OFFSET / 4;
  return () => {
    backoff.reset();
    for (let sleeps = 0; sleeps < SLEEPS; backoff.step()) {
      const holder = load(words, lock); // pairs: byte ring claim lock
      if (holder !== 0) {
        if (!backoff.isSleeping) continue;
        sleeps++;
        if (party.isAlive(holder)) continue;
      }
      // The tail shows whatever the dead holder did: see format.ts. A death right after this leaves the same again.
      if (compareExchange(words, lock, holder, party.id) === holder) return true;
    }
    return false;
  };
}
