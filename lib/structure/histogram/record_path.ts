import type { WordAccess } from "../../atomic/internal.ts";

/** What recording needs. */
export interface RecordPorts {
  readonly words: WordAccess;
  /** The first word of the lane's counts. */
  readonly countsWord: number;
  /** As in a `Scale`. */
  readonly unitBits: number;
  readonly halfBits: number;
  /** The highest value for which 32-bit arithmetic suffices; −1 for none. */
  readonly easyMost: number;
  /** The bits of a count's low word, without the parity. */
  readonly lowBits: number;
  /**
   * The word of any value's count: notes a value above the highest, and throws if it is not a number.
   */
  readonly wordOf: (value: number) => number;
  /** Throws the reason why nothing can be recorded. */
  readonly refuseUse: () => never;
}

/** A recorder's methods. */
export interface RecordPath {
  record(value: number): void;
  /** From now on, `record` refuses. */
  close(): void;
}

/** Makes `HistogramRecorder.record`. */
export function makeRecordPath(ports: RecordPorts): RecordPath {
  const { words: { peek, release }, countsWord, unitBits, halfBits, easyMost, lowBits, wordOf, refuseUse } = ports;
  const mask = ((2 << halfBits) << unitBits) - 1, base = 31 - unitBits - halfBits;
  let isOpen = true;

  /** The count's low word overflows: stores the high word first. */
  const carry = (at: number, low: number): void => {
    const high = peek(at + 1);
    // If the high word is ahead already, a recorder died right after storing it.
    const next = (low >>> 31) === (high & 1) ? (high + 1) | 0 : high;
    release(at + 1, next);
    release(at, next << 31); // pairs: long count
  };

  return {
    record(value) {
      let at = 0;
      if (value >= 0 && value <= easyMost) {
        const whole = value | 0, bucket = base - Math.clz32(whole | mask);
        at = countsWord + (((bucket << halfBits) + (whole >> (bucket + unitBits))) << 1);
      } else at = wordOf(value);
      const low = peek(at); // written by this recorder alone
      if (low === undefined || !isOpen) refuseUse();
      if ((low & lowBits) === lowBits) carry(at, low);
      else release(at, low + 1); // pairs: long count
    },
    close() {
      isOpen = false;
    },
  };
}
