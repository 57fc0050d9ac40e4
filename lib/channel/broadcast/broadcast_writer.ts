import { isFenced, load } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../../errors.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import { type Region, Role } from "../../memory/mod.ts";
import { EventCount, type Mutex } from "../../sync/mod.ts";
import { type BroadcastWriterPaths, broadcastWriterPaths } from "./broadcast_code.ts";
import { BROADCAST_HEADER_BYTES, PUBLISHED_EVENT_OFFSET, TAIL_OFFSET } from "./format.ts";
import { type BroadcastGeometry, totalOf } from "./geometry.ts";

/**
 * A writer of a {@linkcode Broadcast}: the only one, or one of many, who take turns from `claim` to `publish`. It never
 * waits for a reader and knows of none. What was claimed and not published is never seen, whatever happens to the writer.
 * Closing it, or the death of its process, gives the role, or the turn, to others.
 */
export class BroadcastWriter<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #region: Region;
  readonly #turn: Role | Mutex;
  readonly #geometry: BroadcastGeometry;
  readonly #paths: BroadcastWriterPaths<S>;
  #isOpen = true;
  #hasTurn = false;

  /**
   * Claims the next record, behind those already claimed and not yet published: half the capacity at most. Of many
   * writers, one that has claimed keeps all others waiting here until it publishes or aborts, stays as it is where it is
   * stopped, and is passed over if it dies.
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
  constructor(layout: S, region: Region, turn: Role | Mutex, geometry: BroadcastGeometry) {
    const words = region.views.i32;
    this.#region = region;
    this.#turn = turn;
    this.#geometry = geometry;
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const { claim, publish, push } = this.#paths = broadcastWriterPaths(layout, {
      words,
      geometry,
      record: layout.view(region.views, BROADCAST_HEADER_BYTES) as ViewOf<S>,
      isFenced: isFenced(words),
      wake: () => published.notifyAll(),
      begin: (claimed) => this.#begin(words, claimed),
      end: turn instanceof Role ? () => true : () => this.#endTurn(),
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
    return this.#paths.claimed();
  }

  /** Forgets all that was claimed and not published. */
  abort(): void {
    this.#paths.abort();
    this.#endTurn();
  }

  /** Gives the role back; what was claimed and not published is never seen. The second time nothing happens. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.abort();
    if (this.#turn instanceof Role && !this.#region.source.closed) this.#turn.release();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #begin(words: Int32Array, claimed: number): number {
    this.#requireUse();
    if (claimed > 0) {
      throw new RangeError(
        `Cannot claim a record of ${this.#region.name} as at most ${this.#geometry.batch} may be before a publish: found ${claimed}`,
      );
    }
    if (!(this.#turn instanceof Role)) {
      this.#turn.lock();
      this.#hasTurn = true;
      // A writer that died left at most records that nobody sees.
      if (this.#turn.ownerDied) this.#turn.markConsistent();
    }
    // Written by the last writer. Its end, or its exchange of the lock or role, came before ours.
    return load(words, TAIL_OFFSET / 4);
  }

  /** Lets other writers in, if this is one of many: false. */
  #endTurn(): boolean {
    if (this.#turn instanceof Role) return true;
    if (this.#hasTurn && !this.#region.source.closed) this.#turn.unlock();
    return this.#hasTurn = false;
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
