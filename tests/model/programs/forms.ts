import { add, load, store } from "../../../lib/atomic/mod.ts";
import { type Scenario, words } from "../../../support/explorer/inside/scenario.ts";

/** Uses every form of code that the rewriting handles in its own way. */
class Box {
  readonly #words: Int32Array;
  readonly twice = (value: number): number => this.get(0) + value * 2;
  optional?: (value: number) => number;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  get first(): number {
    return load(this.#words, 0);
  }

  get #second(): number {
    return this.#words[1];
  }

  static of(words: Int32Array): Box {
    store(words, 0, 5);
    return new Box(words);
  }

  get(index: number): number {
    return load(this.#words, index);
  }

  #set(index: number, value: number): number {
    return this.#words[index] = value;
  }

  sum(): number {
    const { first, optional } = this;
    return first + this.#second + this.#set(2, 7) + (optional?.(1) ?? 0);
  }

  [Symbol.dispose](): void {
    this.#words[3]++;
  }
}

class Wider extends Box {
  override get(index: number): number {
    return super.get(index) * 10;
  }
}

function apply(fn: (value: number) => number, value: number): number {
  return fn(value);
}

/** Uses all forms. Returns the result of each. */
export function useAll(shared: Int32Array): number[] {
  const results: number[] = [], box = Box.of(shared), plain = [1, 2, 3];
  shared[1] = 3;
  results.push(shared[1]++, ++shared[1], shared[1]--, shared[1] += plain[1], shared[1] |= 8, shared[1] ^= 1);
  results.push(box.first, box.sum(), box.twice(4), apply((value) => value + shared[1], 2), apply(box.twice, 3));
  box.optional = (value) => value + load(shared, 0);
  results.push(box.sum(), box.optional(2), new Wider(shared).get(0), new Wider(shared).twice(1));
  {
    using one = box;
    results.push(one.first);
  }
  try {
    using _other = box;
    throw new RangeError("out");
  } catch (error) {
    results.push(error instanceof RangeError ? shared[3] : -1);
  }
  const missing = undefined as Box | undefined,
    late = {
      get value() {
        return load(shared, 1);
      },
    };
  results.push(missing?.first ?? -2, missing?.get(0) ?? -3, late.value, plain[plain[0]]);
  for (let i = 0; i < 3; i++) {
    if (i === 1) continue;
    results.push(nested(i));
  }
  label: while (true) {
    switch (add(shared, 4, 1)) {
      case 0:
        continue label;
      case 1:
        break label;
    }
  }
  results.push(
    shared[4],
    shared[plain[2]],
    shared[100] ?? -4,
    `${shared[0]}`.length,
    shared[0] > 0 && shared[1] > 0 ? 1 : 0,
  );
  return results;

  function nested(i: number): number {
    return [load(shared, i), shared[i]].reduce((sum, value) => sum + value, i);
  }
}

/** The results in the explored world. */
export const explored: number[][] = [];

export const scenarios: readonly Scenario[] = [{
  part: "rewriting",
  title: "all forms",
  settings: [],
  start() {
    const shared = words(8, "shared");
    return { actors: { ann: () => void explored.push(useAll(shared)), bob: () => void load(shared, 7) } };
  },
}];
