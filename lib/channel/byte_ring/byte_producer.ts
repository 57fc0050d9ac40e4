import { Backoff, compareExchange, isFenced, load } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../../errors.ts";
import type { AnyBuffer } from "../../layout/mod.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { EventCount, type WaitOptions } from "../../sync/mod.ts";
import { type ByteProducerPaths, byteProducerPaths } from "./byte_ring_code.ts";
import {
  BYTE_RING_HEADER_BYTES,
  CLAIM_LOCK_OFFSET,
  FREED_EVENT_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  TAIL_OFFSET,
} from "./format.ts";
import { type ByteRingGeometry, lengthOf } from "./geometry.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";

/** How a claim waits for another one that is not done after some nanoseconds, and so was interrupted or is dead. */
const PATIENCE = { spins: 6, yields: 16, firstSleepMs: 0.05, longestSleepMs: 0.4 };
/** How often it then sleeps: a millisecond in all. */
const SLEEPS = 4;

const encoder = new TextEncoder();

/**
 * A producer of a {@linkcode ByteRing}: the only one, or one of many. Claim the bytes of a message, fill them, publish
 * them; or claim several messages and publish them together. What was claimed and not published is never seen, whatever
 * happens to the producer. Closing it, or the death of its process, gives up what it had claimed and, where only one may
 * produce, the role.
 *
 * One of many that has claimed keeps the consumer waiting at its message, so publish or abort soon. Other producers go on
 * meanwhile, until the ring is full. It stays so if the process is stopped, and ends if it dies. Whatever a
 * `SharedArrayBuffer` holds, nobody knows of a death there.
 */
export class ByteProducer implements Disposable {
  readonly #region: Region;
  readonly #role: Role | undefined;
  readonly #geometry: ByteRingGeometry;
  readonly #paths: ByteProducerPaths;
  readonly #waiter: Waiter;
  readonly #backoff = new Backoff(PATIENCE);
  readonly #isReady: () => boolean;
  #isOpen = true;
  /** What is waited for, and what came of it. */
  #wantedLength = 0;
  #wantedType = 0;
  #claimedOffset = 0;

  /** The ring's memory: write the message at the offset that `claim` returned, and nowhere else. Empty once closed. */
  readonly bytes: Uint8Array<AnyBuffer>;
  /** The same memory, for numbers. */
  readonly view: DataView<AnyBuffer>;

