import { ClosableEnd, type ClosableParts } from "./closable_end.ts";

/** The hot paths of a producer that all producers have. */
export interface ProducerMethods<Claim, Push> {
  readonly claim: Claim;
  publish(): void;
  readonly push: Push;
  /** How many records are claimed and not published. */
  claimed(): number;
  /** Gives up what is claimed. */
  abort(): void;
  /** Gives up what is claimed; nothing can be claimed from now on. */
  close(): void;
}

/** What a producer is made of. */
export interface ProducerParts<Claim, Push> extends ClosableParts {
  readonly path: ProducerMethods<Claim, Push>;
}

/**
 * What all that publishes into a channel has in common: claim a record, fill it, publish it; or claim several and
 * publish them together, which costs a fraction. What is claimed and not published is never received, whatever happens
 * to the producer. A record may also be a message of a {@linkcode ByteRing}.
 */
export abstract class Producer<Claim, Push> extends ClosableEnd {
  readonly #parts: ProducerParts<Claim, Push>;

  /**
   * Claims the next record, after those already claimed and not yet published. Never blocks.
   *
   * @returns The record to fill, with old bytes in it; undefined if there is no space. It is the same view each time,
   * moved on: fill each record before claiming the next, and leave it alone once it is published.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly claim: Claim;

  /**
   * Publishes all that was claimed. No system call, unless a waiter sleeps.
   *
   * @throws {TypeError} If nothing was claimed.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly publish: () => void;

  /**
   * Claims a record, fills it and publishes it, after whatever was claimed before. Never blocks.
   *
   * @param value A view, copied as it is; or an object, whose fields are checked. Fields that it leaves out have no
   * defined value.
   * @returns False if there is no space.
   * @throws {TypeError | RangeError} If a value does not fit; nothing is then claimed or published.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly push: Push;

  /** Made by the channel. */
  protected constructor(parts: ProducerParts<Claim, Push>) {
    const { claim, publish, push } = parts.path;
    super(parts);
    this.#parts = parts;
    this.claim = claim;
    this.publish = publish;
    this.push = push;
  }

  /**
   * How many records are claimed and not yet published.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get claimed(): number {
    const { end, path } = this.#parts;
    end.requireSegment();
    return path.claimed();
  }

  /** Gives up all that was claimed and not published: it is never received. */
  abort(): void {
    this.#parts.path.abort();
  }
}
