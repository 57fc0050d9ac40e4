import type { WordAccess } from "../../atomic/internal.ts";

/** What a reader that comes after others needs. */
export interface RecordsPorts {
  readonly words: WordAccess;
  readonly tailWord: number;
  /** Where the gates that it comes after begin. */
  readonly before: readonly number[];
  /** Within a gate. */
  readonly positionWord: number;
  readonly holderWord: number;
  readonly placeWord: number;
  /** What a place's word holds, beside other bits, while a reader is there. */
  readonly placeMask: number;
  readonly reading: number;
  /** Whether a gate without a reader lets nothing through; else it lets everything through. */
  readonly waitsForAll: boolean;
  /** Called for the gate that holds the reader up: it may be that of a dead reader. */
  readonly probe: (which: number) => void;
}

/** How a reader that comes after others finds records. */
export interface RecordsPath {
  /**
   * Returns the position before which the reader may read.
   *
   * @param from The position to be received next: returned if there are no records; undefined in closed memory.
   */
  recordsBefore(from: number): number;
  /** The same, and drops the gate that holds it up if that is a dead reader's. */
  tailAt(from: number): number;
  /** Which of the gates before it was found to hold it up; −1 if none does. */
  narrowest(): number;
}

/** How a reader that comes after others finds records: those that are published, and received by all before it. */
export function makeRecordsPath(ports: RecordsPorts): RecordsPath {
  const { words: { load }, tailWord, before, positionWord, holderWord, placeWord, placeMask, reading } = ports;
  const { waitsForAll, probe } = ports, count = before.length;
  let narrowest = -1;

  const recordsBefore = (from: number): number => {
    const tail = load(tailWord); // pairs: ring tail
    narrowest = -1;
    if (tail === from || tail === undefined) return tail;
    let found = (tail - from) | 0;
    for (let k = 0; k < count; k++) {
      const gate = before[k];
      let left = 0;
      // The position of a reader that joins is not final yet.
      if (load(gate + holderWord) > 0 && (!waitsForAll || (load(gate + placeWord) & placeMask) === reading)) {
        left = (load(gate + positionWord) - from) | 0; // pairs: ring head
      } else if (!waitsForAll) continue;
      if (left >= found) continue;
      found = left;
      narrowest = k;
    }
    // A reader that has just joined may be ahead of those before it.
    return found > 0 ? (from + found) | 0 : from;
  };

  return {
    recordsBefore,
    tailAt(from) {
      const limit = recordsBefore(from);
      if (limit === from && narrowest >= 0) probe(narrowest);
      return limit;
    },
    narrowest: () => narrowest,
  };
}
