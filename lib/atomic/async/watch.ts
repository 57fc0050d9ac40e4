/**
 * A word that is watched in the event loop, until the watch has called or is ended. It does not keep the process alive.
 */
export interface Watch {
  /** Whether the call comes as soon as the word changes. If not, the caller checks the word now and then. */
  readonly isPrompt: boolean;

  /**
   * Ends the watch: it no longer calls. The second time, and after it has called, nothing happens.
   *
   * @param hasTaken Whether the caller has already taken what it waited for. If not, a wake-up that has reached this
   * watch meanwhile is passed on to another sleeper, which may need it.
   */
  end(hasTaken: boolean): void;
}

/** The watch of a word that has changed already: it calls soon. */
export class SpentWatch implements Watch {
  readonly isPrompt = true;
  #wake: (() => void) | undefined;

  constructor(wake: () => void) {
    this.#wake = wake;
    queueMicrotask(() => {
      const call = this.#wake;
      this.#wake = undefined;
      call?.();
    });
  }

  end(_hasTaken: boolean): void {
    this.#wake = undefined;
  }
}
