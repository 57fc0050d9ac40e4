import { isFenced, specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, type ViewOf } from "../../layout/internal.ts";
import { requireInteger } from "../../memory/internal.ts";
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
import { makeQueueProducerPath } from "./producer_path.ts";
import type { QueueSeat } from "./queue_seat.ts";
import { VainPolls } from "./vain_polls.ts";

/** The most records that a producer may have claimed and not published. */
const MOST_CLAIMS = 256;

/**
 * One of the producers of an {@linkcode MpmcQueue}. Publish soon what you claim: no record that is claimed later is
 * received before it. Up to 256 records can be claimed and not published; publishing them takes a store each. What is
 * claimed is skipped by the consumers if the producer aborts, is closed or dies. A slot that is still being read counts
 * as no space. Getters of an object that is pushed may push too: theirs come first. Use a producer in the thread that
 * made it.
 */
export class MpmcProducer<S extends AnyStruct = AnyStruct> extends AsyncProducer<S> {
  readonly #seat: QueueSeat<S>;
  readonly #end: ChannelEnd;

  /**
   * As {@linkcode AsyncProducer.claim}: the next record, beside those already claimed and not yet published.
   *
   * @param ahead How many records are going to be claimed before `publish`, from 1 to 256: as many of them as there is
   * space for are then taken with one exchange instead of one each, and follow each other. Those that are never claimed
   * are skipped by the consumers. Defaults to 1.
   * @throws {RangeError} If too many are claimed.
   */
  declare readonly claim: (ahead?: number) => ViewOf<S> | undefined;

  /** Made by `MpmcQueue.producer`. */
  constructor(seat: QueueSeat<S>) {
    const { layout, region, geometry, cells, cell, published, freed, waiter } = seat;
    const end = new ChannelEnd(region, "write", "producer"), { i32: words } = region.views;
    const vainPolls = new VainPolls(), { capacity, slotMask, slotsOffset } = geometry;
    const firstRecord = slotsOffset + SLOT_HEADER_BYTES;
    const path = specialize(makeQueueProducerPath<S>)({
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
      noteFull: () => noteFull(seat),
      refuseUse: () => end.refuseUse(),
      refuseAhead(ahead) {
        end.requireOpen();
        requireInteger(`claim records of ${end.name}`, "'ahead'", ahead, 1, MOST_CLAIMS);
      },
      refuseMore() {
        end.requireOpen();
        throw new RangeError(
          `Cannot claim a record of ${end.name} as at most ${MOST_CLAIMS} may be before a publish: found ${MOST_CLAIMS}`,
        );
      },
      refusePublish: () => end.refusePublish(),
      waiting: waiter,
    });
    super({ end, path, waiter, vacate: () => cells.release(cell) });
    this.#seat = seat;
    this.#end = end;
  }

  /** How many records can be claimed now, if no other producer is faster. */
  get free(): number {
    this.#end.requireOpen();
    const { region, geometry: { capacity } } = this.#seat;
    return capacity - lengthOf(region, capacity);
  }

  /** Whether a slot is free and no longer being read. */
  protected override canPublish(isLifeCheck: boolean): boolean {
    this.#end.requireOpen();
    return this.#seat.cells.hasFreeSlot(isLifeCheck);
  }
}

/** Counts in a producer's cell that there was no space. */
function noteFull({ region, cell, geometry: { capacity } }: QueueSeat<AnyStruct>): void {
  const { i32, f64 } = region.views, mark = cell + CELL_HIGH_WATER_OFFSET / 4;
  // Written by the cell's owner alone. Once it reports a full queue, it no longer polls the positions, which others
  // need.
  if (i32[mark] < capacity) i32[mark] = Math.max(i32[mark], lengthOf(region, capacity));
  f64[(cell * 4 + CELL_REFUSALS_OFFSET) / 8]++;
}
