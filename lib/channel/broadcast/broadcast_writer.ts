import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { isFenced, load, specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, type ValueOf, type ViewOf } from "../../layout/internal.ts";
import { recordCopies, type Region, Role } from "../../memory/internal.ts";
import { ASLEEP, EventCount, type Mutex } from "../../sync/internal.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import { beginsEpoch, EPOCH_BITS } from "../shared/long_position.ts";
import { Producer } from "../shared/producer.ts";
import {
  BROADCAST_HEADER_BYTES,
  CAPACITY_OFFSET,
  EPOCH_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  TAIL_OFFSET,
} from "./format.ts";
import { type BroadcastGeometry, tailOf } from "./geometry.ts";
import { makeWriterPath } from "./writer_path.ts";

/**
 * A writer of a {@linkcode Broadcast}: the only one, or one of many, which take turns from `claim` to `publish`. It
 * never waits for a reader and knows of none, and it publishes all that it claimed in one step. Closing it, or the
 * death of its process, gives the role, or the turn, to others.
 */
export class BroadcastWriter<S extends AnyStruct = AnyStruct>
  extends Producer<() => ViewOf<S>, (value: ViewOf<S> | Partial<ValueOf<S>>) => void> {
  readonly #end: ChannelEnd;
  readonly #words: Int32Array;

  /**
   * As {@linkcode Producer.claim}, but there is always space: for half the capacity at most before a `publish`. Of many
   * writers, one that has claimed blocks all others here until it publishes or aborts: also while its process is
   * stopped, but not once it is dead.
   *
   * @throws {RangeError} If too many are claimed.
   */
  declare readonly claim: () => ViewOf<S>;

  /** As {@linkcode Producer.push}, but there is always space. Of many writers, it may have to wait as `claim` does. */
  declare readonly push: (value: ViewOf<S> | Partial<ValueOf<S>>) => void;

  /** Made by `Broadcast.writer`. */
  constructor(layout: S, region: Region, turn: Role | Mutex, geometry: BroadcastGeometry) {
    const { views } = region, words = views.i32, { slotMask, recordBytes, batch } = geometry;
    const end = new ChannelEnd(region, "write", "writer");
    const turns = turn instanceof Role ? undefined : new Turns(turn, region);
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const access = wordAccess(words, { isFenced: isFenced(words) });
    const bound = bindRecord(layout, views, BROADCAST_HEADER_BYTES, { copies: ["copyFrom"] });
    const path = specialize(makeWriterPath<S>)({
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
      beginTurn(claimed) {
        end.requireOpen();
        if (claimed > 0) {
          throw new RangeError(
            `Cannot claim a record of ${end.name} as at most ${batch} may be before a publish: found ${claimed}`,
          );
        }
        if (turns !== undefined) turns.begin();
        // Written by the last writer. Its end, or its exchange of the lock or role, came before ours.
        return load(words, TAIL_OFFSET / 4);
      },
      endTurn: turns === undefined ? () => true : () => turns.end(),
      changeEpoch(tail) {
        const epoch = load(words, EPOCH_OFFSET / 4); // written by the one that writes
        // Not again if the writer before this one did, and died.
        if (beginsEpoch(tail, epoch)) access.store(EPOCH_OFFSET / 4, epoch + 1); // pairs: position epoch
      },
      refuseClaim: () => end.refuseClosed(),
      refusePublish: () => end.refusePublish(),
    });
    super({ end, path, vacate: () => turn instanceof Role && turn.release() });
    this.#end = end;
    this.#words = region.source.i32;
    if (turn instanceof Role) turn.acquire();
  }

  /** The position of the record to be published next: how many were published in the broadcast's life. */
  get position(): number {
    this.#end.requireOpen();
    return tailOf(this.#words);
  }
}

/** The turns of one of many writers. */
class Turns {
  readonly #lock: Mutex;
  readonly #region: Region;
  #isOurs = false;

  constructor(lock: Mutex, region: Region) {
    this.#lock = lock;
    this.#region = region;
  }

  /** Makes this the only writer. */
  begin(): void {
    this.#lock.lock();
    this.#isOurs = true;
    // A writer that died left at most records that are never seen.
    if (this.#lock.ownerDied) this.#lock.markConsistent();
  }

  /** Lets other writers in; returns false, as this is no longer the only writer. */
  end(): boolean {
    if (this.#isOurs && !this.#region.source.closed) this.#lock.unlock();
    return this.#isOurs = false;
  }
}
