import { isFenced, load } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError, SegmentFormatError } from "../../errors.ts";
import type { AnyBuffer } from "../../layout/mod.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { EventCount, type WaitOptions } from "../../sync/mod.ts";
import { type ByteConsumerPaths, byteConsumerPaths, type ByteMessage } from "./byte_ring_code.ts";
import {
  BYTE_RING_HEADER_BYTES,
  CONSUMER_HIGH_WATER_OFFSET,
  FREED_EVENT_OFFSET,
  HEAD_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  SKIPPED_OFFSET,
  TAIL_OFFSET,
} from "./format.ts";
import type { ByteRingGeometry } from "./geometry.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";

/** Looks at a claimed message before the first glance at the clock: most claims end sooner. */
const LOOKS = 8;
/** Between two questions to the kernel whether a claimer lives, which take a microsecond each. */
const LIFE_CHECK_MS = 1;

/**
 * The one consumer of a {@linkcode ByteRing}. Messages are received in order, each once; those that were being read when
 * a consumer died, or when `fn` threw, are received again by the next. Closing it, or the death of its process, gives
 * the role to others.
 *
 * Where many may produce, it waits at a message that was claimed and not yet published, and passes it over only when the
 * kernel tells that its claimer is dead.
 */
export class ByteConsumer implements Disposable {
  readonly #region: Region;
  readonly #role: Role;
  readonly #geometry: ByteRingGeometry;
  readonly #paths: ByteConsumerPaths;
  readonly #waiter: Waiter;
  #isOpen = true;
  /** The position of a claimed message, how often it was met, and when to ask next whether its claimer lives. */
  #claimedAt = -1;
  #looks = 0;
  #nextCheck = 0;

  /** The ring's memory: the message lies at the offset that `drain` tells. For reading. Empty once closed. */
  readonly bytes: Uint8Array<AnyBuffer>;
  /** The same memory, for numbers. */
  readonly view: DataView<AnyBuffer>;

  /**
   * Calls a function for each message, and then gives the space of all of them back at once. Never blocks.
   *
   * @param fn Receives the message's type, and where it lies in `bytes` and `view`: the memory itself, not a copy, good
   * until `fn` returns. If it throws, its message stays the next to be received.
   * @param limit The most messages to receive, at least 1. Unless given, all that were published before the call.
   * @returns How many messages there were. With a limit, what was published meanwhile is among them.
   * @throws {TypeError} If called by `fn` itself.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   * @throws {SegmentFormatError} If the memory was overwritten with something that is no message.
   */
  readonly drain: (fn: (type: number, byteOffset: number, byteLength: number) => void, limit?: number) => number;

  /**
   * Copies the next message and gives its space back. Never blocks. Makes two objects; `drain` makes none.
   *
   * @returns Undefined if there is none.
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   * @throws {SegmentFormatError} If the memory was overwritten with something that is no message.
   */
  readonly shift: () => ByteMessage | undefined;

