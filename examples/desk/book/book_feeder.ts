import { type BookApplied, BookUpdate, type OrderBookWriter } from "../../../mod.ts";
import { cloneDepth, type DepthEvent, followsSnapshot, type TopEvent } from "../input/events.ts";

/** How many changes are kept while a snapshot is awaited; of more, the oldest are forgotten. */
const KEPT = 1024;
/** How many tickers are kept until the book is as new as they are. */
const KEPT_TICKERS = 1024;
/** So many changes in a row with lower sequence numbers and later times: the exchange has begun to count anew. */
const RESTART_AFTER = 3;

/**
 * The result of feeding a change or a snapshot: that of `BookApplied`, or
 *
 * - `restart`: sequence numbers began anew; the book is invalid from now on, until the next snapshot;
 * - `restarted`: they did, and the event is applied to the new book;
 * - `mismatch`: it was applied, but the book is not what its exchange's checksum says: it is invalid from now on, until
 *   the next snapshot.
 */
export type Fed = BookApplied | "restart" | "restarted" | "mismatch";

/** The best prices that an exchange reported: the book knows that there were no better ones. */
interface ReportedTop {
  readonly sequence: number;
  readonly bid: number;
  readonly ask: number;
}

/** Whether the event is in the book, which may be used. */
export function isApplied(fed: string): boolean {
  return fed === "applied" || fed === "restarted";
}

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
  /** Times that sequence numbers began anew. */
  restarts: number;
}

/**
 * Feeds a book with the messages of an exchange, in the order of arrival. Changes that come before the snapshot are
 * kept, and the newer ones are applied after it: exchanges send the snapshot late.
 *
 * A change with a lower sequence number than the book's is old news, but one that also happened later than the book's
 * last change is not: a feed that was started again, or a second recording, counts anew. Such a snapshot is taken, and
 * so is one of an unknown time that such a change follows; several such changes make the book invalid until the next
 * snapshot.
 */
export class BookFeeder {
  /** What was done so far. */
  readonly counts: BookCounts = { applied: 0, snapshots: 0, stale: 0, early: 0, gaps: 0, restarts: 0 };
  readonly #writer: OrderBookWriter;
  readonly #update: BookUpdate = new BookUpdate();
  #kept: DepthEvent[] = [];
  /**
   * The best prices that the exchange reported, in the order of sequence numbers, from the newest that the book has
   * reached.
   */
  #reported: ReportedTop[] = [];
  /** The number of the last snapshot, or of the book as it was found: what was reported before says nothing. */
  #from: number;
  /** Stale changes in a row that are later than the book. */
  #later: DepthEvent[] = [];
  /** Whether the book is one of the best few levels; undefined if another process fed it. */
  #isPartial: boolean | undefined;
  /** A stale snapshot that was taken at an unknown time. */
  #candidate: DepthEvent | undefined;

  /** @param writer The book's writer; the caller closes it. */
  constructor(writer: OrderBookWriter) {
    this.#writer = writer;
    this.#from = writer.sequence;
  }

  /**
   * Feeds an event.
   *
   * @returns The result. A change that came early may be applied later; a snapshot in front of a gap among those
   * is one itself.
   */
  feed(event: DepthEvent): Fed {
    const { counts } = this;
    if (event.isPartial && this.#knowsMore) {
      counts.stale++;
      return "stale";
    }
    const applied = this.#apply(event, this.#reportedUntil(event.last));
    if (applied === "stale") return this.#checkStale(event);
    this.#forgetStale();
    if (applied === "early") this.#keepEarly(event);
    else if (applied === "gap") {
      counts.gaps++;
      this.#keepEarly(event);
    } else if (!event.isSnapshot) counts.applied++;
    else {
      counts.snapshots++;
      this.#begin(event);
      return this.#applyKept();
    }
    return applied;
  }

