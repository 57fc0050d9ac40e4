import { isFenced, load, specialize, wordAccess } from "../../atomic/internal.ts";
import type { AnyBuffer } from "../../layout/mod.ts";
import type { Region, Role } from "../../memory/mod.ts";
import {
  ASLEEP,
  type AsyncWaitOptions,
  EventCount,
  type Waitable,
  WAITED,
  type Waited,
  type WaitOptions,
} from "../../sync/internal.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import { NOW } from "../shared/now.ts";
import type { Waiter } from "../shared/waiter.ts";
import { lockTaker } from "./claim_lock.ts";
import {
  CLAIM_LOCK_OFFSET,
  HEAD_OFFSET,
  PRODUCER_HIGH_WATER_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  REFUSALS_OFFSET,
  SEEN_HEAD_OFFSET,
  TAIL_OFFSET,
} from "./format.ts";
import { type ByteRingGeometry, lengthOf } from "./geometry.ts";
import { makeManyProducerPath } from "./many_producer_path.ts";
import { makeOneProducerPath } from "./one_producer_path.ts";
import type { ByteProducerPath } from "./producer_ports.ts";
import { bytesOf, recordPorts, viewOf } from "./records.ts";

const encoder = new TextEncoder();

/**
 * A producer of a {@linkcode ByteRing}: the only one, or one of many. Claim the bytes of a message, fill them, publish
 * them; or claim several messages and publish them together. What is claimed and not published is never seen, whatever
 * happens to the producer. Closing it, or the death of its process, gives up what it claimed and, where only one may
 * produce, the role.
 *
 * One of many that has claimed keeps the consumer waiting at its message, so publish or abort soon. Other producers go
 * on meanwhile, until the ring is full. It stays so if the process is stopped, and ends if it dies. Over a
 * `SharedArrayBuffer` nobody learns of a death.
 */
export class ByteProducer implements Waitable, Disposable {
  readonly #end: ChannelEnd;
  readonly #region: Region;
  readonly #role: Role | undefined;
  readonly #geometry: ByteRingGeometry;
  readonly #path: ByteProducerPath;
  readonly #waiter: Waiter;

  /** The ring's memory: write the message at the offset that `claim` returned, and nowhere else. Empty once closed. */
  readonly bytes: Uint8Array<AnyBuffer>;
  /** The same memory, for numbers. */
  readonly view: DataView<AnyBuffer>;

