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
// deno-lint-ignore no-unused-vars -- named in comments
import type { AsyncProducer } from "../shared/async_producer.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import { NOW } from "../shared/now.ts";
import { Producer } from "../shared/producer.ts";
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
 * A producer of a {@linkcode ByteRing}: the only one, or one of many. `publish` is one step where one may produce;
 * where many may, a death in the middle of it leaves the first messages published.
 *
 * One of many that has claimed makes the consumer wait at its message, so publish or abort soon. Other producers go on
 * meanwhile, until the ring is full. It stays full while the process is stopped, and no longer once it is dead. Over a
 * `SharedArrayBuffer` deaths are not noticed.
 */
export class ByteProducer extends Producer<
  (byteLength: number, type?: number) => number | undefined,
  (message: Uint8Array | string, type?: number) => boolean
> implements Waitable {
  readonly #end: ChannelEnd;
  readonly #region: Region;
  readonly #geometry: ByteRingGeometry;
  readonly #path: ByteProducerPath;
  readonly #waiter: Waiter;

  /** The ring's memory: write the message at the offset that `claim` returned, and nowhere else. Empty once closed. */
  readonly bytes: Uint8Array<AnyBuffer>;
  /** The same memory, for numbers. */
  readonly view: DataView<AnyBuffer>;

  /**
   * As {@linkcode Producer.claim}, but claims the bytes of a message. Never waits for the consumer. Where many may
   * produce, it waits while others are inside their claims: some nanoseconds; if one was interrupted there, up to a
   * millisecond or so.
   *
   * @param byteLength How long the message is: from 0 to the ring's `maxByteLength`.
   * @param type A word that the consumer receives with the message: from 0 to 2^32 − 1. Defaults to 0. One from 2^31 on
   * costs garbage in some engines.
   * @returns Where the message begins in `bytes` and `view`, a multiple of 8, never 0; old bytes are still there.
   * Undefined if there is no space, or another producer stopped inside its claim.
   * @throws {RangeError} If the message is longer than fits, or the type is not such a number.
   */
  declare readonly claim: (byteLength: number, type?: number) => number | undefined;

  /**
   * As {@linkcode AsyncProducer.claimWait}.
   *
   * @throws {TypeError} If there can be no space before this producer publishes or aborts what it has claimed.
   */
  readonly claimWait: (byteLength: number, type?: number, options?: WaitOptions) => number | undefined;

  /**
   * As {@linkcode Producer.push}. Waits as `claim` does.
   *
   * @param message Bytes; or a text, which becomes UTF-8.
   * @param type A word that the consumer receives with the message, as with `claim`.
   * @throws {TypeError} If the message is neither bytes nor text.
   * @throws {RangeError} If the message is longer than fits, or the type is not such a number.
   */
  declare readonly push: (message: Uint8Array | string, type?: number) => boolean;

  /**
   * As {@linkcode AsyncProducer.pushWait}.
   *
   * @throws {TypeError} If there can be no space before this producer publishes or aborts what it has claimed.
   */
  readonly pushWait: (message: Uint8Array | string, type?: number, options?: WaitOptions) => boolean;

  /** Made by `ByteRing.producer`. */
  constructor(region: Region, role: Role | undefined, geometry: ByteRingGeometry, waiting: Waiter) {
    const { views } = region, { i32: words, f64: counts } = views, end = new ChannelEnd(region, "write", "producer");
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const path = specialize(geometry.isShared ? makeManyProducerPath : makeOneProducerPath)({
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
      encode: (message) => encode(end.name, message),
      requireUse: () => end.requireOpen(),
      refuseMessage: (byteLength, type) => refuseMessage(end.name, geometry.maxByteLength, byteLength, type),
      refusePublish: () => end.refusePublish(),
      refuseWait() {
        throw new TypeError(
          `Cannot wait for space in ${end.name} as what this producer has claimed takes it; call publish() or abort() first`,
        );
      },
      waiting,
    });
    super({ end, path, waiter: waiting, vacate: () => role !== undefined && role.release() });
    this.#end = end;
    this.#region = region;
    this.#geometry = geometry;
    this.#path = path;
    this.#waiter = waiting;
    this.bytes = bytesOf(views, geometry);
    this.view = viewOf(views, geometry);
    this.claimWait = path.claimWait;
    this.pushWait = path.pushWait;
  }

  /** As {@linkcode AsyncProducer.claimAsync}. */
  async claimAsync(byteLength: number, type?: number, options?: AsyncWaitOptions): Promise<number | undefined> {
    let at: number | undefined;
    await this.#waiter.untilAsync(() => (at = this.claimWait(byteLength, type, NOW)) !== undefined, options, true);
    return at;
  }

  /** As {@linkcode AsyncProducer.pushAsync}: the caller must leave the message alone until it is copied. */
  pushAsync(message: Uint8Array | string, type?: number, options?: AsyncWaitOptions): Promise<boolean> {
    return this.#waiter.untilAsync(() => this.pushWait(message, type, NOW), options);
  }

  /** How many bytes of the ring are not claimed: exact at a moment of the call. */
  get free(): number {
    this.#end.requireOpen();
    const { capacity } = this.#geometry;
    return capacity - lengthOf(this.#region, capacity) - this.#path.hiddenBytes();
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
}

function encode(name: string, message: unknown): Uint8Array {
  if (typeof message === "string") return encoder.encode(message);
  throw new TypeError(
    `Cannot push to ${name} as a message must be a Uint8Array or a text: received ${String(message)}`,
  );
}

function refuseMessage(name: string, most: number, byteLength: unknown, type: unknown): never {
  const isLength = Number.isInteger(byteLength) && byteLength as number >= 0 && byteLength as number <= most;
  throw new RangeError(
    isLength
      ? `Cannot claim a message of ${name} as its type must be an integer from 0 to 4294967295: received ${type}`
      : `Cannot claim a message of ${name} as its length must be an integer from 0 to ${most}, half the ring with its header: received ${byteLength}`,
  );
}
