import { isFenced, load, specialize, wordAccess, wordLoader } from "../../atomic/internal.ts";
import type { AnyBuffer } from "../../layout/mod.ts";
import type { Region, Role } from "../../memory/mod.ts";
import {
  ASLEEP,
  type AsyncWaitOptions,
  EventCount,
  requireDone,
  requireSynchronous,
  type WaitOptions,
} from "../../sync/internal.ts";
import { AsyncReceiver } from "../shared/async_receiver.ts";
// deno-lint-ignore no-unused-vars -- named in comments
import type { AsyncConsumer } from "../shared/async_consumer.ts";
import type { BatchSource } from "../shared/batch.ts";
import { ChannelEnd, refuseLimit } from "../shared/channel_end.ts";
import type { Consumer, ConsumerRole } from "../shared/consumer.ts";
import { NOW } from "../shared/now.ts";
import type { Waiter } from "../shared/waiter.ts";
import { ClaimWatch } from "./claim_watch.ts";
import { makeByteConsumerPath } from "./consumer_path.ts";
import type { ByteConsumerPath, ByteMessage, ReceiveMessage } from "./consumer_ports.ts";
import { CONSUMER_HIGH_WATER_OFFSET, FREED_EVENT_OFFSET, HEAD_OFFSET, SKIPPED_OFFSET, TAIL_OFFSET } from "./format.ts";
import { type ByteRingGeometry, refuseRecord } from "./geometry.ts";
import { bytesOf, recordPorts, viewOf } from "./records.ts";

/** How many bytes a poll must find to be worthwhile; a quarter of a small ring. */
const WORTHWHILE = 4096;
/** The most pauses for which a wait, and a drain with a limit, rest before they poll again: 0.7 µs. */
const LONGEST_REST = 31;
/** The most bytes of messages that `next` takes before it frees them; a quarter of a small ring. */
const HELD_MOST = 8192;

/**
 * The one consumer of a {@linkcode ByteRing}. It receives messages in order, each once. Those that it has not freed
 * when it dies are received again by its successor. `drain` frees all messages of a call at once; if `fn` throws, its
 * message stays the next to be received. `next` frees the messages before it in batches: by 8 KiB, when no more message
 * is known, and by `release`. A message is the memory itself, not a copy. Closing the consumer, or the death of its
 * process, gives the role to others.
 *
 * Where many may produce, it waits at a message that is claimed and not yet published, and skips it only once the
 * kernel says that its claimer is dead. All methods that receive throw a `SegmentFormatError` if the memory was
 * overwritten with something that is not a message.
 */
