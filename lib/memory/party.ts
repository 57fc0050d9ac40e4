/**
 * Which attachment this is among those that share a region, and which of the others are alive. Lock and role words hold
 * ids.
 */
export interface Party {
  /** This attachment's id: 0 if it only observes and may hold nothing, otherwise from 1 to 2^31 − 1. */
  readonly id: number;
  /** Whether the death of another attachment is noticed. If not, `isAlive` is always true. */
  readonly seesDeaths: boolean;
  /** Whether the holder of an id is still alive. Decided by the kernel, never by elapsed time. */
  isAlive(id: number): boolean;
  /** Whether the holder of an id, which is alive, is an attachment of this very thread, as this one is. */
  isOfThisThread(id: number): boolean;
  /** An id in words, for messages: "process 4711 (feed)". */
  describe(id: number): string;
}

/** Ids of this thread's regions over a `SharedArrayBuffer`. Each thread evaluates this module for itself. */
const ofThisThread = new Set<number>();
const collected = new FinalizationRegistry((id: number) => void ofThisThread.delete(id));

/**
 * The party of a region over a `SharedArrayBuffer`: threads of one process. Nothing reports a thread's end, so all are
 * assumed to be alive: a Worker must release what it holds before it is terminated.
 */
export class LocalParty implements Party {
  /** Drawn at random: two of a thousand attachments share one with a probability of 2 in 10,000. */
  readonly id: number = 1 + crypto.getRandomValues(new Uint32Array(1))[0] % (2 ** 31 - 1);
  /** Nothing reports the end of a thread. */
  readonly seesDeaths = false;

  /** Draws the id. */
  constructor() {
    ofThisThread.add(this.id);
    collected.register(this, this.id);
  }

  /** @returns Always true. */
  isAlive(_id: number): boolean {
    return true;
  }

  /** Whether an id is one of this thread's regions. */
  isOfThisThread(id: number): boolean {
    return ofThisThread.has(id);
  }

  /** An id in words. */
  describe(id: number): string {
    return id === this.id ? "this attachment" : `attachment ${id} of this process`;
  }
}