  /** Use `ByteRing.consumer`. */
  constructor(region: Region, role: Role, geometry: ByteRingGeometry, { wait }: RoleOptions) {
    const { i32: words, f64: counts, lent: { buffer, byteOffset } } = region.views;
    this.#region = region;
    this.#role = role;
    this.#geometry = geometry;
    this.#waiter = new Waiter(
      `a message of ${region.name}`,
      wait,
      new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true),
    );
    const first = byteOffset + BYTE_RING_HEADER_BYTES, { capacity } = geometry;
    this.bytes = new Uint8Array(buffer, first, capacity);
    this.view = new DataView(buffer, first, capacity);
    const freed = new EventCount(words, FREED_EVENT_OFFSET / 4, true);
    // Written by the consumer alone.
    let highWater = words[CONSUMER_HIGH_WATER_OFFSET / 4];
    const { drain, shift } = this.#paths = byteConsumerPaths(geometry, {
      words,
      data: new Int32Array(buffer, first, capacity / 4),
      bytes: this.bytes,
      geometry,
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      head: load(words, HEAD_OFFSET / 4),
      isFenced: isFenced(words),
      wake: () => freed.notifyAll(),
      look: (head) => {
        this.#requireUse();
        const tail = load(words, TAIL_OFFSET / 4); // pairs with publish and claim in byte_ring_text.ts
        const found = (tail - head) | 0;
        if (found > highWater) words[CONSUMER_HIGH_WATER_OFFSET / 4] = highWater = found;
        return tail;
      },
      isDead: (position, claimer, isWaiting) => this.#isDead(position, claimer, isWaiting),
      noteSkipped: (count) => counts[SKIPPED_OFFSET / 8] += count,
      refuseUse: () => this.#refuseUse(),
      refuseRecord: (position, word) => this.#refuseRecord(position, word),
    });
    this.drain = drain;
    this.shift = shift;
  }

  /** How many bytes lie between this consumer and the last message, headers and what is to be skipped included. */
  get length(): number {
    this.#requireOpen();
    // Pairs with publish and claim in byte_ring_text.ts.
    return (load(this.#region.source.i32, TAIL_OFFSET / 4) - this.#paths.head()) | 0;
  }

  /**
   * The position of the message to be received next: how many bytes were given back in the ring's life, modulo 2^32.
   * During a drain, that of its first message.
   */
  get position(): number {
    return this.#paths.head() >>> 0;
  }

  /**
   * As `drain`, but blocks this thread until there is a message.
   *
   * @returns 0 if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  drainWait(
    fn: (type: number, byteOffset: number, byteLength: number) => void,
    limit?: number,
    options?: WaitOptions,
  ): number {
    return this.#waiter.until(this.#paths.hasMessages, options) ? this.drain(fn, limit) : 0;
  }

  /**
   * As `shift`, but blocks this thread until there is a message.
   *
   * @returns Undefined if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  shiftWait(options?: WaitOptions): ByteMessage | undefined {
    return this.#waiter.until(this.#paths.hasMessages, options) ? this.shift() : undefined;
  }

  /**
   * Gives the role back. The second time nothing happens.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   */
  close(): void {
    if (!this.#isOpen) return;
    if (!this.#region.source.closed) {
      this.#requireNoDrain();
      this.#role.release();
    }
    this.#isOpen = false;
    this.#paths.forget();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Whether a claimer is dead. Time decides only when to ask: a claim that was just met is most likely being filled.
   *
   * @param isWaiting Whether the caller has nothing else to do.
   */
  #isDead(position: number, claimer: number, isWaiting: boolean): boolean {
    if (position !== this.#claimedAt) {
      this.#claimedAt = position;
      this.#looks = 0;
    }
    if (++this.#looks < LOOKS && !isWaiting) return false;
    const now = performance.now();
    if (now < this.#nextCheck) return false;
    this.#nextCheck = now + LIFE_CHECK_MS;
    return !this.#region.party.isAlive(claimer);
  }

  #refuseRecord(position: number, word: number): never {
    this.#requireOpen();
    const hex = (value: number) => "0x" + (value >>> 0).toString(16).padStart(8, "0");
    throw new SegmentFormatError(
      "OBJECT",
      `Cannot read ${this.#region.name} as the record at byte ${
        position & (this.#geometry.capacity - 1)
      } must end before the tail: found ${hex(word)}`,
    );
  }

  #refuseUse(): never {
    this.#requireUse();
    throw new ClosedError(`Cannot read ${this.#region.name} as its segment was closed; open it again`);
  }

  #requireUse(): void {
    this.#requireOpen();
    this.#requireNoDrain();
  }

  #requireNoDrain(): void {
    if (!this.#paths.isDraining()) return;
    throw new TypeError(
      `Cannot use the consumer of ${this.#region.name} as its drain is running; return from it first`,
    );
  }

  #requireOpen(): void {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot read ${this.#region.name} as its segment was closed; open it again`);
    }
    if (!this.#isOpen) {
      throw new NotOwnerError(`Cannot read ${this.#region.name} as this consumer was closed; call consumer() again`);
    }
  }
}
