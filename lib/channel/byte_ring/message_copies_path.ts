import type { WordAccess } from "../../atomic/internal.ts";

/** What copying messages needs. */
export interface MessageCopiesPorts {
  /** The ring's records, as words and as bytes. */
  readonly records: WordAccess;
  readonly bytes: Uint8Array;
  /**
   * The greatest length for which a loop over words is faster than the engine's own copy, into the ring and out of it.
   */
  readonly shortIn: number;
  readonly shortOut: number;
}

/** Copies between the ring and arrays outside it. Messages begin at a multiple of 8, and end anywhere. */
export interface MessageCopies {
  /** Copies all bytes of an array; what follows them up to the end of their word is not defined. */
  copyIn(from: Uint8Array, byteOffset: number, byteLength: number): void;
  copyOut(byteOffset: number, byteLength: number): Uint8Array<ArrayBuffer>;
}

/** Copies messages: short ones word by word. */
export function makeMessageCopies(ports: MessageCopiesPorts): MessageCopies {
  const { records: { peek, poke }, bytes, shortIn, shortOut } = ports;
  return {
    copyIn(from, byteOffset, byteLength) {
      if (byteLength > shortIn) return bytes.set(from, byteOffset);
      // After the array's end there are no bytes, which count as zeros.
      for (let i = 0, word = byteOffset >> 2; i < byteLength; i += 4) {
        poke(word++, from[i] | (from[i + 1] << 8) | (from[i + 2] << 16) | (from[i + 3] << 24));
      }
    },
    copyOut(byteOffset, byteLength) {
      if (byteLength > shortOut) return bytes.slice(byteOffset, byteOffset + byteLength) as Uint8Array<ArrayBuffer>;
      const copy = new Uint8Array(byteLength);
      // After the copy's end nothing is written.
      for (let i = 0, at = byteOffset >> 2; i < byteLength; i += 4) {
        const word = peek(at++);
        copy[i] = word;
        copy[i + 1] = word >> 8;
        copy[i + 2] = word >> 16;
        copy[i + 3] = word >> 24;
      }
      return copy;
    },
  };
}
