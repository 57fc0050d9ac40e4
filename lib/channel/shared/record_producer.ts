import { specialize } from "../../atomic/internal.ts";
import type { AnyStruct } from "../../layout/internal.ts";
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
  readonly vacate: () => void;
}

/**
 * The one producer of a channel's records. It publishes what it claimed with one store: consumers see all of it, or
 * nothing.
 */
export abstract class RecordProducer<S extends AnyStruct = AnyStruct> extends AsyncProducer<S> {
  readonly #end: ChannelEnd;
  readonly #path: ProducerPath<S>;
  readonly #countFree: (next: number) => number;

  /** Made by the channel. */
  protected constructor(end: ChannelEnd, ports: RecordProducerPorts<S>) {
    const path = specialize(makeProducerPath<S>)({
      ...ports,
      findSpace(next) {
        end.requireOpen();
        return ports.findSpace(next);
      },
      refuseClaim: () => end.refuseClosed(),
      refusePublish: () => end.refusePublish(),
    });
    super({ end, path, waiter: ports.waiting, vacate: ports.vacate });
    this.#end = end;
    this.#path = path;
    this.#countFree = ports.countFree;
  }

  /** How many records can be claimed now, at least: more may become free at any time. */
  get free(): number {
    this.#end.requireOpen();
    return this.#countFree(this.#path.next());
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
}
