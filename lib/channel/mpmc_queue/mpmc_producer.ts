import { isFenced, specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, type ValueOf, type ViewOf } from "../../layout/internal.ts";
import type { WaitOptions } from "../../sync/mod.ts";
import { AsyncProducer } from "../shared/async_producer.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import {
  CELL_COUNT_OFFSET,
  CELL_FIRST_OFFSET,
  CELL_HIGH_WATER_OFFSET,
  CELL_REFUSALS_OFFSET,
  SLOT_HEADER_BYTES,
} from "./format.ts";
import { lengthOf, paceOf, placesOf } from "./geometry.ts";
import { makeQueueProducerPath, type QueueProducerPath } from "./producer_path.ts";
import type { QueueSeat } from "./queue_seat.ts";
import { VainPolls } from "./vain_polls.ts";

/** The most records that a producer may have claimed and not published. */
const MOST_CLAIMS = 256;

/**
 * One of the producers of an {@linkcode MpmcQueue}. Claim a record, fill it, publish it, and soon: no record that is
 * claimed later is received before it. What is claimed and not published is skipped if the producer aborts, is closed
 * or dies. Use it in the thread that made it.
 */
export class MpmcProducer<S extends AnyStruct = AnyStruct> extends AsyncProducer<S> implements Disposable {
  readonly #seat: QueueSeat<S>;
  readonly #end: ChannelEnd;
  readonly #path: QueueProducerPath<S>;

  /**
   * Claims the next record, beside those already claimed and not yet published: 256 at most. Never blocks.
   *
   * @param ahead How many records are going to be claimed before `publish`, from 1 to 256: as many of them as there is
   * space for are then taken with one exchange instead of one each, and follow each other. Those that are never claimed
   * are skipped by the consumers. Defaults to 1.
   * @returns The record to fill, with old bytes in it; undefined if the queue is full, or the slot is still being read.
   * It is the same view each time, moved on: fill each record before claiming the next, and leave it alone after
   * `publish`.
   * @throws {RangeError} If too many are claimed.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly claim: (ahead?: number) => ViewOf<S> | undefined;

  /**
   * Publishes all that was claimed, one after another. No system call, unless a consumer sleeps.
   *
   * @throws {TypeError} If nothing was claimed.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly publish: () => void;

  /**
   * Claims a record, fills it and publishes it, after whatever was claimed before. Never blocks.
   *
   * @param value A view, copied as it is; or an object, whose fields are checked. Fields that it leaves out have no
   * defined value. Getters of the object may push too, before it.
   * @returns False if the queue is full, or the slot is still being read.
   * @throws {TypeError | RangeError} If a value does not fit; nothing is then claimed.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed, or that of the view.
   */
  readonly push: (value: ViewOf<S> | Partial<ValueOf<S>>) => boolean;

  /** As {@linkcode AsyncProducer.claimWait}. */
  readonly claimWait: (options?: WaitOptions) => ViewOf<S> | undefined;

  /** As {@linkcode AsyncProducer.pushWait}. */
  readonly pushWait: (value: ViewOf<S> | Partial<ValueOf<S>>, options?: WaitOptions) => boolean;

  /** Made by `MpmcQueue.producer`. */
  constructor(seat: QueueSeat<S>) {
    super(seat.waiter);
    const { layout, region, geometry, cells, cell, published, freed, waiter } = this.#seat = seat;
    const end = this.#end = new ChannelEnd(region, "write", "producer"), { i32: words } = region.views;
    const vainPolls = new VainPolls(), { capacity, slotMask, slotsOffset } = geometry;
    const firstRecord = slotsOffset + SLOT_HEADER_BYTES;
    const path = this.#path = specialize(makeQueueProducerPath<S>)({
      words: wordAccess(words, { isFenced: isFenced(words) }),
      places: placesOf(geometry),
      bound: bindRecord(layout, region.views, firstRecord, { copies: ["copyFrom", "checkSource"] }),
      nameFirstWord: cell + CELL_FIRST_OFFSET / 4,
      nameCountWord: cell + CELL_COUNT_OFFSET / 4,
      mostClaims: MOST_CLAIMS,
      ...paceOf(geometry),
      wake: () => published.notifyAll(),
      prepareNested(values) {
        // Has a draft of its own.
        const nested = bindRecord(layout, region.views, firstRecord, { copies: [] });
        nested.prepare(values);
        return nested.draft();
      },
      settleDeath(position) {
        if (!vainPolls.isTimeToAsk(position)) return false;
        const isSlotFreed = cells.resolveRead((position - slotMask - 1) | 0);
        if (!cells.resolveRead((position - capacity) | 0) && !isSlotFreed) return false;
        freed.notifyAll();
        return true;
      },
      noteFull: () => this.#noteFull(),
      refuseUse: () => end.refuseUse(),
      refuseAhead(ahead) {
        end.requireOpen();
        throw new RangeError(
          `Cannot claim records of ${end.name} as 'ahead' must be an integer from 1 to ${MOST_CLAIMS}: received ${
            String(ahead)
          }`,
        );
      },
      refuseMore() {
        end.requireOpen();
        throw new RangeError(
          `Cannot claim a record of ${end.name} as at most ${MOST_CLAIMS} may be before a publish: found ${MOST_CLAIMS}`,
        );
      },
      refusePublish() {
        end.requireOpen();
        throw new TypeError(`Cannot publish to ${end.name} as nothing was claimed; call claim() first`);
      },
      waiting: waiter,
    });
    this.claim = path.claim;
    this.publish = path.publish;
    this.push = path.push;
    this.claimWait = path.claimWait;
    this.pushWait = path.pushWait;
  }

  /** How many records can be claimed now, if no other producer is faster. */
  get free(): number {
    this.#end.requireOpen();
    const { region, geometry: { capacity } } = this.#seat;
    return capacity - lengthOf(region, capacity);
  }

  /** How many records are claimed and not yet published. */
  get claimed(): number {
    return this.#path.claimed();
  }

  /** Gives up all that was claimed and not published: consumers skip it. */
  abort(): void {
    this.#path.abort();
  }

  /** Ends the work of this producer; what was claimed and not published is skipped. The second time nothing happens. */
  close(): void {
    if (!this.#end.isOpen) return;
    this.#path.close();
    this.#end.close(() => this.#seat.cells.release(this.#seat.cell));
    this.endWaits();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** A slot that nobody reads any more. */
  protected override canPublish(isLifeCheck: boolean): boolean {
    this.#end.requireOpen();
    return this.#seat.cells.hasFreeSlot(isLifeCheck);
  }

  #noteFull(): void {
    const { region, cell, geometry: { capacity } } = this.#seat, { i32, f64 } = region.views;
    const mark = cell + CELL_HIGH_WATER_OFFSET / 4;
    // Written by the cell's owner alone. Once it reports a full queue, nobody polls the positions, which others need.
    if (i32[mark] < capacity) i32[mark] = Math.max(i32[mark], lengthOf(region, capacity));
    f64[(cell * 4 + CELL_REFUSALS_OFFSET) / 8]++;
  }
}
