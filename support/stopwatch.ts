/**
 * For tests of what is to happen soon: a stopwatch that stands still while the machine gives its process no processor.
 * A bound in its milliseconds holds on a slow or busy machine too, and is as strict as any on an idle one.
 *
 * @module
 */

/** How long it may take for a timer of a millisecond to ring where a processor is free. */
const PUNCTUAL_MS = 2;

/** Runs from when it is made, while the event loop runs. */
export class Stopwatch {
  readonly #timer: ReturnType<typeof setInterval>;
  #last: number = performance.now();
  #ms = 0;

  constructor() {
    this.#timer = setInterval(() => this.#ring(), 1);
  }

  /** Stops it. @returns The milliseconds that it ran, in which the process could have done something. */
  stop(): number {
    clearInterval(this.#timer);
    this.#ring();
    return this.#ms;
  }

  #ring(): void {
    const now = performance.now();
    this.#ms += Math.min(now - this.#last, PUNCTUAL_MS);
    this.#last = now;
  }
}

/** How often something is tried that may be late once, as other processes want the processors. */
const TRIES = 3;

/**
 * Does what is to happen soon, and again if it was late: a busy machine delays one, and a fault each of them.
 *
 * @param mostMs How long it may take.
 * @param once Does it. Resolves to how long it took, in milliseconds.
 * @returns How long it took when it took least.
 */
export async function soonest(mostMs: number, once: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < TRIES && least >= mostMs; i++) least = Math.min(least, await once());
  return least;
}
