import { isFenced } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../../errors.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import type { Region } from "../../memory/mod.ts";
import { EventCount, type WaitOptions } from "../../sync/mod.ts";
import type { QueueCells } from "./queue_cells.ts";
import { MOST_CLAIMS, type QueueProducerPaths, queueProducerPaths } from "./mpmc_queue_code.ts";
import {
  CELL_HIGH_WATER_OFFSET,
  CELL_REFUSALS_OFFSET,
  FREED_EVENT_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  SLOT_HEADER_BYTES,
} from "./format.ts";
import { lengthOf, type QueueGeometry } from "./geometry.ts";
import { Looks } from "./looks.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";

/**
 * One of the producers of an {@linkcode MpmcQueue}. Claim a record, fill it, publish it: soon, as no record that was
 * claimed later is received before. What was claimed and not published is skipped if the producer aborts, is closed or
 * dies. Use it in the thread that made it.
 */
export class MpmcProducer<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #region: Region;
  readonly #cells: QueueCells;
  readonly #cell: number;
  readonly #capacity: number;
  readonly #paths: QueueProducerPaths<S>;
  readonly #waiter: Waiter;
  #isOpen = true;

  /**
   * Claims the next record, beside those already claimed and not yet published: 256 at most. Never blocks.
   *
   * @param ahead How many records are going to be claimed before `publish`, from 1 to 256: as many of them as there is space
   * for are then taken with one exchange instead of one each, and follow each other. Those that are never claimed are skipped
   * by the consumers. Unless given, 1.
   * @returns The record to fill, with old bytes in it; undefined if the queue is full, or the slot is still being read. It is
   * the same view each time, moved on: fill each record before claiming the next, and leave it alone after `publish`.
   * @throws {RangeError} If too many are claimed.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly claim: (ahead?: number) => ViewOf<S> | undefined;

  /**
   * Publishes all that was claimed, one after another. No system call, unless a consumer sleeps.
   *
   * @throws {TypeError} If nothing was claimed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly publish: () => void;

  /**
   * Claims a record, fills it and publishes it, after whatever was claimed before. Never blocks.
   *
   * @param value A view, copied as it is; or an object, whose fields are checked. What it leaves out is not defined.
   * @returns False if the queue is full, or the slot is still being read.
   * @throws {TypeError | RangeError} If a value does not fit; nothing is then published.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly push: (value: ViewOf<S> | Partial<ValueOf<S>>) => boolean;

  /** Use `MpmcQueue.producer`. */
  constructor(
    layout: S,
    region: Region,
    cells: QueueCells,
    cell: number,
    geometry: QueueGeometry,
    { wait }: RoleOptions,
  ) {
    const words = region.views.i32, { capacity, slotsOffset, slotMask } = geometry;
    this.#region = region;
    this.#cells = cells;
    this.#cell = cell;
    this.#capacity = capacity;
    this.#waiter = new Waiter(`space in ${region.name}`, wait, new EventCount(words, FREED_EVENT_OFFSET / 4, true));
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const freed = new EventCount(words, FREED_EVENT_OFFSET / 4, true);
    const looks = new Looks();
    const { claim, publish, push } = this.#paths = queueProducerPaths(layout, {
      words,
      geometry,
      record: layout.view(region.views, slotsOffset + SLOT_HEADER_BYTES) as ViewOf<S>,
      cell,
      isFenced: isFenced(words),
      wake: () => published.notifyAll(),
      refuseUse: () => this.#refuseUse(),
      look: (position) => {
        this.#requireUse();
        if (!looks.note(position)) return false;
        const isSlot = cells.resolveRead((position - slotMask - 1) | 0);
        if (!cells.resolveRead((position - capacity) | 0) && !isSlot) return false;
        freed.notifyAll();
        return true;
      },
      noteFull: () => this.#noteFull(),
      refusePublish: () => this.#refusePublish(),
      refuseClaim: (ahead) => this.#refuseClaim(ahead),
    });
    this.claim = claim;
    this.publish = publish;
    this.push = push;
  }

  /** How many records can be claimed now, if no other producer is faster. */
  get free(): number {
    this.#requireUse();
    return this.#capacity - lengthOf(this.#region, this.#capacity);
  }

  /** How many records were claimed and not yet published. */
  get claimed(): number {
    return this.#paths.claimed();
  }

  /** Gives up all that was claimed and not published: consumers skip it. */
  abort(): void {
    this.#paths.abort();
  }

  /**
   * As `claim`, but blocks this thread while the queue is full.
   *
   * @returns Undefined if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  claimWait(options?: WaitOptions): ViewOf<S> | undefined {
    return this.#waiter.until(this.#paths.reserve, options) ? this.claim() : undefined;
  }

  /**
   * As `push`, but blocks this thread while the queue is full.
   *
   * @returns False if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  pushWait(value: ViewOf<S> | Partial<ValueOf<S>>, options?: WaitOptions): boolean {
    return this.#waiter.until(this.#paths.reserve, options) && this.push(value);
  }

  /** Ends the work of this producer; what was claimed and not published is skipped. The second time nothing happens. */
  close(): void {
    if (!this.#isOpen) return;
    this.#paths.close();
    this.#isOpen = false;
    if (!this.#region.source.closed) this.#cells.release(this.#cell);
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #noteFull(): void {
    const { i32, f64 } = this.#region.views, mark = this.#cell + CELL_HIGH_WATER_OFFSET / 4;
    // Written by the cell's owner alone. Once it tells of a full queue, nobody looks at the positions, which others need.
    if (i32[mark] < this.#capacity) i32[mark] = Math.max(i32[mark], lengthOf(this.#region, this.#capacity));
    f64[(this.#cell * 4 + CELL_REFUSALS_OFFSET) / 8]++;
  }

  #refusePublish(): never {
    this.#requireUse();
    throw new TypeError(`Cannot publish to ${this.#region.name} as nothing was claimed; call claim() first`);
  }

  #refuseClaim(ahead: unknown): never {
    this.#requireUse();
    if (this.claimed === MOST_CLAIMS) {
      throw new RangeError(
        `Cannot claim a record of ${this.#region.name} as at most ${MOST_CLAIMS} may be before a publish: found ${this.claimed}`,
      );
    }
    throw new RangeError(
      `Cannot claim records of ${this.#region.name} as 'ahead' must be an integer from 1 to ${MOST_CLAIMS}: received ${
        String(ahead)
      }`,
    );
  }

  #refuseUse(): never {
    this.#requireUse();
    throw new ClosedError(`Cannot write ${this.#region.name} as its segment was closed; open it again`);
  }

  #requireUse(): void {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot write ${this.#region.name} as its segment was closed; open it again`);
    }
    if (!this.#isOpen) {
      throw new NotOwnerError(`Cannot write ${this.#region.name} as this producer was closed; call producer() again`);
    }
  }
}
