import { isFenced, specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, type ViewOf } from "../../layout/internal.ts";
import { type DrainResult, requireDone, requireSynchronous, type WaitOptions } from "../../sync/internal.ts";
import { AsyncConsumer } from "../shared/async_consumer.ts";
import { ChannelEnd, refuseLimit } from "../shared/channel_end.ts";
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
 * from one producer it receives in order. What it has taken and not freed when it is closed or dies is lost and
 * counted: the record of the `shift` or `next`, or up to 16 of the `drain` or of the `next(ahead)`, that it is in. Use
 * it in the thread that made it.
 */
export class MpmcConsumer<S extends AnyStruct = AnyStruct> extends AsyncConsumer<S> implements Disposable {
  readonly #seat: QueueSeat<S>;
  readonly #end: ChannelEnd;
  readonly #path: QueueConsumerPath<S>;

  /**
   * Takes records, up to 16 at once, calls a function for each and frees its space. Never blocks.
   *
   * @param fn Receives the record itself, not a copy: the same view each time, good until `fn` returns. If it throws,
   * its record, and what was taken with it, stay with this consumer, which receives them next. It must not be
   * asynchronous.
   * @param limit The most records to receive, at least 1. Defaults to as many as there are at the call.
   * @returns How many records there were, never more than the capacity. With a limit, what was published meanwhile is
   * among them.
   * @throws {TypeError} If called by `fn` itself, or if `fn` is declared `async` or returns a promise.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly drain: (fn: (record: ViewOf<S>) => DrainResult, limit?: number) => number;

  /** As {@linkcode AsyncConsumer.drainWait}. */
  readonly drainWait: (fn: (record: ViewOf<S>) => DrainResult, limit?: number, options?: WaitOptions) => number;

  /**
   * Takes the next record, copies it and frees its space. Never blocks.
   *
   * @param into Where to: a view made with the layout's `alloc()`.
   * @returns False if there is none, or the next one is claimed and not yet published.
   * @throws {TypeError | ReadOnlyError} If it cannot be copied there; nothing is then taken.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly shift: (into: ViewOf<S>) => boolean;

  /** As {@linkcode AsyncConsumer.shiftWait}. */
  readonly shiftWait: (into: ViewOf<S>, options?: WaitOptions) => boolean;

  /**
   * The next record, in a loop of the caller's own: `for (let r; (r = consumer.next()) !== undefined;) sum += r.price`.
   * The fastest way to receive, as the loop's variables stay in registers. Never blocks.
   *
   * The space of a record is freed by the next call of any method that receives, or by `release()`.
   *
   * @param ahead How many records are going to be received, from 1 to 16: as many of them as there are are then taken
   * with one exchange instead of one each. Those that are taken and never received are lost, and counted, when this
   * consumer is closed or dies. Defaults to 1.
   * @returns The record itself, not a copy: the same view each time, good until the next call of any method of this
   * consumer; undefined if there is none, or the next one is claimed and not yet published.
   * @throws {RangeError} If `ahead` is not such a number.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly next: (ahead?: number) => ViewOf<S> | undefined;

  /** As {@linkcode AsyncConsumer.nextWait}. */
  readonly nextWait: (options?: WaitOptions) => ViewOf<S> | undefined;

  /** Frees the space of the record that `next` returned. */
  readonly release: () => void;

  /** Made by `MpmcQueue.consumer`. */
  constructor(seat: QueueSeat<S>) {
    super(seat.waiter);
    const { layout, region, geometry, cells, cell, freed, waiter } = this.#seat = seat;
    const end = this.#end = new ChannelEnd(region, "read", "consumer"), { i32: words } = region.views;
    const vainPolls = new VainPolls();
    const path = this.#path = specialize(makeQueueConsumerPath<S>)({
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
      countRecords: () => this.#countRecords(),
      refuseUse: () => this.#refuseUse(),
      refuseLimit,
      refuseAhead(ahead) {
        end.requireOpen();
        throw new RangeError(
          `Cannot take records of ${end.name} as 'ahead' must be an integer from 1 to ${MOST_TAKEN}: received ${
            String(ahead)
          }`,
        );
      },
      requireSynchronous: (fn) => requireSynchronous("drain", end.name, fn),
      requireDone: (result) => requireDone("drain", end.name, result),
      waiting: waiter,
    });
    this.drain = path.drain;
    this.drainWait = path.drainWait;
    this.shift = path.shift;
    this.shiftWait = path.shiftWait;
    this.next = path.next;
    this.nextWait = path.nextWait;
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
      this.#requireNoDrain();
      for (let lost = this.#path.unseen(); lost > 0; lost--) cells.noteLostRead();
    }
    this.#path.close();
    this.#end.close(() => cells.release(cell));
    this.endWaits();
  }

  /** The same as `close`, for `using`. */
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

  /** Frees what `next` returned. */
  protected override giveBack(): void {
    if (this.#end.isOpen) this.release();
  }

  #countRecords(): number {
    const { region, cell, geometry: { capacity } } = this.#seat, { i32 } = region.views;
    const length = lengthOf(region, capacity), mark = cell + CELL_HIGH_WATER_OFFSET / 4;
    if (length > i32[mark]) i32[mark] = length; // written by the cell's owner alone
    return length;
  }

  #refuseUse(): never {
    this.#end.requireOpen();
    this.#requireNoDrain();
    this.#end.refuseClosed();
  }

  #requireNoDrain(): void {
    if (!this.#path.isDraining()) return;
    throw new TypeError(
      `Cannot use the consumer of ${this.#end.name} as its drain is running; return from it first`,
    );
  }
}
