/**
 * How a thread waits for a channel:
 *
 * * `"block"`: polls for some microseconds, then sleeps in the kernel until woken. Burns nothing, and costs a wake-up
 *   of some microseconds and the other side one system call.
 * * `"yield"`: polls, and gives the processor to other threads in between. Uses a core that no other thread wants.
 * * `"spin"`: polls all the time, with a pause of the processor in between. The fastest, where a core can be spared for
 * it.
 */
export type WaitStrategy = "spin" | "yield" | "block";

/** How a role of a channel waits, once taken. */
export interface RoleOptions {
  /** How the methods that wait do so. Defaults to `"block"`. */
  readonly wait?: WaitStrategy;
  /**
   * How long a task that begins to wait in the event loop polls between its turns, in milliseconds, if the last wait
   * was not longer: what comes in quick succession then needs no wake-up, and takes a core. 0: never. Defaults to 2.
   */
  readonly pollMs?: number;
}
