import { cloneDepth, type DepthEvent } from "../input/events.ts";
import type { Applied, OrderBookWriter } from "./order_book_writer.ts";

/** How many changes are kept while a snapshot is awaited; of more, the oldest are forgotten. */
const KEPT = 1024;

/** What was done with the changes of a book. */
export interface BookCounts {
  /** Changes applied, whenever they came. */
  applied: number;
  /** Snapshots applied. */
  snapshots: number;
  /** Changes that were older than the book. */
  stale: number;
  /** Changes that came before their snapshot; some are applied later, and then counted there too. */
  early: number;
  /** Gaps: after each the book was invalid until a snapshot came. */
  gaps: number;
}

/**
 * Feeds a book with what an exchange sends, in the order of arrival. What comes before the snapshot is kept, and applied
 * behind it as far as it is newer: exchanges send the snapshot late.
 */
export class BookFeeder {
  /** What was done so far. */
  readonly counts: BookCounts = { applied: 0, snapshots: 0, stale: 0, early: 0, gaps: 0 };
  readonly #writer: OrderBookWriter;
  #kept: DepthEvent[] = [];

  /** @param writer The book's writer; whoever made it closes it. */
  constructor(writer: OrderBookWriter) {
    this.#writer = writer;
  }

  /**
   * Feeds an event.
   *
   * @returns What became of it. A change that came early may be applied later; a snapshot in front of a gap among those is
   * one itself.
   */
  feed(event: DepthEvent): Applied {
    const { counts } = this;
    const applied = this.#writer.apply(event);
    if (applied === "stale") counts.stale++;
    else if (applied === "early") this.#keepEarly(event);
    else if (applied === "gap") {
      counts.gaps++;
      this.#keepEarly(event);
    } else if (!event.isSnapshot) counts.applied++;
    else {
      counts.snapshots++;
      return this.#applyKept();
    }
    return applied;
  }

  /** Keeps a change that somebody else found to be early, or behind a gap, and counted. */
  keep(event: DepthEvent): void {
    if (this.#kept.length === KEPT) this.#kept.shift();
    this.#kept.push(cloneDepth(event));
  }

  /** Whether a snapshot is missing. */
  get awaitsSnapshot(): boolean {
    return !this.#writer.isValid;
  }

  #keepEarly(event: DepthEvent): void {
    this.counts.early++;
    this.keep(event);
  }

  /** Behind a gap all are kept on: a newer snapshot may come. */
  #applyKept(): Applied {
    const kept = this.#kept;
    let result: Applied = "applied";
    this.#kept = [];
    for (const event of kept) {
      const applied = this.#writer.apply(event);
      if (applied === "applied") this.counts.applied++;
      else if (applied === "stale") this.counts.stale++;
      else this.#kept.push(event);
      if (applied !== "gap") continue;
      this.counts.gaps++;
      result = "gap";
    }
    return result;
  }
}
