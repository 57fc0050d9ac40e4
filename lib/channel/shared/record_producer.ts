import { specialize } from "../../atomic/internal.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/internal.ts";
import type { WaitOptions } from "../../sync/mod.ts";
import { AsyncProducer } from "./async_producer.ts";
import type { ChannelEnd } from "./channel_end.ts";
import { makeProducerPath, type ProducerPath, type ProducerPorts } from "./producer_path.ts";
import type { Waiter } from "./waiter.ts";

/** What the producers of a channel differ in. */
export interface RecordProducerPorts<S extends AnyStruct>
  extends Omit<ProducerPorts<S>, "refuseClaim" | "refusePublish" | "findSpace"> {
  /** Returns the position at which there is no space left, for the position to be claimed next. */
  readonly findSpace: (next: number) => number;
  /** How many records can be claimed, counted from the position to be claimed next. */
  readonly countFree: (next: number) => number;
  readonly waiting: Waiter;
  /** Releases the role. */
  readonly giveBack: () => void;
}

/**
 * One producer of records that nobody else publishes: claim a record, fill it, publish it; or claim several and publish
 * them with one store, which costs a fraction. What is claimed and not published is never seen, whatever happens to the
 * producer. Closing it, or the death of its process, gives the role to others.
 */
export abstract class RecordProducer<S extends AnyStruct = AnyStruct> extends AsyncProducer<S> implements Disposable {
  readonly #end: ChannelEnd;
  readonly #path: ProducerPath<S>;
  readonly #ports: RecordProducerPorts<S>;

  /**
   * Claims the next record, behind those already claimed and not yet published. Never blocks.
   *
   * @returns The record to fill, with old bytes in it; undefined if there is no space. It is the same view each time,
   * moved on: fill each record before claiming the next.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly claim: () => ViewOf<S> | undefined;

  /**
   * Publishes all that was claimed, in one step. No system call, unless a consumer sleeps.
   *
   * @throws {TypeError} If nothing was claimed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly publish: () => void;

  /**
   * Claims a record, fills it and publishes it, after whatever was claimed before. Never blocks.
   *
   * @param value A view, copied as it is; or an object, whose fields are checked. Fields that it leaves out have no
   * defined value.
   * @returns False if there is no space.
   * @throws {TypeError | RangeError} If a value does not fit; nothing is then published.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly push: (value: ViewOf<S> | Partial<ValueOf<S>>) => boolean;

  /** As {@linkcode AsyncProducer.claimWait}. */
  readonly claimWait: (options?: WaitOptions) => ViewOf<S> | undefined;

  /** As {@linkcode AsyncProducer.pushWait}. */
  readonly pushWait: (value: ViewOf<S> | Partial<ValueOf<S>>, options?: WaitOptions) => boolean;

  /** Made by the channel. */
  protected constructor(end: ChannelEnd, ports: RecordProducerPorts<S>) {
    super(ports.waiting);
    this.#end = end;
    this.#ports = ports;
    const path = this.#path = specialize(makeProducerPath<S>)({
      ...ports,
      findSpace(next) {
        end.requireOpen();
        return ports.findSpace(next);
      },
      refuseClaim: () => end.refuseClosed(),
      refusePublish() {
        end.requireOpen();
        throw new TypeError(`Cannot publish to ${end.name} as nothing was claimed; call claim() first`);
      },
    });
    this.claim = path.claim;
    this.publish = path.publish;
    this.push = path.push;
    this.claimWait = path.claimWait;
    this.pushWait = path.pushWait;
  }

  /** How many records can be claimed now, at least: more may become free at any time. */
  get free(): number {
    this.#end.requireOpen();
    return this.#ports.countFree(this.#path.next());
  }

  /**
   * The position of the record to be published next: how many were published in the channel's life, modulo 2^32. A
   * successor finds out from it what its predecessor published.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get position(): number {
    this.#end.requireSegment();
    return this.#path.tail() >>> 0;
  }

  /**
   * How many records are claimed and not yet published.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get claimed(): number {
    this.#end.requireSegment();
    return (this.#path.next() - this.#path.tail()) | 0;
  }

  /** Forgets all that was claimed and not published. */
  abort(): void {
    this.#path.abort();
  }

  /** Releases the role; what was claimed and not published is never seen. The second time nothing happens. */
  close(): void {
    if (this.#end.isOpen) this.abort();
    this.#end.close(this.#ports.giveBack);
    this.endWaits();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
