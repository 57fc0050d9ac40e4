import { load } from "../../atomic/mod.ts";
import { encodeText, readText } from "../../layout/internal.ts";
import type { TableKey } from "./places.ts";

/** Turns keys into words and back, off the fast path: lookup_path.ts packs plain texts itself. */
export class KeyTexts {
  /** The scratch: the words of the key that is looked up; its last word stays 0. */
  readonly scratch: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #isText: boolean;
  readonly #keyBytes: number;
  readonly #keyWords: number;

  /** @param keyWords Words of a key. */
  constructor(isText: boolean, keyBytes: number, keyWords: number) {
    this.scratch = new Int32Array(keyWords + 1);
    this.#bytes = new Uint8Array(this.scratch.buffer);
    this.#isText = isText;
    this.#keyBytes = keyBytes;
    this.#keyWords = keyWords;
  }

  /** Puts a text into the scratch. Returns how many words it fills, or −1 if it cannot be a key. */
  encode(text: string): number {
    const bytes = encodeText(text, this.#keyBytes);
    if (typeof bytes === "string") return -1;
    this.scratch.fill(0);
    this.#bytes.set(bytes);
    return Math.ceil(bytes.length / 4);
  }

  /** The rule that a key breaks; undefined if it breaks none. */
  refusalOf(key: TableKey): string | undefined {
    if (typeof key === "number") return "an integer from 0 to 2^53 − 1";
    const bytes = encodeText(key, this.#keyBytes);
    return typeof bytes === "string" ? bytes : undefined;
  }

  /** Copies a stored key into the scratch. Returns how many words it fills. */
  copyFrom(words: Int32Array, at: number): number {
    const { scratch } = this;
    // pairs: key state, which shows whether it is whole
    for (let i = 0; i < this.#keyWords; i++) scratch[i] = load(words, at + i);
    if (!this.#isText) return this.#keyWords;
    const end = scratch.indexOf(0);
    return end < 0 ? this.#keyWords : end;
  }

  /** The key in the scratch. */
  decode(): TableKey {
    const { scratch } = this;
    if (this.#isText) return readText(this.#bytes, 0, this.#keyBytes) ?? "";
    return (scratch[1] >>> 0) * 2 ** 32 + (scratch[0] >>> 0);
  }
}
