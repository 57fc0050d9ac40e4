import { ReadOnlyError } from "../errors.ts";
import { type ReadonlyViews, Views } from "../layout/mod.ts";
import { shown } from "./option_checks.ts";
import { LocalParty, type Party } from "./party.ts";

/**
 * A byte range that several processes or threads share, with typed-array views over it. Every shared thing lives in
 * one. It is a part of a segment, or of a `SharedArrayBuffer`: then it works in any runtime, without a permission, for
 * the threads of one process.
 *
 * @example A region that a Worker can share
 * ```ts
 * import { Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const memory = new SharedArrayBuffer(4096); // postMessage(memory) to a Worker, which makes its own Region of it
 * const region = Region.over(memory);
 * region.views.f64[0] = 1.5;
 * assertEquals(Region.over(memory).views.f64[0], 1.5);
 * ```
 */
export class Region {
  /** What the region is called in messages. */
  readonly name: string;
  /** Whether writing is refused. */
  readonly readOnly: boolean;
  /** This attachment's identity, and the liveness of others. */
  readonly party: Party;
  readonly #views: Views;

  /**
   * Makes a region of views and a party that exist already. For most programs, `Region.over` and segments do this.
   *
   * @param name What the region is called in messages.
   * @param views The memory.
   * @param party This attachment's identity, and the liveness of others.
   * @param readOnly Whether writing is refused.
   * @param isOwn Whether `views` hands out this memory itself; if not, `Views.lent`. Defaults to true.
   */
  constructor(name: string, views: Views, party: Party, readOnly: boolean, isOwn = true) {
    this.name = name;
    this.#views = isOwn ? views : views.lent;
    this.party = party;
    this.readOnly = readOnly;
  }

  /**
   * A region over memory that the runtime manages.
   *
   * @param buffer The memory; a `SharedArrayBuffer` where other threads share it.
   * @param byteOffset Where the region starts, a multiple of 8.
   * @param byteLength Its length; defaults to the rest of the buffer.
   * @throws {TypeError} If it is not a buffer.
   * @throws {RangeError} If the range is not within it.
   */
  static over(buffer: SharedArrayBuffer | ArrayBuffer, byteOffset = 0, byteLength?: number): Region {
    if (!(buffer instanceof SharedArrayBuffer || buffer instanceof ArrayBuffer)) {
      throw new TypeError(
        `Cannot make a region as its memory must be a SharedArrayBuffer or an ArrayBuffer: received ${shown(buffer)}`,
      );
    }
    return new Region("memory", new Views(buffer, byteOffset, byteLength), new LocalParty(), false);
  }

  /** Length in bytes. */
  get byteLength(): number {
    return this.#views.byteLength;
  }

  /**
   * The typed arrays, for writing. They are raw: writes are not checked.
   *
   * @throws {ReadOnlyError} On a read-only attachment, where a write would crash the process.
   */
  get views(): Views {
    if (this.readOnly) {
      throw new ReadOnlyError(`Cannot write ${this.name} as it is attached for reading only; attach without readOnly`);
    }
    return this.#views;
  }

  /**
   * The typed arrays, for reading. On a read-only attachment they refuse writes with a `ReadOnlyError` and are slower
   * to read; so are views of structs over them.
   */
  get source(): ReadonlyViews {
    return this.#views;
  }
}
