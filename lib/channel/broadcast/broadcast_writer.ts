import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { isFenced, load, specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, type ValueOf, type ViewOf } from "../../layout/internal.ts";
import { recordCopies, type Region, Role } from "../../memory/internal.ts";
import { ASLEEP, EventCount, type Mutex } from "../../sync/internal.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import { beginsEpoch, EPOCH_BITS } from "../shared/long_position.ts";
import {
  BROADCAST_HEADER_BYTES,
  CAPACITY_OFFSET,
  EPOCH_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  TAIL_OFFSET,
} from "./format.ts";
import { type BroadcastGeometry, tailOf } from "./geometry.ts";
import { makeWriterPath, type WriterPath } from "./writer_path.ts";

/**
 * A writer of a {@linkcode Broadcast}: the only one, or one of many, which take turns from `claim` to `publish`. It
 * never waits for a reader and knows of none. What is claimed and not published is never seen, whatever happens to the
 * writer. Closing it, or the death of its process, gives the role, or the turn, to others.
 */
export class BroadcastWriter<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #end: ChannelEnd;
  readonly #region: Region;
  readonly #turn: Role | Mutex;
  readonly #path: WriterPath<S>;
  #hasTurn = false;

  /**
   * Claims the next record, behind those already claimed and not yet published: half the capacity at most. Of many
   * writers, one that has claimed keeps all others waiting here until it publishes or aborts, stays as it is where it
   * is stopped, and is passed over if it dies.
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
   * @throws {TypeError | RangeError} If a value does not fit; nothing is then claimed or published.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly push: (value: ViewOf<S> | Partial<ValueOf<S>>) => void;

  /** Made by `Broadcast.writer`. */
  constructor(layout: S, region: Region, turn: Role | Mutex, geometry: BroadcastGeometry) {
    const { views } = region, words = views.i32, { slotMask, recordBytes, batch } = geometry;
    const end = this.#end = new ChannelEnd(region, "write", "writer");
    this.#region = region;
    this.#turn = turn;
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const access = wordAccess(words, { isFenced: isFenced(words) });
    const bound = bindRecord(layout, views, BROADCAST_HEADER_BYTES, { copies: ["copyFrom"] });
    const path = this.#path = specialize(makeWriterPath<S>)({
      words: access,
      bound,
      copyFrom: recordCopies(layout, bound).copyFrom,
      recordsOffset: BROADCAST_HEADER_BYTES,
      recordBytes,
      slotMask,
      batch,
      tailWord: TAIL_OFFSET / 4,
      fixedWord: CAPACITY_OFFSET / 4,
      epochBits: EPOCH_BITS,
      publishedWord: PUBLISHED_EVENT_OFFSET / 4,
      asleep: ASLEEP,
      wake: () => published.notifyAll(),
      isOrdered: hasTotalStoreOrder(),
      beginTurn: (claimed) => this.#beginTurn(words, claimed, batch),
      endTurn: turn instanceof Role ? () => true : () => this.#endTurn(turn),
      changeEpoch(tail) {
        const epoch = load(words, EPOCH_OFFSET / 4); // written by the one that writes
        // Not again if the writer before this one did, and died.
        if (beginsEpoch(tail, epoch)) access.store(EPOCH_OFFSET / 4, epoch + 1); // pairs: position epoch
      },
      refuseClaim: () => end.refuseClosed(),
      refusePublish() {
        end.requireOpen();
        throw new TypeError(`Cannot publish to ${end.name} as nothing was claimed; call claim() first`);
      },
    });
    this.claim = path.claim;
    this.publish = path.publish;
    this.push = path.push;
    if (turn instanceof Role) turn.acquire();
  }

  /** The position of the record to be published next: how many were published in the broadcast's life. */
  get position(): number {
    this.#end.requireOpen();
    return tailOf(this.#region.source.i32);
  }

  /** How many records are claimed and not yet published. */
  get claimed(): number {
    return this.#path.claimed();
  }

  /** Forgets all that was claimed and not published. */
  abort(): void {
    this.#path.abort();
  }

  /**
   * Releases the role, or the turn; what was claimed and not published is never seen. The second time nothing happens.
   */
  close(): void {
    if (!this.#end.isOpen) return;
    this.abort();
    this.#end.close(() => {
      if (this.#turn instanceof Role) this.#turn.release();
    });
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Makes this the only writer, and returns the tail. */
  #beginTurn(words: Int32Array, claimed: number, batch: number): number {
    this.#end.requireOpen();
    if (claimed > 0) {
      throw new RangeError(
        `Cannot claim a record of ${this.#end.name} as at most ${batch} may be before a publish: found ${claimed}`,
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

  /** Lets other writers in: this is no longer the only one. */
  #endTurn(turn: Mutex): boolean {
    if (this.#hasTurn && !this.#region.source.closed) turn.unlock();
    return this.#hasTurn = false;
  }
}
