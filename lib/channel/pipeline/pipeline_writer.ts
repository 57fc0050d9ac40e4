import { isFenced, load, store } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../../errors.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { EventCount, type WaitOptions } from "../../sync/mod.ts";
import { HIGH_WATER_OFFSET, PERMIT_OFFSET, PUBLISHED_EVENT_OFFSET, REFUSALS_OFFSET, TAIL_OFFSET } from "./format.ts";
import type { Gates } from "./gates.ts";
import type { PipelineGeometry } from "./geometry.ts";
import { type ProducerPaths, producerPaths } from "../shared/ring_code.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";

/**
 * The one writer of a {@linkcode Pipeline}. Claim a record, fill it, publish it; or claim several and publish them with one
 * store. What was claimed and not published is never seen, whatever happens to the writer. Closing it, or the death of
 * its process, gives the role to others.
 */
export class PipelineWriter<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #region: Region;
  readonly #role: Role;
  readonly #gates: Gates;
  readonly #capacity: number;
  readonly #paths: ProducerPaths<S>;
  readonly #waiter: Waiter;
  #isOpen = true;

  /**
   * Claims the next record, behind those already claimed and not yet published. Never blocks.
   *
   * @returns The record to fill, with old bytes in it; undefined while the slowest reader is a capacity behind. It is the
   * same view each time, moved on: fill each record before claiming the next.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly claim: () => ViewOf<S> | undefined;

  /**
   * Publishes all that was claimed, in one step. No system call, unless a reader sleeps.
   *
   * @throws {TypeError} If nothing was claimed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly publish: () => void;

  /**
   * Claims a record, fills it and publishes it, after whatever was claimed before. Never blocks.
   *
   * @param value A view, copied as it is; or an object, whose fields are checked. What it leaves out is not defined.
   * @returns False while the slowest reader is a capacity behind.
   * @throws {TypeError | RangeError} If a value does not fit; nothing is then published.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly push: (value: ViewOf<S> | Partial<ValueOf<S>>) => boolean;

  /** Use `Pipeline.writer`. */
  constructor(layout: S, region: Region, role: Role, geometry: PipelineGeometry, gates: Gates, { wait }: RoleOptions) {
    const words = region.views.i32, { f64 } = region.views;
    this.#region = region;
    this.#role = role;
    this.#gates = gates;
    this.#capacity = geometry.capacity;
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    this.#waiter = new Waiter(
      `space in ${region.name}`,
      wait,
      () => gates.narrowest < 0 ? published : gates.event(gates.narrowest),
    );
    const { claim, publish, push } = this.#paths = producerPaths(layout, {
      words,
      place: geometry,
      record: layout.view(region.views, geometry.recordsOffset) as ViewOf<S>,
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      start: load(words, TAIL_OFFSET / 4),
      tailWord: TAIL_OFFSET / 4,
      publishedWord: PUBLISHED_EVENT_OFFSET / 4,
      isFenced: isFenced(words),
      wake: () => published.notifyAll(),
      look: (next) => {
        this.#requireUse();
        return this.#permit(words, next);
      },
      noteFull: () => void f64[REFUSALS_OFFSET / 8]++, // written by the writer alone
      refusePublish: () => this.#refusePublish(),
    });
    this.claim = claim;
    this.publish = publish;
    this.push = push;
  }

  /** How many records can be claimed now, at least: readers may go on at any time. */
  get free(): number {
    this.#requireUse();
    const next = this.#paths.next();
    return (this.#gates.spaceBefore(next) - next) | 0;
  }

  /** The position of the record to be published next: how many were published in the pipeline's life, modulo 2^32. */
  get position(): number {
    return this.#paths.tail() >>> 0;
  }

  /** How many records were claimed and not yet published. */
  get claimed(): number {
    return (this.#paths.next() - this.#paths.tail()) | 0;
  }

  /** Forgets all that was claimed and not published. */
  abort(): void {
    this.#paths.abort();
  }

  /**
   * As `claim`, but blocks this thread while the slowest reader is a capacity behind.
   *
   * @returns Undefined if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  claimWait(options?: WaitOptions): ViewOf<S> | undefined {
    return this.#waiter.until(this.#paths.hasSpace, options) ? this.claim() : undefined;
  }

  /**
   * As `push`, but blocks this thread while the slowest reader is a capacity behind.
   *
   * @returns False if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  pushWait(value: ViewOf<S> | Partial<ValueOf<S>>, options?: WaitOptions): boolean {
    return this.#waiter.until(this.#paths.hasSpace, options) && this.push(value);
  }

  /** Gives the role back; what was claimed and not published is never seen. The second time nothing happens. */
  close(): void {
    if (!this.#isOpen) return;
    this.abort();
    this.#isOpen = false;
    if (!this.#region.source.closed) this.#role.release();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Announces up to which position this writer is going to write without looking at the gates again. Who joins sees the
   * announcement, or is seen by the second look: pairs with `Gates.join`.
   */
  #permit(words: Int32Array, next: number): number {
    let limit = this.#gates.spaceBefore(next);
    const waiting = this.#capacity - ((limit - next) | 0);
    if (waiting > words[HIGH_WATER_OFFSET / 4]) words[HIGH_WATER_OFFSET / 4] = waiting; // written by the writer alone
    if (limit === next) this.#gates.probe();
    while (true) {
      store(words, PERMIT_OFFSET / 4, limit);
      const again = this.#gates.spaceBefore(next);
      if (((again - limit) | 0) >= 0) return limit;
      limit = again;
    }
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
