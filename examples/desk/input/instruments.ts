import type { JsonScanner } from "./json_scanner.ts";

/** The most bytes of a name. */
export const MAX_NAME_BYTES = 48;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The names of a source's instruments. Each gets an index when it is first seen; looking one up allocates nothing. */
export class Instruments {
  readonly #names: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  /** Indices by hash. */
  readonly #byHash: Map<number, number[]> = new Map();

  /** The names, by index. */
  get names(): readonly string[] {
    return this.#names;
  }

  /**
   * Reads a name, a string of JSON.
   *
   * @returns Its index.
   * @throws {SyntaxError} If it is none, or cannot be a name: two that are told apart here are told apart everywhere.
   */
  read(scanner: JsonScanner): number {
    scanner.string();
    const { bytes, textStart, textEnd } = scanner;
    if (textEnd === textStart || textEnd - textStart > MAX_NAME_BYTES) {
      scanner.fail(`an instrument's name must have 1 to ${MAX_NAME_BYTES} bytes`);
    }
    try {
      return this.indexOf(bytes, textStart, textEnd);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      scanner.fail("an instrument's name must be UTF-8");
    }
  }

  /**
   * The index of a name that lies somewhere among bytes.
   *
   * @throws {TypeError} If it is no UTF-8.
   */
  indexOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + bytes[i] | 0;
    const known = this.#byHash.get(hash);
    if (known !== undefined) {
      for (const index of known) if (this.#isAt(index, bytes, start, end)) return index;
    }
    const name = bytes.slice(start, end), text = decoder.decode(name), index = this.#names.length;
    this.#names.push(text);
    this.#bytes.push(name);
    if (known === undefined) this.#byHash.set(hash, [index]);
    else known.push(index);
    return index;
  }

  /** The index of a name. */
  add(name: string): number {
    const bytes = new TextEncoder().encode(name);
    return this.indexOf(bytes, 0, bytes.length);
  }

  #isAt(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const name = this.#bytes[index];
    if (name.length !== end - start) return false;
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
    return true;
  }
}
