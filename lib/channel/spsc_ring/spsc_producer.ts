import { isFenced, load } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../../errors.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { EventCount, type WaitOptions } from "../../sync/mod.ts";
import { type ProducerPaths, producerPaths } from "../shared/ring_code.ts";
import {
  FREED_EVENT_OFFSET,
  HEAD_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  REFUSALS_OFFSET,
  RING_HEADER_BYTES,
  TAIL_OFFSET,
  WAS_FULL_OFFSET,
} from "./format.ts";
import type { RingGeometry } from "./geometry.ts";
import { type RoleOptions, Waiter } from "../shared/waiter.ts";

/**
 * The one producer of a {@linkcode SpscRing}. Claim a record, fill it, publish it; or claim several and publish them
 * with one store, which costs a fraction. What was claimed and not published is never seen, whatever happens to the
 * producer. Closing it, or the death of its process, gives the role to others.
 */
export class SpscProducer<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #region: Region;
  readonly #role: Role;
  readonly #capacity: number;
  readonly #paths: ProducerPaths<S>;
  readonly #waiter: Waiter;
  #isOpen = true;

  /**
   * Claims the next record, behind those already claimed and not yet published. Never blocks.
   *
   * @returns The record to fill, with old bytes in it; undefined if the ring is full. It is the same view each time,
   * moved on: fill each record before claiming the next.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly claim: () => ViewOf<S> | undefined;

  /**
   * Publishes all that was claimed, in one step. No system call, unless the consumer sleeps.
   *
   * @throws {TypeError} If nothing was claimed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly publish: () => void;

  /**
   * Claims a record, fills it and publishes it, after whatever was claimed before. Never blocks.
   *
   * @param value A view, copied as it is; or an object, whose fields are checked. What it leaves out is not defined.
   * @returns False if the ring is full.
   * @throws {TypeError | RangeError} If a value does not fit; nothing is then published.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly push: (value: ViewOf<S> | Partial<ValueOf<S>>) => boolean;

  /** Use `SpscRing.producer`. */
  constructor(layout: S, region: Region, role: Role, geometry: RingGeometry, { wait }: RoleOptions) {
    const words = region.views.i32, { capacity } = geometry;
    this.#region = region;
    this.#role = role;
    this.#capacity = capacity;
    this.#waiter = new Waiter(`space in ${region.name}`, wait, new EventCount(words, FREED_EVENT_OFFSET / 4, true));
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const { claim, publish, push } = this.#paths = producerPaths(layout, {
      words,
      place: { recordsOffset: RING_HEADER_BYTES, slotMask: geometry.slotMask },
      record: layout.view(region.views, RING_HEADER_BYTES) as ViewOf<S>,
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      start: load(words, TAIL_OFFSET / 4),
      tailWord: TAIL_OFFSET / 4,
      publishedWord: PUBLISHED_EVENT_OFFSET / 4,
      isFenced: isFenced(words),
      wake: () => published.notifyAll(),
      look: () => {
        this.#requireUse();
        // Pairs with giveBack in ring_code.ts: records before the head were read.
        return (load(words, HEAD_OFFSET / 4) + capacity) | 0;
      },
      noteFull: () => this.#noteFull(),
      refusePublish: () => this.#refusePublish(),
    });
    this.claim = claim;
    this.publish = publish;
    this.push = push;
  }

  /** How many records can be claimed now, at least: the consumer may give back more at any time. */
  get free(): number {
    this.#requireUse();
    const head = load(this.#region.source.i32, HEAD_OFFSET / 4); // pairs with giveBack in ring_code.ts
    return this.#capacity - ((this.#paths.next() - head) | 0);
  }

  /**
   * The position of the record to be published next: how many were published in the ring's life, modulo 2^32. A successor
   * finds out from it what its predecessor published.
   */
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
   * As `claim`, but blocks this thread while the ring is full.
   *
   * @returns Undefined if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  claimWait(options?: WaitOptions): ViewOf<S> | undefined {
    return this.#waiter.until(this.#paths.hasSpace, options) ? this.claim() : undefined;
  }

  /**
   * As `push`, but blocks this thread while the ring is full.
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

  #noteFull(): void {
    const { i32, f64 } = this.#region.views;
    if (i32[WAS_FULL_OFFSET / 4] === 0) i32[WAS_FULL_OFFSET / 4] = 1;
    f64[REFUSALS_OFFSET / 8]++; // written by the producer alone
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
      throw new NotOwnerError(`Cannot write ${this.#region.name} as this producer was closed; call producer() again`);
    }
  }
}
