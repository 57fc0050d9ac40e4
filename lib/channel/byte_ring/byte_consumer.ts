import { isFenced, load, specialize, wordAccess, wordLoader } from "../../atomic/internal.ts";
import type { AnyBuffer } from "../../layout/mod.ts";
import type { Region, Role } from "../../memory/mod.ts";
import {
  ASLEEP,
  type AsyncWaitOptions,
  type DrainResult,
  EventCount,
  requireDone,
  requireSynchronous,
  type Waitable,
  WAITED,
  type Waited,
  type WaitOptions,
} from "../../sync/internal.ts";
import { AsyncBatches, AsyncRecords, type Receiver } from "../shared/async_records.ts";
import { Batch } from "../shared/batch.ts";
import { ChannelEnd, refuseLimit } from "../shared/channel_end.ts";
import { NOW } from "../shared/now.ts";
import type { Waiter } from "../shared/waiter.ts";
import { ClaimWatch } from "./claim_watch.ts";
import { type ByteConsumerPath, type ByteMessage, makeByteConsumerPath, type ReceiveMessage } from "./consumer_path.ts";
import { CONSUMER_HIGH_WATER_OFFSET, FREED_EVENT_OFFSET, HEAD_OFFSET, SKIPPED_OFFSET, TAIL_OFFSET } from "./format.ts";
import { type ByteRingGeometry, refuseRecord } from "./geometry.ts";
import { bytesOf, recordPorts, viewOf } from "./records.ts";

/** Bytes found by a poll that are worth one; a quarter of a small ring. */
const WORTHWHILE = 4096;
/** Pauses that a wait, and a drain with a limit, rest at most before they poll again: 0.7 µs. */
const LONGEST_REST = 31;
/** Bytes of messages that `next` takes before it frees them; a quarter of a small ring. */
const HELD_MOST = 8192;

/**
 * The one consumer of a {@linkcode ByteRing}. It receives messages in order, each once; those that are being received
 * when a consumer dies, or when `fn` throws, are received again by its successor. Closing it, or the death of its
 * process, gives the role to others.
 *
 * Where many may produce, it waits at a message that is claimed and not yet published, and skips it only once the
 * kernel says that its claimer is dead.
 */
export class ByteConsumer implements Waitable, Disposable {
  readonly #end: ChannelEnd;
  readonly #role: Role;
  readonly #path: ByteConsumerPath;
  readonly #words: Int32Array;
  readonly #waiter: Waiter;

  /**
   * The ring's memory. A message lies there at the offset that `drain` or `next` gives. For reading. Empty once closed.
   */
  readonly bytes: Uint8Array<AnyBuffer>;
  /** The same memory, for numbers. */
  readonly view: DataView<AnyBuffer>;

  /** The type word of the message that `next` found. */
  readonly type: number = 0;
  /** Where the message that `next` found begins in `bytes` and `view`, a multiple of 8. */
  readonly byteOffset: number = 0;
  /** How many bytes the message has that `next` found. */
  readonly byteLength: number = 0;

  /**
   * Calls a function for each message, and then frees the space of all of them at once. Never blocks.
   *
   * @param fn Receives the message's type, and where it lies in `bytes` and `view`: the memory itself, not a copy, good
   * until `fn` returns. If it throws, its message stays the next to be received. It must not be asynchronous.
   * @param limit The most messages to receive, at least 1. Defaults to all that were published before the call.
   * @returns How many messages there were. With a limit, what comes meanwhile is among them: while little comes at a
   * time, it rests for up to a microsecond between two polls, as each poll holds the producers up.
   * @throws {TypeError} If called by `fn` itself, or if `fn` is declared `async` or returns a promise.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   * @throws {SegmentFormatError} If the memory was overwritten with something that is no message.
   */
  readonly drain: (fn: (type: number, byteOffset: number, byteLength: number) => DrainResult, limit?: number) => number;

  /**
   * As `drain`, but blocks this thread until there is a message.
   *
   * @returns 0 if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly drainWait: (
    fn: (type: number, byteOffset: number, byteLength: number) => DrainResult,
    limit?: number,
    options?: WaitOptions,
  ) => number;

  /**
   * Copies the next message and frees its space. Never blocks. Makes two objects; `drain` and `next` make none.
   *
   * @returns Undefined if there is none.
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   * @throws {SegmentFormatError} If the memory was overwritten with something that is no message.
   */
  readonly shift: () => ByteMessage | undefined;

