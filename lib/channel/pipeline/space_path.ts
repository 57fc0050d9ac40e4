import type { WordAccess } from "../../atomic/internal.ts";

/** What a writer needs to find space. */
export interface SpacePorts {
  readonly words: WordAccess;
  readonly capacity: number;
  /** The tail and the permit, which this writer alone writes. */
  readonly tailWord: number;
  readonly permitWord: number;
  /** How many gates there are, where the first one begins, and how many words each takes. */
  readonly gates: number;
  readonly firstGate: number;
  readonly gateWords: number;
  /** Within a gate. */
  readonly positionWord: number;
  readonly holderWord: number;
  /** The most records that were found waiting so far, and what is called when more are found. */
  readonly highWater: number;
  readonly noteHighWater: (waiting: number) => void;
  /** Called for the slowest gate while there is no space: whether its reader was dead, and is dropped now. */
  readonly probe: (gate: number) => boolean;
  /** Bits of a position within an epoch, and what is called before a permit that lies in another one. */
  readonly epochBits: number;
  readonly changeEpoch: (permit: number) => void;
}

/** How a writer finds space. */
export interface SpacePath {
  /**
   * Returns the position before which the writer may write, and announces it.
   *
   * @param next The position to be claimed next: returned if there is no space.
   */
  findSpace(next: number): number;
  /** The same, but announces nothing. */
  spaceBefore(next: number): number;
  /** The gate that was found to be the slowest; −1 if none is waited for. */
  slowest(): number;
}

/** How the writer of a pipeline finds space: a capacity behind the slowest gate that has a reader. */
export function makeSpacePath(ports: SpacePorts): SpacePath {
  const { words: { load, peek, store }, capacity, tailWord, permitWord, epochBits } = ports;
  const { gates, firstGate, gateWords, positionWord, holderWord, noteHighWater, probe, changeEpoch } = ports;
  let slowest = -1, permit = peek(permitWord), { highWater } = ports;

  const spaceBefore = (next: number): number => {
    // Without a reader: a capacity behind what was published, so that no batch overwrites itself.
    let space = capacity - ((next - peek(tailWord)) | 0);
    slowest = -1;
    for (let i = 0, gate = firstGate; i < gates; i++, gate += gateWords) {
      if (load(gate + holderWord) <= 0) continue; // pairs: pipeline permit
      const left = capacity - ((next - load(gate + positionWord)) | 0); // pairs: ring head
      if (left >= space) continue;
      space = left;
      slowest = i;
    }
    return space > 0 ? (next + space) | 0 : next;
  };

  const measure = (next: number): number => {
    const limit = spaceBefore(next);
    if (slowest < 0) return limit;
    const waiting = capacity - ((limit - next) | 0);
    if (waiting > highWater) noteHighWater(highWater = waiting);
    return limit === next && probe(slowest) ? spaceBefore(next) : limit;
  };

  return {
    findSpace(next) {
      let limit = measure(next);
      // Up to an announced permit nothing need be polled again: every reader that joined since then has seen it.
      while (limit !== permit) {
        if ((limit ^ permit) >>> epochBits !== 0) changeEpoch(limit);
        permit = limit;
        store(permitWord, limit); // pairs: pipeline permit, Dekker's way
        const again = spaceBefore(next);
        if (((again - limit) | 0) >= 0) break;
        limit = again;
      }
      return limit;
    },
    spaceBefore,
    slowest: () => slowest,
  };
}
