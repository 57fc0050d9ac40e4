/** The holder of a lock. */
export interface LockOwner {
  /** The id of the attachment. */
  readonly id: number;
  /** Process and role, such as "process 4711 (feed)". */
  readonly description: string;
  /** Whether it is still alive. */
  readonly isAlive: boolean;
}

/**
 * The statistics of a lock. They are read without the lock, so the numbers may be some operations apart. `Event`,
 * `Barrier` and `Condition`, which have no holder, document at their `stats` what they count.
 */
export interface LockStats {
  /** The holder; undefined if there is none, or if several may hold the lock. */
  readonly owner: LockOwner | undefined;
  /** How many living attachments are blocked in it. At most 32 are counted. */
  readonly waiters: number;
  /** How often it was taken. */
  readonly acquisitions: number;
  /** How often it was taken after waiting for another. */
  readonly contended: number;
  /** How often it was taken over, or released, because its holder had died. */
  readonly recoveries: number;
}
