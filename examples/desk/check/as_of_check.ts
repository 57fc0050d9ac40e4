/** Best prices and quantities at a time, or at a sequence number. */
export interface Top {
  readonly at: number;
  readonly bid: number;
  readonly bidQuantity: number;
  readonly ask: number;
  readonly askQuantity: number;
  /** Whether it is uncertain, as it lies beyond what is known: it may be confirmed, but not disproved. */
  readonly isUnsure?: boolean;
}

/** From some point on there is no known state. */
interface Unknown {
  readonly at: number;
  readonly isUnknown: true;
}

/** How many states are kept for questions that come late. */
const KEPT_STATES = 256;
/** How many questions wait for an answer; of more, the oldest have none. */
const MOST_QUESTIONS = 65_536;
/** How many differences are kept as examples. */
const EXAMPLES = 5;

/**
 * Compares two tellings of an instrument's top of book that are not in step. States come in order, each with where it
 * begins; a question is compared with the last state that does not begin after it. It is answered once a later state
 * is known, or at the end.
 *
 * By sequence number, book tickers are states and rebuilt books are questions; by time, rebuilt books are states and
 * tickers are questions: see `tops_check.ts`.
 */
export class AsOfCheck {
  /** Questions that were compared. */
  compared = 0;
  /** Those that were equal. */
  equal = 0;
  /**
   * Questions that had no state, as they were older than all that are known, or of a time of which nothing is known.
   */
  unanswered = 0;
  /** Those of them that were uncertain. */
  unsure = 0;
  /** The first differences. */
  readonly examples: { readonly question: Top; readonly state: Top }[] = [];
  readonly #states: (Top | Unknown)[] = [];
  #questions: Top[] = [];

  /** Adds a state. It replaces one that begins at the same point. */
  state(top: Top): void {
    this.#begin(top);
  }

  /** Adds that from some point on nothing is known, until the next state. */
  end(at: number): void {
    this.#begin({ at, isUnknown: true });
  }

  /** Adds that numbers began anew: earlier states say nothing about later ones. */
  restart(): void {
    this.finish(false);
    this.#states.length = 0;
  }

  /** Asks whether a state was like this. */
  ask(top: Top): void {
    const last = this.#states[this.#states.length - 1];
    if (last !== undefined && last.at > top.at) this.#answer(top);
    else if (this.#questions.push(top) > MOST_QUESTIONS) {
      this.#questions = this.#questions.slice(MOST_QUESTIONS / 2);
      this.unanswered += MOST_QUESTIONS / 2;
    }
  }

  /**
   * Answers what is left: no more states come.
   *
   * @param isLasting Whether the last state is known to last to the end. If not, it may confirm what is asked after it,
   * but not disprove it: a newer state may be one that was not reported any more. Then there is no answer.
   */
  finish(isLasting: boolean): void {
    const last = this.#states[this.#states.length - 1];
    for (const question of this.#questions) {
      const isBehind = last === undefined || question.at > last.at;
      if (isLasting || !isBehind || isSame(last, question)) this.#answer(question);
      else this.unanswered++;
    }
    this.#questions = [];
  }

  #begin(top: Top | Unknown): void {
    // No state between this one and the last one comes any more.
    if (this.#questions.length > 0) {
      this.#questions = this.#questions.filter((question) => question.at >= top.at || this.#answer(question));
    }
    const states = this.#states;
    let place = states.length;
    while (place > 0 && states[place - 1].at > top.at) place--; // mostly none is later
    if (place > 0 && states[place - 1].at === top.at) states[place - 1] = top;
    else states.splice(place, 0, top);
    if (states.length > KEPT_STATES) states.shift();
  }

  /** @returns Always false. */
  #answer(question: Top): false {
    const state = this.#states.findLast((state) => state.at <= question.at);
    if (state === undefined || "isUnknown" in state) {
      this.unanswered++;
      return false;
    }
    const isEqual = isSame(state, question);
    if (!isEqual && (state.isUnsure || question.isUnsure)) {
      this.unanswered++;
      this.unsure++;
      return false;
    }
    this.compared++;
    if (isEqual) this.equal++;
    else if (this.examples.length < EXAMPLES) {
      this.examples.push({ question, state });
    }
    return false;
  }
}

function isSame(state: Top | Unknown | undefined, { bid, bidQuantity, ask, askQuantity }: Top): boolean {
  return state !== undefined && !("isUnknown" in state) && state.bid === bid && state.bidQuantity === bidQuantity &&
    state.ask === ask && state.askQuantity === askQuantity;
}
