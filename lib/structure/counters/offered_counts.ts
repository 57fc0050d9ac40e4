import type { Counter } from "./counter.ts";

/**
 * The counts of the library's parts: the property that holds each, of the part or of a lock's `stats()`, with the type
 * of its counter. Types up to 1023 are the library's.
 */
export const COUNT_TYPES = {
  length: 1,
  position: 2,
  highWater: 3,
  refusals: 4,
  lost: 5,
  skipped: 6,
  lostClaims: 7,
  lostReads: 8,
  changes: 9,
  size: 10,
  waiters: 11,
  acquisitions: 12,
  contended: 13,
  recoveries: 14,
} as const;

/** The name of a count. */
export type CountName = keyof typeof COUNT_TYPES;

/** A part, or a program's own object, with some of the counts that the library knows. */
export type Counted = Partial<Readonly<Record<CountName, number>>> | { stats(): object };

const NAMES = Object.keys(COUNT_TYPES) as CountName[];

/** The object that holds a part's counts: the part, or its statistics. */
function valuesOf(part: Counted): Partial<Record<CountName, unknown>> {
  return "stats" in part && typeof part.stats === "function" ? part.stats() : part as object;
}

/** The counts that a part has, and their names in words. */
export function countsOf(part: Counted): [name: CountName, words: string][] {
  const values = valuesOf(part);
  return NAMES.filter((name) => typeof values[name] === "number")
    .map((name) => [name, name.replace(/[A-Z]/, (letter) => ` ${letter.toLowerCase()}`)]);
}

/**
 * A part's counts as counters that this program owns, made by `Counters.offer`. They show the part's counts as of the
 * last call of `update`, and only that call costs anything. Closing it, or the death of its process, frees the
 * counters.
 */
export class OfferedCounts implements Disposable {
  /** The counters. */
  readonly counters: readonly Counter[];
  readonly #names: readonly CountName[];
  readonly #part: Counted;

  /** Made by `Counters.offer`. */
  constructor(part: Counted, names: readonly CountName[], counters: readonly Counter[]) {
    this.#part = part;
    this.#names = names;
    this.counters = counters;
    this.update();
  }

  /**
   * Sets the counters to the part's counts. Call it as often as readers need them fresh.
   *
   * @throws {NotOwnerError} If it was closed.
   * @throws {ClosedError} If one of the segments was closed.
   */
  update(): void {
    const values = valuesOf(this.#part);
    for (const [i, counter] of this.counters.entries()) counter.set(values[this.#names[i]] as number);
  }

  /** Frees the counters. The second time nothing happens. */
  close(): void {
    for (const counter of this.counters) counter.close();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
