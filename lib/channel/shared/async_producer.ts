import type { AnyStruct, ValueOf, ViewOf } from "../../layout/internal.ts";
import { type AsyncWaitOptions, type Waitable, WAITED, type Waited, type WaitOptions } from "../../sync/internal.ts";
import { NOW } from "./now.ts";
import { Producer, type ProducerMethods, type ProducerParts } from "./producer.ts";
import type { Waiter } from "./waiter.ts";

/** How a record is claimed. */
type Claim<S extends AnyStruct> = () => ViewOf<S> | undefined;
/** How a record is pushed. */
type Push<S extends AnyStruct> = (value: ViewOf<S> | Partial<ValueOf<S>>) => boolean;

/** The hot paths of a producer that can run out of space. */
export interface AsyncProducerMethods<S extends AnyStruct> extends ProducerMethods<Claim<S>, Push<S>> {
  claimWait(options?: WaitOptions): ViewOf<S> | undefined;
  pushWait(value: ViewOf<S> | Partial<ValueOf<S>>, options?: WaitOptions): boolean;
}

/** What such a producer is made of. */
export interface AsyncProducerParts<S extends AnyStruct> extends ProducerParts<Claim<S>, Push<S>> {
  readonly path: AsyncProducerMethods<S>;
  readonly waiter: Waiter;
}

/**
 * A producer of records that can run out of space. `claim` and `push` never wait; `claimWait` and `pushWait` block this
 * thread while there is no space, `claimAsync` and `pushAsync` wait in the event loop. Both then do what the plain form
 * does. `AsyncWaitOptions` has the rules for everything that waits in the event loop.
 */
export abstract class AsyncProducer<S extends AnyStruct = AnyStruct>
  extends Producer<() => ViewOf<S> | undefined, (value: ViewOf<S> | Partial<ValueOf<S>>) => boolean>
  implements Waitable {
  readonly #waiter: Waiter;

  /**
   * As `claim`, but blocks this thread while there is no space.
   *
   * @returns Undefined if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly claimWait: (options?: WaitOptions) => ViewOf<S> | undefined;

  /**
   * As `push`, but blocks this thread while there is no space.
   *
   * @returns False if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly pushWait: (value: ViewOf<S> | Partial<ValueOf<S>>, options?: WaitOptions) => boolean;

  /** How many records can be claimed now, or soon. */
  abstract get free(): number;

  /** Made by the channel. */
  protected constructor(parts: AsyncProducerParts<S>) {
    super(parts);
    this.#waiter = parts.waiter;
    this.claimWait = parts.path.claimWait;
    this.pushWait = parts.path.pushWait;
  }

  /**
   * As `claim`, but waits in the event loop while there is no space. The view is the same for all tasks that claim:
   * where one task claims, no other may wait meanwhile.
   *
   * @returns Undefined if the time runs out.
   */
  async claimAsync(options?: AsyncWaitOptions): Promise<ViewOf<S> | undefined> {
    let record: ViewOf<S> | undefined;
    await this.#waiter.untilAsync(() => (record = this.claimWait(NOW)) !== undefined, options, true);
    return record;
  }

  /**
   * As `push`, but waits in the event loop while there is no space.
   *
   * @param value Read once there is space: the caller must leave it alone until then. One that does not fit is refused
   * at once.
   * @returns False if the time runs out.
   */
  pushAsync(value: ViewOf<S> | Partial<ValueOf<S>>, options?: AsyncWaitOptions): Promise<boolean> {
    return this.#waiter.untilAsync(() => this.pushWait(value, NOW), options);
  }

  /** For wait sets: ready while there is space. */
  get [WAITED](): Waited {
    return this.#waiter.waited((isLifeCheck) => this.canPublish(isLifeCheck));
  }

  /**
   * Whether there is space; it is left as it is.
   *
   * @param _isLifeCheck Whether it is time to check whether the process that holds this up has died.
   */
  protected canPublish(_isLifeCheck: boolean): boolean {
    return this.free > 0;
  }
}