  /**
   * As `shift`, but blocks this thread until there is a message.
   *
   * @returns Undefined if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly shiftWait: (options?: WaitOptions) => ByteMessage | undefined;

  /**
   * Finds the next message, in a loop of the caller's own, and says in `type`, `byteOffset` and `byteLength` what it
   * is: `while (consumer.next()) sum += consumer.view.getFloat64(consumer.byteOffset, true)`. The fastest way to
   * receive, as the loop's variables stay in registers. Never blocks.
   *
   * The message is the memory itself, not a copy: it is good until the next call of any method of this consumer. The
   * space of the messages before it is freed in batches: by 8 KiB, when no more message is known, and by `release()`;
   * until then a successor would receive them again.
   *
   * @returns Whether there is a message. If not, `type`, `byteOffset` and `byteLength` say nothing.
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   * @throws {SegmentFormatError} If the memory was overwritten with something that is no message.
   */
  readonly next: () => boolean;

  /**
   * As `next`, but blocks this thread until there is a message.
   *
   * @returns False if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly nextWait: (options?: WaitOptions) => boolean;

  /**
   * Frees the space of all messages that `next` found.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly release: () => void;

  /** Made by `ByteRing.consumer`. */
  constructor(region: Region, role: Role, geometry: ByteRingGeometry, waiting: Waiter) {
    const { views } = region, { i32: words, f64: counts } = views, { capacity, isShared } = geometry;
    const end = this.#end = new ChannelEnd(region, "read", "consumer");
    this.#role = role;
    this.#words = words;
    this.#waiter = waiting;
    this.bytes = bytesOf(views, geometry);
    this.view = viewOf(views, geometry);
    const freed = new EventCount(words, FREED_EVENT_OFFSET / 4, true), { party } = region;
    const watch = new ClaimWatch((claimer) => party.isAlive(claimer));
    const path = this.#path = specialize(makeByteConsumerPath)({
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
      refuseUse: () => this.#refuseUse(),
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

  /**
   * As `drain`, but waits in the event loop until there is a message. `AsyncWaitOptions` has the rules of all async
   * forms.
   *
   * @returns How many there were: 0 if the time runs out.
   */
  async drainAsync(
    fn: (type: number, byteOffset: number, byteLength: number) => DrainResult,
    limit?: number,
    options?: AsyncWaitOptions,
  ): Promise<number> {
    let count = 0;
    await this.#waiter.untilAsync(() => (count = this.drainWait(fn, limit, NOW)) > 0, options);
    return count;
  }

  /**
   * As `shift`, but waits in the event loop until there is a message.
   *
   * @returns Undefined if the time runs out.
   */
  async shiftAsync(options?: AsyncWaitOptions): Promise<ByteMessage | undefined> {
    let message: ByteMessage | undefined;
    await this.#waiter.untilAsync(() => (message = this.shiftWait(NOW)) !== undefined, options);
    return message;
  }

  /**
   * The messages, for `for await`: each as `next` finds it, freed at the next step or when the loop is left. What
   * the loop receives is this consumer, whose `type`, `byteOffset` and `byteLength` say what the message is. Two tasks
   * may not go over it at once: the second one gets a `TypeError`.
   *
   * @param options `timeoutMs`: the loop ends if there is no message for so long. `signal`: the loop throws the
   * signal's reason.
   */
  messages(options?: AsyncWaitOptions): AsyncIterableIterator<this, undefined> {
    return new AsyncRecords(this.#receiver(), options);
  }

  /** `for await (const message of consumer)`: as `messages()`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<this, undefined> {
    return this.messages();
  }

  /**
   * The messages that are there, in batches of up to so many: `for await (const batch of consumer.batches(256)) for
   * (const message of batch) …`. The event loop is asked once a batch, which is much faster than once a message.
   *
   * @param limit The most messages of a batch, at least 1.
   * @param options As those of `messages`.
   * @throws {RangeError} If `limit` is less than 1.
   */
  batches(limit: number, options?: AsyncWaitOptions): AsyncIterableIterator<Batch<this>, undefined> {
    const receiver = this.#receiver();
    return new AsyncBatches(
      receiver,
      new Batch(limit, { step: this.next, more: (isIdle) => isIdle ? receiver.look() : receiver.next() }),
      options,
    );
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

  /**
   * Releases the role. What `next` found counts as received. The second time nothing happens.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   */
  close(): void {
    this.#end.close(() => {
      this.#path.release();
      this.#role.release();
    });
    this.#path.close();
    this.#waiter.look();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** For wait sets: ready while there is a message. A wait frees what `next` found, as any other method does. */
  get [WAITED](): Waited {
    return this.#waiter.waited(() => this.#path.isDraining() ? this.length > 0 : this.#path.hasMessage());
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

  #receiver(): Receiver<this> {
    return {
      next: () => this.next() ? this : undefined,
      look: () => this.nextWait(NOW) ? this : undefined,
      release: () => this.#end.isOpen && this.release(),
      waiter: this.#waiter,
    };
  }

  #refuseUse(): never {
    this.#end.requireOpen();
    if (this.#path.isDraining()) {
      throw new TypeError(`Cannot use the consumer of ${this.#end.name} as its drain is running; return from it first`);
    }
    this.#end.refuseClosed();
  }
}