export class ByteConsumer extends AsyncReceiver<ReceiveMessage, ByteConsumer>
  implements Consumer<ReceiveMessage>, ConsumerRole {
  readonly #end: ChannelEnd;
  readonly #role: Role;
  readonly #path: ByteConsumerPath;
  readonly #words: Int32Array;
  readonly #waiter: Waiter;

  /**
   * The ring's memory. A message lies there at the offset that `drain` or `next` reports. For reading. Empty once
   * closed.
   */
  readonly bytes: Uint8Array<AnyBuffer>;
  /** The same memory, for numbers. */
  readonly view: DataView<AnyBuffer>;

  /** The type word of the message that `next` found. */
  readonly type: number = 0;
  /** Where the message that `next` found begins in `bytes` and `view`, a multiple of 8. */
  readonly byteOffset: number = 0;
  /** The length of the message that `next` found, in bytes. */
  readonly byteLength: number = 0;

  readonly drain: (fn: ReceiveMessage, limit?: number) => number;
  readonly drainWait: (fn: ReceiveMessage, limit?: number, options?: WaitOptions) => number;

  /**
   * Copies the next message and frees it. Never blocks. Makes two objects; `drain` and `next` make none.
   *
   * @returns Undefined if there is none.
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly shift: () => ByteMessage | undefined;

  /** As `shift`, but blocks this thread until there is a message; returns undefined if the time runs out. */
  readonly shiftWait: (options?: WaitOptions) => ByteMessage | undefined;

  /**
   * As {@linkcode AsyncConsumer.next}, but reports in `type`, `byteOffset` and `byteLength` what the message is:
   * `while (consumer.next()) sum += consumer.view.getFloat64(consumer.byteOffset, true)`.
   *
   * @returns Whether there is a message. If not, `type`, `byteOffset` and `byteLength` mean nothing.
   */
  readonly next: () => boolean;

  /** As `next`, but blocks this thread until there is a message; returns false if the time runs out. */
  readonly nextWait: (options?: WaitOptions) => boolean;

  readonly release: () => void;

  /** Made by `ByteRing.consumer`. */
  constructor(region: Region, role: Role, geometry: ByteRingGeometry, waiting: Waiter) {
    super(waiting, () => end.isOpen && path.release());
    const { views } = region, { i32: words, f64: counts } = views, { capacity, isShared } = geometry;
    const end = this.#end = new ChannelEnd(region, "read", "consumer");
    this.#role = role;
    this.#words = words;
    this.#waiter = waiting;
    this.bytes = bytesOf(views, geometry);
    this.view = viewOf(views, geometry);
    const freed = new EventCount(words, FREED_EVENT_OFFSET / 4, true), { party } = region;
    const watch = new ClaimWatch((claimer) => party.isAlive(claimer));
    const path: ByteConsumerPath = this.#path = specialize(makeByteConsumerPath)({
      words: wordAccess(words, { isFenced: isFenced(words) }),
      ...recordPorts(views, geometry),
      isShared,
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      start: load(words, HEAD_OFFSET / 4),
      headWord: HEAD_OFFSET / 4,
      loadTail: wordLoader(words, TAIL_OFFSET / 4),
      highWater: words[CONSUMER_HIGH_WATER_OFFSET / 4],
      noteHighWater: (found) => void (words[CONSUMER_HIGH_WATER_OFFSET / 4] = found), // written by the consumer alone
      freedWord: FREED_EVENT_OFFSET / 4,
      asleep: ASLEEP,
      wake: () => freed.notifyAll(),
      current: this,
      isDead: (position, claimer, isWaiting) => watch.isDead(position, claimer, isWaiting),
      noteSkipped: (count) => void (counts[SKIPPED_OFFSET / 8] += count), // written by the consumer alone
      requireSynchronous: (fn: ReceiveMessage) => requireSynchronous("drain", end.name, fn),
      requireDone: (result) => requireDone("drain", end.name, result),
      refuseLimit,
      refuseUse: () => end.refuseUse(path.isDraining()),
      refuseRecord: (position, word) => refuseRecord(region, capacity, position, word),
      worthwhile: Math.min(WORTHWHILE, capacity / 4),
      longestRest: LONGEST_REST,
      heldMost: Math.min(HELD_MOST, capacity / 4),
      waiting,
    });
    this.drain = path.drain;
    this.drainWait = path.drainWait;
    this.shift = path.shift;
    this.shiftWait = path.shiftWait;
    this.next = path.next;
    this.nextWait = path.nextWait;
    this.release = path.release;
  }

  /** As `shift`, but waits in the event loop until there is a message; returns undefined if the time runs out. */
  async shiftAsync(options?: AsyncWaitOptions): Promise<ByteMessage | undefined> {
    let message: ByteMessage | undefined;
    await this.#waiter.untilAsync(() => (message = this.shiftWait(NOW)) !== undefined, options);
    return message;
  }

  /**
   * As {@linkcode AsyncConsumer.records}. What the loop receives is this consumer, whose `type`, `byteOffset` and
   * `byteLength` report what the message is.
   */
  messages(options?: AsyncWaitOptions): AsyncIterableIterator<ByteConsumer, undefined> {
    return this.iterate(options);
  }

  /**
   * How many bytes lie between the message to be received next and the end of the last one, headers and what is to be
   * skipped included.
   */
  get length(): number {
    this.#end.requireOpen();
    return (load(this.#words, TAIL_OFFSET / 4) - this.#path.position()) | 0; // pairs: byte ring tail
  }

  /**
   * The position of the message whose space is freed next: how many bytes were freed in the ring's life, modulo 2^32.
   * During a drain, that of its first message.
   */
  get position(): number {
    return this.#path.head() >>> 0;
  }

  close(): void {
    this.#end.close(() => {
      this.#path.release();
      this.#role.release();
    });
    this.#path.close();
    this.endWaits();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The messages as a stream of copies, for whatever takes streams; their type words are left out. Cancelling the
   * stream ends it, and leaves this consumer as it is.
   */
  readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const controller = new AbortController(), { signal } = controller;
    return new ReadableStream({
      pull: async (stream) => {
        try {
          stream.enqueue((await this.shiftAsync({ signal }))!.bytes);
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      },
      cancel: (reason) => controller.abort(reason),
    }, { highWaterMark: 0 });
  }

  /** Polls for a message, which frees what `next` found, as any other method does. */
  protected override canReceive(_isLifeCheck: boolean): boolean {
    return this.#path.isDraining() ? this.length > 0 : this.#path.hasMessage();
  }

  /** By `next`, or a `nextWait` that does not wait. */
  protected override take(isIdle: boolean): this | undefined {
    return (isIdle ? this.nextWait(NOW) : this.next()) ? this : undefined;
  }

  /** Steps by `next`, which takes what is known first. */
  protected override batchSource(): BatchSource<ByteConsumer> {
    return { step: this.next, more: (isIdle) => this.take(isIdle) };
  }
}
