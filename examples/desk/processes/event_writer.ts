import type { PipelineWriter, ViewOf } from "../../../mod.ts";
import { encode, encodedLength } from "../input/event_codec.ts";
import type { MarketEvent } from "../input/events.ts";
import { type Desk, EVENT_CAPACITY } from "../layout/desk.ts";
import { EventPart, PART_VALUES, VALUES_F64 } from "../layout/event_part.ts";
import { FeedProgressRow } from "../layout/records.ts";
import { takeOver } from "./take_over.ts";

/** The most parts that are published together, and so that an event may have. */
export const MOST_PARTS: number = EVENT_CAPACITY / 2;
/** How long to wait for space before checking whether to continue. */
const WAIT = { timeoutMs: 50 } as const;

/** How many parts an event takes. */
export function partsOf(event: MarketEvent): number {
  return Math.ceil(encodedLength(event) / PART_VALUES);
}

/**
 * Writes events into the pipeline, each whole and each once, whatever the writer dies of: before it publishes, it notes
 * how many events there will be, and the position at which it publishes. If the pipeline has moved on from there, they
 * are out.
 */
export class EventWriter implements Disposable {
  readonly #desk: Desk;
  readonly #writer: PipelineWriter<typeof EventPart>;
  readonly #progress: ReturnType<Desk["feedProgress"]["writer"]>;
  readonly #batch: number;
  #values = new Float64Array(1024);
  /** Events published, and claimed after them. */
  #published: number;
  #claimed = 0;

  /** @param batch How many events are published together. */
  constructor(desk: Desk, batch: number) {
    this.#desk = desk;
    this.#batch = batch;
    this.#writer = takeOver(() => desk.events.writer());
    this.#progress = takeOver(() => desk.feedProgress.writer());
    const row = FeedProgressRow.alloc();
    if (!desk.feedProgress.read(0, row)) this.#published = 0;
    else this.#published = this.#writer.position === row.position ? row.eventsBefore : row.events;
  }

  /** How many events were published in the pipeline's life. */
  get published(): number {
    return this.#published;
  }

  /**
   * Writes an event, and publishes if there are enough. Blocks while the slowest reader is too far behind.
   *
   * @param mustEnd Asked now and then while it waits.
   * @returns False if it was asked to end; unpublished events are dropped.
   */
  write(event: MarketEvent, mustEnd: () => boolean): boolean {
    const length = encodedLength(event), parts = partsOf(event);
    if (parts > MOST_PARTS) {
      throw new RangeError(`Cannot write an event as it must have ${MOST_PARTS} parts at most: received ${parts}`);
    }
    if (this.#writer.claimed + parts > MOST_PARTS) this.flush();
    if (length > this.#values.length) this.#values = new Float64Array(length * 2);
    const values = this.#values, number = this.#published + this.#claimed + 1, fedAt = this.#desk.segment.now();
    encode(event, values, 0);
    for (let left = parts - 1, from = 0; left >= 0; left--, from += PART_VALUES) {
      const part = this.#writer.claim() ?? this.#claimLater(mustEnd);
      if (part === undefined) {
        this.#writer.abort();
        this.#claimed = 0;
        return false;
      }
      part.number = number;
      part.fedAt = fedAt;
      part.left = left;
      part.outcome = 0;
      part.verdict = 0;
      part.checksum = 0;
      const { f64 } = EventPart.viewsOf(part), at = EventPart.byteOffsetOf(part) / 8 + VALUES_F64;
      const count = Math.min(PART_VALUES, length - from);
      for (let i = 0; i < count; i++) f64[at + i] = values[from + i];
    }
    if (++this.#claimed >= this.#batch) this.flush();
    return true;
  }

  /** Publishes what was written. */
  flush(): void {
    if (this.#claimed === 0) return;
    const progress = this.#progress.begin(0);
    progress.eventsBefore = this.#published;
    progress.events = this.#published += this.#claimed;
    progress.position = this.#writer.position;
    this.#progress.commit();
    this.#writer.publish();
    this.#claimed = 0;
  }

  /** Releases both roles; what was not published is forgotten. */
  [Symbol.dispose](): void {
    this.#writer.close();
    this.#progress.close();
  }

  #claimLater(mustEnd: () => boolean): ViewOf<typeof EventPart> | undefined {
    while (!mustEnd()) {
      const part = this.#writer.claimWait(WAIT);
      if (part !== undefined) return part;
    }
    return undefined;
  }
}