  /**
   * Claims the bytes of a message, behind those already claimed. Never waits for the consumer. Where many may produce,
   * it waits for others inside their claims, which take some nanoseconds; for one that was interrupted there, up to a
   * millisecond or so.
   *
   * @param byteLength How long the message is: from 0 to the ring's `maxByteLength`.
   * @param type A word that the consumer receives with the message: from 0 to 2^32 − 1. Defaults to 0. One from 2^31 on
   * costs garbage in some engines.
   * @returns Where the message begins in `bytes` and `view`, a multiple of 8, never 0; old bytes are still there.
   * Undefined if there is no space, or another producer stopped inside its claim.
   * @throws {RangeError} If the message is longer than fits, or the type is no such number.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly claim: (byteLength: number, type?: number) => number | undefined;

  /**
   * As `claim`, but blocks this thread while there is no space.
   *
   * @returns Undefined if the time runs out.
   * @throws {TypeError} If there can be no space before this producer publishes or aborts what it has claimed.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly claimWait: (byteLength: number, type?: number, options?: WaitOptions) => number | undefined;

  /**
   * Publishes all that was claimed. No system call, unless the consumer sleeps. Where one may produce, it is one step;
   * where many may, a death in the midst of it leaves the first ones published.
   *
   * @throws {TypeError} If nothing was claimed.
   * @throws {NotOwnerError} If this producer was closed.
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
   * @throws {RangeError} If the message is longer than fits, or the type is no such number.
   * @throws {NotOwnerError} If this producer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly push: (message: Uint8Array | string, type?: number) => boolean;

  /**
   * As `push`, but blocks this thread while there is no space.
   *
   * @returns False if the time runs out.
   * @throws {TypeError} If there can be no space before this producer publishes or aborts what it has claimed.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly pushWait: (message: Uint8Array | string, type?: number, options?: WaitOptions) => boolean;

  /** Made by `ByteRing.producer`. */
  constructor(region: Region, role: Role | undefined, geometry: ByteRingGeometry, waiting: Waiter) {
    const { views } = region, { i32: words, f64: counts } = views;
    const end = this.#end = new ChannelEnd(region, "write", "producer");
    this.#region = region;
    this.#waiter = waiting;
    this.#role = role;
    this.#geometry = geometry;
    this.bytes = bytesOf(views, geometry);
    this.view = viewOf(views, geometry);
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const path = this.#path = specialize(geometry.isShared ? makeManyProducerPath : makeOneProducerPath)({
      words: wordAccess(words, { isFenced: isFenced(words) }),
      ...recordPorts(views, geometry),
      tailWord: TAIL_OFFSET / 4,
      headWord: HEAD_OFFSET / 4,
      lockWord: CLAIM_LOCK_OFFSET / 4,
      seenHeadWord: SEEN_HEAD_OFFSET / 4,
      publishedWord: PUBLISHED_EVENT_OFFSET / 4,
      asleep: ASLEEP,
      wake: () => published.notifyAll(),
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      start: load(words, TAIL_OFFSET / 4),
      id: region.party.id,
      takeLock: lockTaker(region),
      noteFull(usedBytes) { // written by the one producer, or the holder of the claim lock
        counts[REFUSALS_OFFSET / 8]++;
        if (usedBytes > words[PRODUCER_HIGH_WATER_OFFSET / 4]) words[PRODUCER_HIGH_WATER_OFFSET / 4] = usedBytes;
      },
      encode: (message) => this.#encode(message),
      requireUse: () => end.requireOpen(),
      refuseMessage: (byteLength, type) => this.#refuseMessage(byteLength, type),
      refusePublish() {
        end.requireOpen();
        throw new TypeError(`Cannot publish to ${end.name} as nothing was claimed; call claim() first`);
      },
      refuseWait() {
        throw new TypeError(
          `Cannot wait for space in ${end.name} as what this producer has claimed takes it; call publish() or abort() first`,
        );
      },
      waiting,
    });
    this.claim = path.claim;
    this.claimWait = path.claimWait;
    this.publish = path.publish;
    this.push = path.push;
    this.pushWait = path.pushWait;
  }

  /**
   * As `claim`, but waits in the event loop while there is no space. Where one task claims, no other may wait
   * meanwhile. `AsyncWaitOptions` has the rules of all async forms.
   *
   * @returns Undefined if the time runs out.
   */
  async claimAsync(byteLength: number, type?: number, options?: AsyncWaitOptions): Promise<number | undefined> {
    let at: number | undefined;
    await this.#waiter.untilAsync(() => (at = this.claimWait(byteLength, type, NOW)) !== undefined, options, true);
    return at;
  }

  /**
   * As `push`, but waits in the event loop while there is no space.
   *
   * @param message Copied when there is space: left alone by the caller until then.
   * @returns False if the time runs out.
   */
  pushAsync(message: Uint8Array | string, type?: number, options?: AsyncWaitOptions): Promise<boolean> {
    return this.#waiter.untilAsync(() => this.pushWait(message, type, NOW), options);
  }

  /** How many bytes of the ring nobody has claimed: exact at a moment of the call. */
  get free(): number {
    this.#end.requireOpen();
    const { capacity } = this.#geometry;
    return capacity - lengthOf(this.#region, capacity) - this.#path.hiddenBytes();
  }

  /** How many messages this producer has claimed and not yet published. */
  get claimed(): number {
    return this.#path.claimed();
  }

  /** Gives up all that is claimed and not published: the consumer will not see it. */
  abort(): void {
    this.#path.abort();
  }

  /** Gives up what is claimed, and the role. The second time nothing happens. */
  close(): void {
    if (this.#end.isOpen) this.#path.abort();
    this.#end.close(() => this.#role?.release());
    this.#path.close();
    this.#waiter.look();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** For wait sets: ready while there is any space. */
  get [WAITED](): Waited {
    return this.#waiter.waited(() => this.free > 0);
  }

  /**
   * A stream that publishes each chunk as a message, and waits where there is no space. Closing it leaves this producer
   * as it is.
   *
   * @param type The type word of the messages. Defaults to 0.
   */
  writable(type?: number): WritableStream<Uint8Array | string> {
    const controller = new AbortController(), { signal } = controller;
    return new WritableStream({
      write: async (chunk) => void await this.pushAsync(chunk, type, { signal }),
      abort: (reason) => controller.abort(reason),
    });
  }

  #encode(message: unknown): Uint8Array {
    if (typeof message === "string") return encoder.encode(message);
    throw new TypeError(
      `Cannot push to ${this.#end.name} as a message must be a Uint8Array or a text: received ${String(message)}`,
    );
  }

  #refuseMessage(byteLength: unknown, type: unknown): never {
    const { maxByteLength } = this.#geometry, { name } = this.#end;
    const isLength = Number.isInteger(byteLength) && byteLength as number >= 0 && byteLength as number <= maxByteLength;
    throw new RangeError(
      isLength
        ? `Cannot claim a message of ${name} as its type must be an integer from 0 to 4294967295: received ${type}`
        : `Cannot claim a message of ${name} as its length must be an integer from 0 to ${maxByteLength}, half the ring with its header: received ${byteLength}`,
    );
  }
}
