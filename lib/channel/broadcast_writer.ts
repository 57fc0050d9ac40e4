import { load } from "../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../errors.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../layout/mod.ts";
import type { Region, Role } from "../memory/mod.ts";
import { EventCount } from "../sync/mod.ts";
import { broadcastWriterPaths, type BroadcastWriterState } from "./broadcast_code.ts";
import { BROADCAST_HEADER_BYTES, PUBLISHED_EVENT_OFFSET, TAIL_OFFSET } from "./broadcast_descriptor.ts";
import { type BroadcastGeometry, totalOf } from "./broadcast_geometry.ts";

/**
 * The one writer of a {@linkcode Broadcast}. It never waits for a reader and knows of none. What was claimed and not
 * published is never seen, whatever happens to the writer. Closing it, or the death of its process, gives the role to
 * others.
 */
export class BroadcastWriter<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #region: Region;
  readonly #role: Role;
  readonly #geometry: BroadcastGeometry;
  readonly #state: BroadcastWriterState;
  #isOpen = true;

  /**
   * Claims the next record, behind those already claimed and not yet published: half the capacity at most.
   *
   * @returns The record to fill, with old bytes in it. It is the same view each time, moved on: fill each record before
   * claiming the next.
   * @throws {RangeError} If too many are claimed.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly claim: () => ViewOf<S>;

  /**
   * Publishes all that was claimed, in one step. No system call, unless a reader sleeps.
   *
   * @throws {TypeError} If nothing was claimed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly publish: () => void;

  /**
   * Claims a record, fills it and publishes it, after whatever was claimed before.
   *
   * @param value A view, copied as it is; or an object, whose fields are checked. What it leaves out is not defined.
   * @throws {TypeError | RangeError} If a value does not fit; nothing is then published.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly push: (value: ViewOf<S> | Partial<ValueOf<S>>) => void;

  /** Use `Broadcast.writer`. */
  constructor(layout: S, region: Region, role: Role, geometry: BroadcastGeometry) {
    const words = region.views.i32;
    this.#region = region;
    this.#role = role;
    this.#geometry = geometry;
    // Written by the role's last holder. Its exchange, or its end, came before ours.
    const tail = load(words, TAIL_OFFSET / 4);
    this.#state = { next: tail, tail, limit: (tail + geometry.batch) | 0 };
    const { claim, publish, push } = broadcastWriterPaths(layout, {
      words,
      geometry,
      record: layout.view(region.views, BROADCAST_HEADER_BYTES) as ViewOf<S>,
      state: this.#state,
      published: new EventCount(words, PUBLISHED_EVENT_OFFSET / 4),
      refuseClaim: () => this.#refuseClaim(),
      refusePublish: () => this.#refusePublish(),
    });
    this.claim = claim;
    this.publish = publish;
    this.push = push;
  }

  /** The position of the record to be published next: how many were published in the broadcast's life. */
  get position(): number {
    this.#requireUse();
    return totalOf(this.#region.source.i32);
  }

  /** How many records were claimed and not yet published. */
  get claimed(): number {
    return (this.#state.next - this.#state.tail) | 0;
  }

  /** Forgets all that was claimed and not published. */
  abort(): void {
    this.#state.next = this.#state.tail;
    if (!this.#isOpen) this.#state.limit = this.#state.next;
  }

  /** Gives the role back; what was claimed and not published is never seen. The second time nothing happens. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.abort();
    if (!this.#region.source.closed) this.#role.release();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #refuseClaim(): never {
    this.#requireUse();
    throw new RangeError(
      `Cannot claim a record of ${this.#region.name} as at most ${this.#geometry.batch} may be before a publish: found ${this.claimed}`,
    );
  }

  #refusePublish(): never {
    this.#requireUse();
    throw new TypeError(`Cannot publish to ${this.#region.name} as nothing was claimed; call claim() first`);
  }

  #requireUse(): void {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot write ${this.#region.name} as its segment was closed; open it again`);
    }
    if (!this.#isOpen) {
      throw new NotOwnerError(`Cannot write ${this.#region.name} as this writer was closed; call writer() again`);
    }
  }
}
