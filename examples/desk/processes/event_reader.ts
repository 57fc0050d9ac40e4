import type { PipelineReader, Waitable, WaitStrategy } from "../../../mod.ts";
import { EventDecoder } from "../input/event_codec.ts";
import type { MarketEvent } from "../input/events.ts";
import type { Desk } from "../layout/desk.ts";
import { EventPart, type EventPartView, PART_VALUES, VALUES_F64 } from "../layout/event_part.ts";
import { takeOver } from "./take_over.ts";

/**
 * Receives events from the pipeline, each whole. After a death, those that the predecessor had not released come
 * again, in order; `part` says which of them it had finished.
 */
export class EventReader implements Disposable {
  /** Events received. */
  count = 0;
  /** Number of the last event. */
  number = 0;
  /** How often events were missing before the one at hand: each is a gap in all that follows from them. */
  gaps = 0;
  readonly #reader: PipelineReader<typeof EventPart>;
  readonly #decoder = new EventDecoder();
  readonly #take: (part: EventPartView) => void;
  #values = new Float64Array(1024);
  #length = 0;

  /**
   * Becomes one of the pipeline's readers, or follows a dead one.
   *
   * @param name Which one.
   * @param fn Receives an event, good until it returns, and its last part.
   * @param wait How `receive` waits.
   */
  constructor(
    desk: Desk,
    name: string,
    fn: (event: MarketEvent, part: EventPartView) => void,
    wait: WaitStrategy = "block",
  ) {
    this.#reader = takeOver(() => desk.events.reader(name, { from: "oldest", whenMissing: "wait", wait }));
    if (this.#reader.lost > 0) this.gaps++;
    this.#take = (part) => {
      if (!this.#append(part)) return;
      if (this.number !== 0 && part.number !== this.number + 1) this.gaps++;
      this.number = part.number;
      this.count++;
      fn(this.#decoder.decode(this.#values, 0), part);
    };
  }

  /**
   * Receives all that is there, or waits for some. What it was given is not released before all of it was received.
   *
   * @param timeoutMs How long to wait; 0 never blocks.
   * @returns How many parts there were.
   */
  receive(timeoutMs: number): number {
    return timeoutMs > 0
      ? this.#reader.drainWait(this.#take, undefined, { timeoutMs })
      : this.#reader.drain(this.#take);
  }

  /** For a wait set: there is something to be had while parts can be received. */
  get source(): Waitable {
    return this.#reader;
  }

  /** Position of the part to be received next. */
  get position(): number {
    return this.#reader.position;
  }

  /** Parts that can be received now. */
  get length(): number {
    return this.#reader.length;
  }

  /** Releases the place. */
  [Symbol.dispose](): void {
    this.#reader.close();
  }

  /** @returns Whether the event is complete. */
  #append(part: EventPartView): boolean {
    const end = this.#length + PART_VALUES;
    if (end > this.#values.length) {
      const values = new Float64Array(end * 2);
      values.set(this.#values);
      this.#values = values;
    }
    const { f64 } = EventPart.viewsOf(part), from = EventPart.byteOffsetOf(part) / 8 + VALUES_F64;
    const values = this.#values, at = this.#length;
    for (let i = 0; i < PART_VALUES; i++) values[at + i] = f64[from + i];
    this.#length = end;
    if (part.left > 0) return false;
    this.#length = 0;
    return true;
  }
}
