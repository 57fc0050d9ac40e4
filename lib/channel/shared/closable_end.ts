import type { ChannelEnd } from "./channel_end.ts";
import type { Waiter } from "./waiter.ts";

/** What an end that is closed is made of. */
export interface ClosableParts {
  readonly end: ChannelEnd;
  /** Its hot paths, which refuse from their closing on. */
  readonly path: { close(): void };
  /** Where tasks wait, if it has any. */
  readonly waiter?: Waiter;
  /** Releases what it holds. */
  readonly vacate: () => void;
}

/**
 * One end of a part, such as a producer of a channel or the writer of a table. It holds a role, or a place of its own,
 * which its closing, or the death of its process, gives to others.
 */
export abstract class ClosableEnd implements Disposable {
  readonly #parts: ClosableParts;

  /** Made by the part. */
  protected constructor(parts: ClosableParts) {
    this.#parts = parts;
  }

  /** Gives up what was begun and not published, and releases what it holds. The second time nothing happens. */
  close(): void {
    const { end, path, vacate, waiter } = this.#parts;
    if (!end.isOpen) return;
    path.close();
    end.close(vacate);
    if (waiter !== undefined) waiter.checkNow();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
