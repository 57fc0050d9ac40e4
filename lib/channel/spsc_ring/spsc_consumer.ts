import { isFenced, load } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../../errors.ts";
import type { AnyStruct, ViewOf } from "../../layout/mod.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { EventCount, type WaitOptions } from "../../sync/mod.ts";
import { type ConsumerPaths, consumerPaths } from "../shared/ring_code.ts";
import {
  FREED_EVENT_OFFSET,
  HEAD_OFFSET,
  HIGH_WATER_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  RING_HEADER_BYTES,
  TAIL_OFFSET,
} from "./format.ts";
import type { RingGeometry } from "./geometry.ts";
import { type RoleOptions, Waiter } from "../shared/waiter.ts";

/**
 * The one consumer of a {@linkcode SpscRing}. Records are received in order, each once; those that were being read when
 * a consumer died, or when `fn` threw, are received again by the next. Closing it, or the death of its process, gives
 * the role to others.
 */
export class SpscConsumer<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #region: Region;
  readonly #role: Role;
  readonly #paths: ConsumerPaths<S>;
  readonly #waiter: Waiter;
  #isOpen = true;

  /**
   * Calls a function for each record, and then gives the space of all of them back at once. Never blocks.
   *
   * @param fn Receives the record itself, not a copy: the same view each time, good until `fn` returns. If it throws,
   * its record stays the next to be received.
   * @param limit The most records to receive, at least 1. Unless given, all that were published before the call.
   * @returns How many records there were. With a limit, what was published meanwhile is among them.
   * @throws {TypeError} If called by `fn` itself.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly drain: (fn: (record: ViewOf<S>) => void, limit?: number) => number;

  /**
   * Copies the next record and gives its space back. Never blocks.
   *
   * @param into Where to: a view made with the layout's `alloc()`.
   * @returns False if there is none.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly shift: (into: ViewOf<S>) => boolean;

  /** Use `SpscRing.consumer`. */
  constructor(layout: S, region: Region, role: Role, geometry: RingGeometry, { wait }: RoleOptions) {
    const words = region.views.i32;
    this.#region = region;
    this.#role = role;
    this.#waiter = new Waiter(
      `a record of ${region.name}`,
      wait,
      new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true),
    );
    const freed = new EventCount(words, FREED_EVENT_OFFSET / 4, true);
    // Written by the consumer alone.
    let highWater = words[HIGH_WATER_OFFSET / 4];
    const { drain, shift } = this.#paths = consumerPaths(layout, {
      words,
      place: { recordsOffset: RING_HEADER_BYTES, slotMask: geometry.slotMask },
      record: layout.view(region.views, RING_HEADER_BYTES) as ViewOf<S>,
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      start: load(words, HEAD_OFFSET / 4),
      headWord: HEAD_OFFSET / 4,
      tailWord: TAIL_OFFSET / 4,
      freedWord: FREED_EVENT_OFFSET / 4,
      isFenced: isFenced(words),
      wake: () => freed.notifyAll(),
      look: (head) => {
        this.#requireUse();
        const tail = load(words, TAIL_OFFSET / 4); // pairs with publish in ring_code.ts
        const found = (tail - head) | 0;
        if (found > highWater) words[HIGH_WATER_OFFSET / 4] = highWater = found;
        return tail;
      },
      lookAgain: (position) => load(words, TAIL_OFFSET / 4) ?? position, // pairs with publish in ring_code.ts
      refuseUse: () => this.#refuseUse(),
    });
    this.drain = drain;
    this.shift = shift;
  }

  /** How many records can be received now, at least: the producer may publish more at any time. */
  get length(): number {
    this.#requireOpen();
    const tail = load(this.#region.source.i32, TAIL_OFFSET / 4); // pairs with publish in ring_code.ts
    return (tail - this.#paths.head()) | 0;
  }

  /**
   * The position of the record to be received next: how many were given back in the ring's life, modulo 2^32. During a
   * drain, that of its first record.
   */
  get position(): number {
    return this.#paths.head() >>> 0;
  }

  /**
   * As `drain`, but blocks this thread until there is a record.
   *
   * @returns 0 if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  drainWait(fn: (record: ViewOf<S>) => void, limit?: number, options?: WaitOptions): number {
    return this.#waiter.until(this.#paths.hasRecords, options) ? this.drain(fn, limit) : 0;
  }

  /**
   * As `shift`, but blocks this thread until there is a record.
   *
   * @returns False if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  shiftWait(into: ViewOf<S>, options?: WaitOptions): boolean {
    return this.#waiter.until(this.#paths.hasRecords, options) && this.shift(into);
  }

  /**
   * Gives the role back. The second time nothing happens.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   */
  close(): void {
    if (!this.#isOpen) return;
    if (!this.#region.source.closed) {
      this.#requireNoDrain();
      this.#role.release();
    }
    this.#isOpen = false;
    this.#paths.forget();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
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
