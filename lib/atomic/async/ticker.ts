/**
 * Calls functions at intervals. While it has any, and for one interval more, it keeps the process alive.
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

  /** Stops calling it. */
  delete(call: () => void): void {
    this.#calls.delete(call);
  }

  /** Calls all of them. */
  callAll(): void {
    for (const call of [...this.#calls]) if (this.#calls.has(call)) call();
  }

  #tick(): void {
    if (this.#calls.size > 0) return this.callAll();
    // Not at once when the last function is removed: the next one often comes soon.
    clearInterval(this.#timer as number);
    this.#timer = undefined;
  }
}
