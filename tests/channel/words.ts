import { assertEquals } from "@std/assert";
import type { Region } from "@shmkit/shmkit";

/**
 * Runs something that must leave shared memory as it was.
 *
 * @param region The memory.
 * @param except Offsets of words that may change: counts and marks of sleepers.
 * @param fn What is run.
 */
export function leavesWords(region: Region, except: readonly number[], fn: () => void): void {
  const snapshot = () => {
    const words = Array.from(region.source.i32 as Int32Array);
    for (const offset of except) words[offset / 4] = 0;
    return words;
  };
  const before = snapshot();
  fn();
  assertEquals(snapshot(), before);
}
