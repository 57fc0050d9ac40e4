/**
 * Calls functions at intervals. While it has some, it keeps the process alive, and so for one interval more.
 */
export class Ticker {
  readonly #intervalMs: number;
  readonly #calls = new Set<() => void>();
  #timer: unknown;

  /** @param intervalMs Between two calls, in milliseconds. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Calls a function from now on. It must not throw. */
  add(call: () => void): void {
    this.#calls.add(call);
    this.#timer ??= setInterval(() => this.#tick(), this.#intervalMs);
  }

  /** Does not call it any more. */
  delete(call: () => void): void {
    this.#calls.delete(call);
  }

  /** Calls all of them. */
  callAll(): void {
    for (const call of [...this.#calls]) if (this.#calls.has(call)) call();
  }

  #tick(): void {
    if (this.#calls.size > 0) return this.callAll();
    // Not at once when the last one has gone: the next one is often not far.
    clearInterval(this.#timer as number);
    this.#timer = undefined;
  }
}
