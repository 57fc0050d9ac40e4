import { isFenced } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../../errors.ts";
import type { AnyStruct, ViewOf } from "../../layout/mod.ts";
import type { Region } from "../../memory/mod.ts";
import { EventCount, type WaitOptions } from "../../sync/mod.ts";
import type { QueueCells } from "./queue_cells.ts";
import { MOST_TAKEN, type QueueConsumerPaths, queueConsumerPaths, refuseLimit } from "./mpmc_queue_code.ts";
import { CELL_HIGH_WATER_OFFSET, FREED_EVENT_OFFSET, PUBLISHED_EVENT_OFFSET, SLOT_HEADER_BYTES } from "./format.ts";
import { lengthOf, type QueueGeometry } from "./geometry.ts";
import { Looks } from "./looks.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";

/**
 * One of the consumers of an {@linkcode MpmcQueue}. Each record goes to one consumer, and what one of them receives from one
 * producer it receives in order. What it took and did not give back, as it was closed or died, is lost and counted: the record
 * of the `shift`, or up to 16 of the `drain`, that it was in. Use it in the thread that made it.
 */
export class MpmcConsumer<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #region: Region;
  readonly #cells: QueueCells;
  readonly #cell: number;
  readonly #capacity: number;
  readonly #paths: QueueConsumerPaths<S>;
  readonly #waiter: Waiter;
  readonly #takeOne: () => boolean;
  readonly #takeSome: () => boolean;
  #wanted = MOST_TAKEN;
  #isOpen = true;

  /**
   * Takes records, up to 16 at once, calls a function for each and gives its space back. Never blocks.
   *
   * @param fn Receives the record itself, not a copy: the same view each time, good until `fn` returns. If it throws, its
   * record, and what was taken with it, stay with this consumer, which receives them next.
   * @param limit The most records to receive, at least 1. Unless given, as many as there are at the call.
   * @returns How many records there were, never more than the capacity. With a limit, what was published meanwhile is among
   * them.
   * @throws {TypeError} If called by `fn` itself.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly drain: (fn: (record: ViewOf<S>) => void, limit?: number) => number;

  /**
   * Takes the next record, copies it and gives its space back. Never blocks.
   *
   * @param into Where to: a view made with the layout's `alloc()`.
   * @returns False if there is none, or the next one is claimed and not yet published.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly shift: (into: ViewOf<S>) => boolean;

  /** Use `MpmcQueue.consumer`. */
  constructor(
    layout: S,
    region: Region,
    cells: QueueCells,
    cell: number,
    geometry: QueueGeometry,
    { wait }: RoleOptions,
  ) {
    const words = region.views.i32, { slotsOffset } = geometry;
    this.#region = region;
    this.#cells = cells;
    this.#cell = cell;
    this.#capacity = geometry.capacity;
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const freed = new EventCount(words, FREED_EVENT_OFFSET / 4, true);
    this.#waiter = new Waiter(`a record of ${region.name}`, wait, published);
    const looks = new Looks();
    const paths = this.#paths = queueConsumerPaths(layout, {
      words,
      geometry,
      record: layout.view(region.views, slotsOffset + SLOT_HEADER_BYTES) as ViewOf<S>,
      cell,
      isFenced: isFenced(words),
      wake: () => freed.notifyAll(),
      refuseUse: () => this.#refuseUse(),
      look: (position) => {
        this.#requireUse();
        return looks.note(position) && cells.resolveClaim(position);
      },
      lookLength: () => this.#lookLength(),
    });
    this.drain = paths.drain;
    this.shift = paths.shift;
    this.#takeOne = () => paths.take(1);
    this.#takeSome = () => paths.take(this.#wanted);
  }

  /** How many records there are: those that producers claimed, published or not, and no consumer took. */
  get length(): number {
    this.#requireOpen();
    return lengthOf(this.#region, this.#capacity);
  }

  /**
   * As `drain`, but blocks this thread until there is a record.
   *
   * @returns 0 if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  drainWait(fn: (record: ViewOf<S>) => void, limit?: number, options?: WaitOptions): number {
    if (limit !== undefined && !(limit >= 1)) refuseLimit(limit); // before anything is taken
    this.#wanted = Math.min(Math.floor(limit ?? MOST_TAKEN), MOST_TAKEN);
    return this.#waiter.until(this.#takeSome, options) ? this.drain(fn, limit) : 0;
  }

  /**
   * As `shift`, but blocks this thread until there is a record.
   *
   * @returns False if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  shiftWait(into: ViewOf<S>, options?: WaitOptions): boolean {
    return this.#waiter.until(this.#takeOne, options) && this.shift(into);
  }

  /**
   * Ends the work of this consumer. What it took and did not give back, as `fn` threw, is counted as lost. The second time
   * nothing happens.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   */
  close(): void {
    if (!this.#isOpen) return;
    const isClosed = this.#region.source.closed;
    if (!isClosed) this.#requireNoDrain();
    for (let lost = this.#paths.held(); lost > 0 && !isClosed; lost--) this.#cells.noteLostRead();
    this.#paths.close();
    this.#isOpen = false;
    if (!isClosed) this.#cells.release(this.#cell);
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #lookLength(): number {
    this.#requireUse();
    const length = lengthOf(this.#region, this.#capacity);
    const { i32 } = this.#region.views, mark = this.#cell + CELL_HIGH_WATER_OFFSET / 4;
    if (length > i32[mark]) i32[mark] = length; // written by the cell's owner alone
    return length;
  }

  #refuseUse(): never {
    this.#requireUse();
    throw new ClosedError(`Cannot read ${this.#region.name} as its segment was closed; open it again`);
  }

  #requireUse(): void {
    this.#requireOpen();
    this.#requireNoDrain();
  }

  #requireNoDrain(): void {
    if (!this.#paths.isDraining()) return;
    throw new TypeError(
      `Cannot use the consumer of ${this.#region.name} as its drain is running; return from it first`,
    );
  }

  #requireOpen(): void {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot read ${this.#region.name} as its segment was closed; open it again`);
    }
    if (!this.#isOpen) {
      throw new NotOwnerError(`Cannot read ${this.#region.name} as this consumer was closed; call consumer() again`);
    }
  }
}
