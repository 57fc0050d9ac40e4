import type { Fed } from "../book/book_feeder.ts";
import type { DepthEvent, TickerEvent, TopEvent } from "../input/events.ts";
import type { Best } from "../layout/best.ts";
import { AsOfCheck, type Top } from "./as_of_check.ts";

/** Best prices and quantities. */
type Sides = Pick<Best, "bid" | "bidQuantity" | "ask" | "askQuantity">;

/**
 * Compares the best prices of an instrument's rebuilt book with those that its exchange reports: by sequence number,
 * where tickers have one (Binance), or by time, where the book is reported change by change (Deribit's raw books).
 */
export class TopsCheck {
  readonly #bySequence = new AsOfCheck();
  readonly #byTime = new AsOfCheck();
  /** The last sequence number of a book that was valid. */
  #sequence = -Infinity;

  /** Tops that were compared. */
  get compared(): number {
    return this.#bySequence.compared + this.#byTime.compared;
  }

  /** Those that were equal. */
  get equal(): number {
    return this.#bySequence.equal + this.#byTime.equal;
  }

  /** Those that had nothing to be compared with. */
  get unanswered(): number {
    return this.#bySequence.unanswered + this.#byTime.unanswered;
  }

  /** Those of them that lie beyond what the book knows, and differ. */
  get unsure(): number {
    return this.#bySequence.unsure + this.#byTime.unsure;
  }

  /** The first differences, in words. */
  get examples(): readonly string[] {
    return [
      ...this.#bySequence.examples.map(({ question, state }) =>
        `at ${question.at} its book has ${topText(question)}; the exchange says ${topText(state)}, since ${state.at}`
      ),
      ...this.#byTime.examples.map(({ question, state }) =>
        `at ${new Date(question.at).toISOString()} its book has ${topText(state)}; the exchange says ${
          topText(question)
        }`
      ),
    ];
  }

  /** Takes what became of a change, and the top that it left if it was applied. */
  book(event: DepthEvent, outcome: Fed | "pending", top: Best): void {
    if (outcome === "restart") this.#bySequence.restart();
    if (outcome === "restart" || outcome === "gap") this.#byTime.end(event.exchangeMs);
    if (outcome !== "applied" && outcome !== "restarted") return;
    // Once numbers have begun anew, those before cannot be compared with those after.
    if (top.sequence < this.#sequence) this.#bySequence.restart();
    this.#sequence = top.sequence;
    const isUnsure = !top.isBidKnown || !top.isAskKnown;
    if (event.topsBy === "time") this.#byTime.state({ ...sidesOf(top), at: event.exchangeMs, isUnsure });
    // A snapshot that was asked for has a number that no ticker shares.
    else if (event.topsBy === "sequence" && (!event.isSnapshot || event.isPartial)) {
      this.#bySequence.ask({ ...sidesOf(top), at: top.sequence, isUnsure });
    }
  }

  /** Takes a report of the exchange. */
  report(event: TopEvent | TickerEvent): void {
    if (event.kind === "top" && event.sequence === event.sequence) {
      this.#bySequence.state({ ...sidesOf(event), at: event.sequence });
    } else this.#byTime.ask({ ...sidesOf(event), at: event.exchangeMs });
  }

  /**
   * Compares what is left. A book lasts until it changes; what was no longer reported after the last ticker is not
   * known.
   */
  finish(): void {
    this.#bySequence.finish(false);
    this.#byTime.finish(true);
  }
}

function sidesOf({ bid, bidQuantity, ask, askQuantity }: Sides): Sides {
  return { bid, bidQuantity, ask, askQuantity };
}

function topText({ bid, bidQuantity, ask, askQuantity }: Top): string {
  return `${sideText(bid, bidQuantity, "bid")}, ${sideText(ask, askQuantity, "ask")}`;
}

function sideText(price: number, quantity: number, side: string): string {
  return quantity === 0 ? `no ${side}` : `${side} ${price} × ${quantity}`;
}
