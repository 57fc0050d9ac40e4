import { add } from "../../lib/atomic/mod.ts";
import type { Region, SharedType } from "../../mod.ts";

/** A number that several processes add to: the smallest shared thing. */
export class Counter {
  readonly #words: Int32Array;

  constructor(region: Region) {
    this.#words = region.views.i32;
  }

  static readonly kind = "Counter";
  static byteLength(): number {
    return 8;
  }
  static init(region: Region, { start = 0 }: { start?: number }): void {
    region.views.i32[0] = start;
  }
  static attach(region: Region): Counter {
    return new Counter(region);
  }

  get value(): number {
    return this.add(0);
  }

  /** Returns what the value was. */
  add(amount: number): number {
    return add(this.#words, 0, amount);
  }
}

Counter satisfies SharedType<{ start?: number }, Counter>;
