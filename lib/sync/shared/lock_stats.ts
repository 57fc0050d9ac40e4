/** Who holds a lock. */
export interface LockOwner {
  /** The id of the attachment. */
  readonly id: number;
  /** Process and role, such as "process 4711 (feed)". */
  readonly description: string;
  /** Whether it still lives. */
  readonly isAlive: boolean;
}

/**
 * What a lock tells of itself. Read without the lock, so the numbers may be some operations apart. `Event`, `Barrier` and
 * `Condition`, which nobody holds, say at their `stats` what they count.
 */
export interface LockStats {
  /** Who holds it; undefined if nobody does, or if several may. */
  readonly owner: LockOwner | undefined;
  /** How many attachments that live are blocked in it: all of them up to 32, of more than that 32 are counted. */
  readonly waiters: number;
  /** How often it was taken. */
  readonly acquisitions: number;
  /** How often it was taken after waiting for another. */
  readonly contended: number;
  /** How often it was taken over, or given back, because its holder died. */
  readonly recoveries: number;
}
