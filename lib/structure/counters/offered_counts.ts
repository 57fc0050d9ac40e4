import type { Counter } from "./counter.ts";

/**
 * What parts of the library count, by the property that tells it, or that `stats()` of a lock has; and the type of the
 * counter as which it is offered. Types up to 1023 are the library's.
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

/** A count that parts tell. */
export type CountName = keyof typeof COUNT_TYPES;

/** What a part, or a program's own object, counts: some of the counts that the library knows. */
export type Counted = Partial<Readonly<Record<CountName, number>>> | { stats(): object };

const NAMES = Object.keys(COUNT_TYPES) as CountName[];

/** Where a part's counts are: itself, or what it says when it is asked. */
function valuesOf(part: Counted): Partial<Record<CountName, unknown>> {
  return "stats" in part && typeof part.stats === "function" ? part.stats() : part as object;
}

/** The counts that a part tells, and their names in words. */
export function countsOf(part: Counted): [name: CountName, words: string][] {
  const values = valuesOf(part);
  return NAMES.filter((name) => typeof values[name] === "number")
    .map((name) => [name, name.replace(/[A-Z]/, (letter) => ` ${letter.toLowerCase()}`)]);
}

/**
 * A part's counts as counters that this program owns, made by `Counters.offer`. They are what the part told when
 * `update` was called last: what costs something is that call, and nothing else. Closing it, or the death of its
 * process, frees the counters.
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
   * Sets the counters to what the part tells now. Call it as often as others want to know.
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