  /**
   * Claims the bytes of a message, behind those already claimed. Never waits for the consumer. Where many may produce, it
   * waits for others inside their claims, which take some nanoseconds; for one that was interrupted there, up to a
   * millisecond or so.
   *
   * @param byteLength How long the message is: from 0 to the ring's `maxByteLength`.
   * @param type A word that the consumer receives with the message: from 0 to 2^32 − 1; 0 unless given. One from 2^31 on
   * costs garbage in some engines.
   * @returns Where the message begins in `bytes` and `view`, a multiple of 8, never 0; old bytes are still there.
   * Undefined if there is no space, or another producer stopped inside its claim.
   * @throws {RangeError} If the message is longer than fits, or the type is none.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly claim: (byteLength: number, type?: number) => number | undefined;

  /**
   * Publishes all that was claimed. No system call, unless the consumer sleeps. Where one may produce, it is one step;
   * where many may, a death in the midst of it leaves the first ones published.
   *
   * @throws {TypeError} If nothing was claimed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly publish: () => void;

  /**
   * Claims a message, copies it and publishes it, after whatever was claimed before. Waits as `claim` does.
   *
   * @param message Bytes; or a text, which becomes UTF-8.
   * @param type A word that the consumer receives with the message, as with `claim`.
   * @returns False where `claim` returns undefined.
   * @throws {TypeError} If the message is neither bytes nor text.
   * @throws {RangeError} If the message is longer than fits, or the type is none.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly push: (message: Uint8Array | string, type?: number) => boolean;

  /** Use `ByteRing.producer`. */
  constructor(region: Region, role: Role | undefined, geometry: ByteRingGeometry, { wait }: RoleOptions) {
    const { i32: words, f64: counts, lent: { buffer, byteOffset } } = region.views;
    this.#region = region;
    this.#role = role;
    this.#geometry = geometry;
    this.#waiter = new Waiter(`space in ${region.name}`, wait, new EventCount(words, FREED_EVENT_OFFSET / 4, true));
    const first = byteOffset + BYTE_RING_HEADER_BYTES, { capacity } = geometry;
    this.bytes = new Uint8Array(buffer, first, capacity);
    this.view = new DataView(buffer, first, capacity);
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const { claim, publish, push, attempt } = this.#paths = byteProducerPaths(geometry, {
      words,
      counts,
      data: new Int32Array(buffer, first, capacity / 4),
      bytes: this.bytes,
      geometry,
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      tail: load(words, TAIL_OFFSET / 4),
      id: region.party.id,
      isFenced: isFenced(words),
      wake: () => published.notifyAll(),
      enter: () => this.#enter(words),
      requireUse: () => this.#requireUse(),
      refuseMessage: (byteLength, type) => this.#refuseMessage(byteLength, type),
      refusePublish: () => this.#refusePublish(),
      bytesOf: (message) => this.#bytesOf(message),
    });
    this.claim = claim;
    this.publish = publish;
    this.push = push;
    this.#isReady = () => {
      this.#claimedOffset = attempt(this.#wantedLength, this.#wantedType);
      return this.#claimedOffset !== 0;
    };
  }

  /** How many bytes of the ring nobody has claimed: exact at a moment of the call. */
  get free(): number {
    this.#requireUse();
    const { capacity } = this.#geometry;
    return capacity - lengthOf(this.#region, capacity) - this.#paths.unseenBytes();
  }

  /** How many messages this producer claimed and has not yet published. */
  get claimed(): number {
    return this.#paths.claimed();
  }

  /** Gives up all that was claimed and not published: the consumer will not see it. */
  abort(): void {
    this.#paths.abort();
  }

  /**
   * As `claim`, but blocks this thread while there is no space.
   *
   * @returns Undefined if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  claimWait(byteLength: number, type = 0, options?: WaitOptions): number | undefined {
    this.#wantedLength = byteLength;
    this.#wantedType = type;
    return this.#waiter.until(this.#isReady, options) ? this.#claimedOffset : undefined;
  }

  /**
   * As `push`, but blocks this thread while there is no space.
   *
   * @returns False if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  pushWait(message: Uint8Array | string, type = 0, options?: WaitOptions): boolean {
    const bytes = this.#bytesOf(message), at = this.claimWait(bytes.length, type, options);
    if (at === undefined) return false;
    this.bytes.set(bytes, at);
    this.publish();
    return true;
  }

  /** Gives up what was claimed, and the role. The second time nothing happens. */
  close(): void {
    if (!this.#isOpen) return;
    this.abort();
    this.#isOpen = false;
    this.#paths.close();
    if (!this.#region.source.closed) this.#role?.release();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Takes the claim lock from whoever holds it: when it is given back, or at once from the dead. */
  #enter(words: Int32Array): boolean {
    const lock = CLAIM_LOCK_OFFSET / 4, { party } = this.#region, backoff = this.#backoff;
    backoff.reset();
    for (let sleeps = 0; sleeps < SLEEPS; backoff.step()) {
      const holder = load(words, lock); // pairs with the exchanges and the release of the lock
      if (holder !== 0) {
        if (!backoff.isSleeping) continue;
        sleeps++;
        if (party.isAlive(holder)) continue;
      }
      // Whatever the dead one did, the tail tells: see the descriptor. A death right after this leaves the same again.
      if (compareExchange(words, lock, holder, party.id) === holder) return true;
    }
    return false;
  }

  #bytesOf(message: unknown): Uint8Array {
    if (message instanceof Uint8Array) return message;
    if (typeof message === "string") return encoder.encode(message);
    throw new TypeError(
      `Cannot push to ${this.#region.name} as a message must be a Uint8Array or a text: received ${String(message)}`,
    );
  }

  #refuseMessage(byteLength: unknown, type: unknown): never {
    const { maxByteLength } = this.#geometry;
    const isLength = Number.isInteger(byteLength) && byteLength as number >= 0 && byteLength as number <= maxByteLength;
    throw new RangeError(
      isLength
        ? `Cannot claim a message of ${this.#region.name} as its type must be an integer from 0 to 4294967295: received ${type}`
        : `Cannot claim a message of ${this.#region.name} as its length must be an integer from 0 to ${maxByteLength}, half the ring with its header: received ${byteLength}`,
    );
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
