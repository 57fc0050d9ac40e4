import type { WordAccess } from "../atomic/internal.ts";

/** What reading a seqlock needs. */
export interface SeqLockPorts {
  /** Accesses to the words; to none where readers must take the slow way. */
  readonly words: WordAccess;
  readonly sequenceWord: number;
  /** The bit that says that a write is in progress. */
  readonly writing: number;
  /** Takes over where a write is in progress, and where the words do not show it. */
  readonly begin: () => number;
  /** The sequence, by an atomic load. */
  readonly readSequence: () => number;
}

/** A reader's methods. */
export interface SeqLockPath {
  beginRead(): number;
  validate(sequence: number): boolean;
}

/** The hot paths of a seqlock's readers. */
export function makeSeqLockPath(ports: SeqLockPorts): SeqLockPath {
  const { words: { load, peek }, sequenceWord, writing, begin, readSequence } = ports;
  return {
    beginRead() {
      // The first load is plain: if it is stale, validate shows it. Undefined after a close, and where there are no
      // words.
      const sequence = peek(sequenceWord);
      return sequence === undefined || (sequence & writing) !== 0 ? begin() : sequence;
    },
    // pairs: seqlock sequence
    validate: (sequence) => load(sequenceWord) === sequence || readSequence() === sequence,
  };
}