  #apply(event: DepthEvent, reported?: ReportedTop): BookApplied {
    const writer = this.#writer, update = this.#update, { first, last, previous, exchangeMs: time } = event;
    const { knownBid, knownAsk } = event;
    update.clear();
    Object.assign(update, { first, last, previous, time, knownBid, knownAsk });
    if (reported !== undefined) {
      update.reportedBid = reported.bid;
      update.reportedAsk = reported.ask;
    }
    for (const side of ["bids", "asks"] as const) {
      const { prices, quantities, length } = event[side];
      for (let i = 0; i < length; i++) update[side].push(prices[i], quantities[i]);
    }
    if (!event.isSnapshot) return writer.change(update);
    // One whose exchange reports no numbers is numbered by when it was received, and is as new as it is.
    if (previous !== previous && writer.isValid && last < writer.sequence) writer.invalidate();
    return writer.snapshot(update);
  }

  #begin({ last, isPartial }: DepthEvent): void {
    this.#from = last;
    this.#isPartial = isPartial;
  }

  /** The newest one reported up to a sequence number; undefined if there is none. */
  #reportedUntil(sequence: number): ReportedTop | undefined {
    const reported = this.#reported;
    let count = 0;
    while (count < reported.length && reported[count].sequence <= sequence) count++;
    if (count > 1) reported.splice(0, count - 1);
    return count > 0 && reported[0].sequence >= this.#from ? reported[0] : undefined;
  }

  /** Whether the book knows more than the best few levels, and is kept right by changes. */
  get #knowsMore(): boolean {
    const writer = this.#writer;
    return writer.isValid && !(this.#isPartial ?? !writer.isFollowing);
  }

  /**
   * Takes a report of the best prices. It shows the book how far it knows, beyond what a snapshot covered.
   */
  report({ sequence, bid, ask }: TopEvent): void {
    if (!(sequence >= this.#from) || this.#writer.isWhole) return;
    if (this.#reported.push({ sequence, bid, ask }) > KEPT_TICKERS) this.#reported.shift();
  }

  /** Keeps a change that another process found to be early, or after a gap, and counted. */
  keep(event: DepthEvent): void {
    if (this.#kept.length === KEPT) this.#kept.shift();
    this.#kept.push(cloneDepth(event));
  }

  /** Makes the book invalid until the next snapshot, as a checksum says that it is wrong. */
  reject(): void {
    this.#writer.invalidate();
  }

  /** Whether a snapshot is missing. */
  get awaitsSnapshot(): boolean {
    return !this.#writer.isValid;
  }

  #checkStale(event: DepthEvent): Fed {
    const { sequence, time } = this.#writer;
    const isLater = event.last < sequence && event.exchangeMs > time; // not if one of the times is unknown
    if (event.isSnapshot && isLater) return this.#restartFrom(event);
    this.counts.stale++;
    if (event.isSnapshot) {
      if (event.exchangeMs !== event.exchangeMs) this.#candidate = cloneDepth(event);
      return "stale";
    }
    if (!isLater) return "stale";
    this.#later.push(cloneDepth(event));
    if (this.#candidate !== undefined && followsSnapshot(event, this.#candidate)) {
      return this.#restartFrom(this.#candidate);
    }
    if (this.#later.length < RESTART_AFTER) return "stale";
    this.#restart();
    return "restart";
  }

  /** Makes the book invalid, and keeps the changes since numbers began anew. */
  #restart(): void {
    const { counts } = this, later = this.#later;
    counts.restarts++;
    counts.stale -= later.length;
    this.#kept = [];
    for (const event of later) this.#keepEarly(event);
    this.#forgetStale();
    this.#writer.invalidate();
  }

  #restartFrom(snapshot: DepthEvent): Fed {
    this.#restart();
    this.#apply(snapshot);
    this.counts.snapshots++;
    this.#reported = [];
    this.#begin(snapshot);
    return this.#applyKept() === "gap" ? "gap" : "restarted";
  }

  #forgetStale(): void {
    this.#later = [];
    this.#candidate = undefined;
  }

  #keepEarly(event: DepthEvent): void {
    this.counts.early++;
    if (event.previous === event.previous) this.keep(event); // one without a number would be older than any snapshot
  }

  /** After a gap, all later changes stay kept: a newer snapshot may come. */
  #applyKept(): BookApplied {
    const kept = this.#kept;
    let result: BookApplied = "applied";
    this.#kept = [];
    for (const event of kept) {
      const applied = this.#apply(event);
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
