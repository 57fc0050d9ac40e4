import type { Operation } from "./linearizability.ts";

/** Where an actor is asleep: a word of the shared memory, or one of these. */
export const AWAKE = -1;
/** Asleep for a while, where no other actor can wake it. */
export const PAUSING = -2;

/** The word of a step that may concern any step of others, and of one that concerns none. */
export const ANY_WORD = -1;
export const NO_WORD = -2;

/** A participant: a thread of control, with an attachment of its own. */
export class Actor {
  /** What traces call it. */
  readonly name: string;
  /** As a party. */
  readonly id: number;
  /** Its place among the actors. */
  readonly index: number;
  /** Its code, between two steps. */
  readonly code: Generator<void, void>;
  /** Has run to its end. */
  isDone = false;
  /** Makes no more steps, and is found dead by every check. */
  isDead = false;
  /** Makes no step until the others are done or can do no more. */
  isStopped = false;
  /** The word where it sleeps, `AWAKE` or `PAUSING`. */
  asleepAt: number = AWAKE;
  /** When its sleep ends, on its own clock. */
  deadline = Infinity;
  /** Whether its last sleep ended by its deadline. */
  isLate = false;
  /** Its own clock, in milliseconds: only its sleeps move it. */
  clock = 0;
  /** How often in a row it slept to its deadline while nothing changed. */
  #idle = 0;
  /** What had changed by then. */
  #idleSince = -1;
  /** Where it stands: the step that it makes next, or has just made. */
  site = 0;
  /** Whether that step can be noticed by others. Until then it makes no difference where it dies. */
  isAtWrite = false;
  /** The word that it accesses in that step; `ANY_WORD` if the step may concern whatever others do. */
  word: number = ANY_WORD;
  /** How many steps it has made. */
  steps = 0;
  /** What it is inside of, as the scenario says. */
  inside = "";
  /** Two hashes of all results of its steps so far: with its code, they determine its state. */
  seen1: number;
  seen2: number;
  /** The same as it was after its last step that others can notice: all that a death leaves. */
  shown1: number;
  shown2: number;

  /** The operation that it has called and not begun, with its next step; see `HistoryRecord`. */
  called: Operation | undefined;
  /** The operation that it has begun. */
  inCall: Operation | undefined;
  /** The same, once a step of it could be noticed by others. */
  shownCall: Operation | undefined;
  /** How many operations have returned to it. */
  returned = 0;

  constructor(name: string, id: number, index: number, code: Generator<void, void>) {
    this.name = name;
    this.id = id;
    this.index = index;
    this.code = code;
    this.seen1 =
      this.seen2 =
      this.shown1 =
      this.shown2 =
        id;
  }

  /** Whether it has more to do. */
  get isLeft(): boolean {
    return !this.isDone && !this.isDead;
  }

  /** Whether it can make a step now. */
  get canStep(): boolean {
    return this.asleepAt === AWAKE && !this.isDone && !this.isDead && !this.isStopped;
  }

  /** Whether it sleeps, and a deadline will end that. */
  get canExpire(): boolean {
    return this.asleepAt !== AWAKE && !this.isDone && !this.isDead && !this.isStopped && this.deadline !== Infinity;
  }

  /** How often in a row it slept to its deadline, given how much has changed by now. */
  idleAt(changes: number): number {
    return this.#idleSince === changes ? this.#idle : 0;
  }

  /** Its deadline has come. */
  expire(changes: number): void {
    this.#idle = this.idleAt(changes) + 1;
    this.#idleSince = changes;
    this.asleepAt = AWAKE;
    this.isLate = true;
    this.clock = Math.max(this.clock, this.deadline);
  }
}
