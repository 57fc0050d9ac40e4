import { isFenced, specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, type ViewOf } from "../../layout/internal.ts";
import { requireInteger } from "../../memory/internal.ts";
import { requireDone, requireSynchronous } from "../../sync/internal.ts";
import { AsyncConsumer } from "../shared/async_consumer.ts";
import { ChannelEnd, refuseLimit } from "../shared/channel_end.ts";
import type { ConsumerRole } from "../shared/consumer.ts";
import { makeQueueConsumerPath, type QueueConsumerPath } from "./consumer_path.ts";
import { CELL_COUNT_OFFSET, CELL_FIRST_OFFSET, CELL_HIGH_WATER_OFFSET, SLOT_HEADER_BYTES } from "./format.ts";
import { lengthOf, paceOf, placesOf } from "./geometry.ts";
import type { QueueSeat } from "./queue_seat.ts";
import { VainPolls } from "./vain_polls.ts";

/** The most records that are taken at once, and so the most that a death there costs. */
const MOST_TAKEN = 16;
/** A consumer counts the records for the high-water mark whenever it passes a multiple of this. */
const SAMPLED_EACH = 64;

/**
 * One of the consumers of an {@linkcode MpmcQueue}. Each record goes to one consumer, and what one of them receives
 * from one producer it receives in order. There is nothing to receive while the next record is claimed and not yet
 * published. What it has taken and not freed when it is closed or dies is lost and counted: the record of the `shift`
 * or `next`, or up to 16 of the `drain` or of the `next(ahead)`, that it is in. Use it in the thread that made it.
 *
 * `drain` takes up to 16 records at once and frees each when `fn` returns; it receives at most a capacity. If `fn`
 * throws, its record, and what was taken with it, stay with this consumer, which receives them next.
 */
export class MpmcConsumer<S extends AnyStruct = AnyStruct> extends AsyncConsumer<S> implements ConsumerRole {
  readonly #seat: QueueSeat<S>;
  readonly #end: ChannelEnd;
  readonly #path: QueueConsumerPath<S>;

  /**
   * As {@linkcode AsyncConsumer.next}. The record is the memory itself, not a copy; it is freed by the next call of any
   * method that receives, or by `release()`.
   *
   * @param ahead How many records are going to be received, from 1 to 16: as many of them as there are are then taken
   * with one exchange instead of one each. Those that are taken and never received are lost, and counted, when this
   * consumer is closed or dies. Defaults to 1.
   * @throws {RangeError} If `ahead` is not such a number.
   */
  declare readonly next: (ahead?: number) => ViewOf<S> | undefined;

  readonly release: () => void;

  /** Made by `MpmcQueue.consumer`. */
  constructor(seat: QueueSeat<S>) {
    const { layout, region, geometry, cells, cell, freed, waiter } = seat;
    const end = new ChannelEnd(region, "read", "consumer"), { i32: words } = region.views;
    const vainPolls = new VainPolls();
    const path: QueueConsumerPath<S> = specialize(makeQueueConsumerPath<S>)({
      words: wordAccess(words, { isFenced: isFenced(words) }),
      places: placesOf(geometry),
      bound: bindRecord(layout, region.views, geometry.slotsOffset + SLOT_HEADER_BYTES, {
        copies: ["copyTo", "checkTarget"],
      }),
      nameFirstWord: cell + CELL_FIRST_OFFSET / 4,
      nameCountWord: cell + CELL_COUNT_OFFSET / 4,
      mostTaken: MOST_TAKEN,
      ...paceOf(geometry),
      sampledEach: SAMPLED_EACH,
      wake: () => freed.notifyAll(),
      settleDeath: (position) => vainPolls.isTimeToAsk(position) && cells.resolveClaim(position),
      countRecords: () => countRecords(seat),
      refuseUse: () => end.refuseUse(path.isDraining()),
      refuseLimit,
      refuseAhead(ahead) {
        end.requireOpen();
        requireInteger(`take records of ${end.name}`, "'ahead'", ahead, 1, MOST_TAKEN);
      },
      requireSynchronous: (fn) => requireSynchronous("drain", end.name, fn),
      requireDone: (result) => requireDone("drain", end.name, result),
      waiting: waiter,
    });
    super(waiter, path, () => end.isOpen && path.release());
    this.#seat = seat;
    this.#end = end;
    this.#path = path;
    this.release = path.release;
  }

  /** How many records there are: those that producers claimed, published or not, and no consumer took. */
  get length(): number {
    this.#end.requireOpen();
    return lengthOf(this.#seat.region, this.#seat.geometry.capacity);
  }

  /**
   * Ends the work of this consumer. What `next` returned counts as received. What was taken beyond that, as `fn` threw
   * or by `next(ahead)`, is counted as lost. The second time nothing happens.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   */
  close(): void {
    if (!this.#end.isOpen) return;
    const { region, cells, cell } = this.#seat;
    if (!region.source.closed) {
      if (this.#path.isDraining()) this.#end.refuseUse(true);
      for (let lost = this.#path.unseen(); lost > 0; lost--) cells.noteLostRead();
    }
    this.#path.close();
    this.#end.close(() => cells.release(cell));
    this.endWaits();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * A record that was taken ahead, or is published at the head: what is behind one that is only claimed must wait for
   * it.
   */
  protected override canReceive(isLifeCheck: boolean): boolean {
    this.#end.requireOpen();
    return this.#path.unseen() > 0 || this.#seat.cells.hasRecord(isLifeCheck);
  }
}

/** How many records are there and not taken. Keeps the high-water mark. */
function countRecords({ region, cell, geometry: { capacity } }: QueueSeat<AnyStruct>): number {
  const { i32 } = region.views, length = lengthOf(region, capacity), mark = cell + CELL_HIGH_WATER_OFFSET / 4;
  if (length > i32[mark]) i32[mark] = length; // written by the cell's owner alone
  return length;
}
