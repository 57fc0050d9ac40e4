import { isFenced } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../../errors.ts";
import type { AnyStruct, ViewOf } from "../../layout/mod.ts";
import type { Region } from "../../memory/mod.ts";
import { EventCount, type WaitOptions } from "../../sync/mod.ts";
import {
  GATE_BYTES,
  MOVED_EVENT_OFFSET,
  PIPELINE_HEADER_BYTES,
  POSITION_OFFSET,
  PUBLISHED_EVENT_OFFSET,
} from "./format.ts";
import type { Gates, PipelineStart } from "./gates.ts";
import type { PipelineGeometry } from "./geometry.ts";
import { type ConsumerPaths, consumerPaths } from "../shared/ring_code.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";

/** Where a reader of a {@linkcode Pipeline} begins, and how it waits. */
export interface PipelineReaderOptions extends RoleOptions {
  /**
   * Where to begin if nobody has read at this place, or the last who did closed it: `"newest"`, unless given, with what is
   * published from now on; `"oldest"`, with the oldest record that the writer has not reserved the space of. Who follows a
   * dead reader goes on where that one was.
   */
  readonly from?: PipelineStart;
  /**
   * What to do while a reader that this one comes after is not there: `"pass"`, unless given, goes on without it; `"wait"`
   * receives nothing, and so holds the writer up too.
   */
  readonly whenMissing?: "pass" | "wait";
}

/**
 * A reader of a {@linkcode Pipeline}: it receives every record, in order, after those readers that it comes after. The
 * writer waits for it. Closing it, or the death of its process, ends that.
 */
export class PipelineReader<S extends AnyStruct = AnyStruct> implements Disposable {
  /** Its name in the pipeline's plan. */
  readonly name: string;
  /**
   * How many records came and went between a predecessor's death and this reader's beginning: those that it would have
   * received had it been there in time. Modulo 2^32.
   */
  readonly lost: number;
  readonly #region: Region;
  readonly #index: number;
  readonly #gates: Gates;
  readonly #geometry: PipelineGeometry;
  readonly #waitsForAll: boolean;
  readonly #paths: ConsumerPaths<S>;
  readonly #waiter: Waiter;
  #isOpen = true;

  /**
   * Calls a function for each record, and then lets those that come after this reader, and the writer, have all of them
   * at once. Never blocks.
   *
   * @param fn Receives the record itself, not a copy: the same view each time, good until `fn` returns. What it writes
   * into the record is seen by those that come after this reader, and nobody else may write. If it throws, its record
   * stays the next to be received.
   * @param limit The most records to receive, at least 1. Unless given, all that were there before the call.
   * @returns How many records there were. With a limit, what came meanwhile is among them. While it finds little at
   * a time, it rests for up to a microsecond between two looks: each look holds the producer up.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {TypeError} If called by `fn`.
   * @throws {NotOwnerError} If this reader was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly drain: (fn: (record: ViewOf<S>) => void, limit?: number) => number;

  /**
   * Copies the next record. Never blocks.
   *
   * @param into Where to: a view made with the layout's `alloc()`.
   * @returns False if there is none.
   * @throws {NotOwnerError} If this reader was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly shift: (into: ViewOf<S>) => boolean;

  /** Use `Pipeline.reader`, which joined the gate. */
  constructor(
    layout: S,
    region: Region,
    geometry: PipelineGeometry,
    gates: Gates,
    index: number,
    { position, lost }: { position: number; lost: number },
    { wait, whenMissing = "pass" }: PipelineReaderOptions,
  ) {
    const words = region.views.i32, gate = PIPELINE_HEADER_BYTES + index * GATE_BYTES;
    const { name, after } = geometry.gates[index];
    if (whenMissing !== "pass" && whenMissing !== "wait") {
      throw new TypeError(
        `Cannot read ${region.name} as 'whenMissing' must be "pass" or "wait": received ${String(whenMissing)}`,
      );
    }
    this.name = name;
    this.lost = lost;
    this.#region = region;
    this.#index = index;
    this.#gates = gates;
    this.#geometry = geometry;
    this.#waitsForAll = whenMissing === "wait";
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    this.#waiter = new Waiter(
      `a record of ${region.name}`,
      wait,
      () => gates.narrowest < 0 ? published : gates.event(gates.narrowest),
    );
    const { drain, shift } = this.#paths = consumerPaths(layout, {
      words,
      place: geometry,
      record: layout.view(region.views, geometry.recordsOffset) as ViewOf<S>,
      start: position,
      headWord: (gate + POSITION_OFFSET) / 4,
      freedWord: (gate + MOVED_EVENT_OFFSET) / 4,
      isFenced: isFenced(words),
      wake: () => gates.event(index).notifyAll(),
      look: (head) => {
        this.#requireUse();
        const limit = gates.recordsBefore(head, after, this.#waitsForAll);
        if (limit === head) gates.probe();
        return limit;
      },
      lookAgain: (position) => gates.recordsBefore(position, after, this.#waitsForAll),
      refuseUse: () => this.#refuseUse(),
    });
    this.drain = drain;
    this.shift = shift;
  }

  /** How many records can be received now, at least. */
  get length(): number {
    this.#requireOpen();
    const head = this.#paths.head();
    return (this.#gates.recordsBefore(head, this.#geometry.gates[this.#index].after, this.#waitsForAll) - head) | 0;
  }

  /** The position of the record to be received next, modulo 2^32. During a drain, that of its first record. */
  get position(): number {
    return this.#paths.head() >>> 0;
  }

  /** The names of those that this reader comes after and that are not there: never begun, closed, or dead and dropped. */
  get missing(): string[] {
    this.#requireOpen();
    const { gates } = this.#geometry;
    return gates[this.#index].after.filter((i) => this.#gates.reader(i) === 0).map((i) => gates[i].name);
  }

  /**
   * As `drain`, but blocks this thread until there is a record.
   *
   * @returns 0 if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  drainWait(fn: (record: ViewOf<S>) => void, limit?: number, options?: WaitOptions): number {
    return this.#waiter.until(this.#paths.hasRecords, options) ? this.drain(fn, limit) : 0;
  }

  /**
   * As `shift`, but blocks this thread until there is a record.
   *
   * @returns False if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  shiftWait(into: ViewOf<S>, options?: WaitOptions): boolean {
    return this.#waiter.until(this.#paths.hasRecords, options) && this.shift(into);
  }

  /**
   * Stops reading: nobody waits for this reader any more. The second time nothing happens.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   */
  close(): void {
    if (!this.#isOpen) return;
    if (!this.#region.source.closed) {
      this.#requireNoDrain();
      this.#gates.leave(this.#index);
    }
    this.#isOpen = false;
    this.#paths.forget();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
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
    throw new TypeError(`Cannot use a reader of ${this.#region.name} as its drain is running; return from it first`);
  }

  #requireOpen(): void {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot read ${this.#region.name} as its segment was closed; open it again`);
    }
    if (!this.#isOpen) {
      throw new NotOwnerError(`Cannot read ${this.#region.name} as this reader was closed; call reader() again`);
    }
  }
}
