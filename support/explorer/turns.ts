import { type Actor, ANY_WORD, AWAKE, NO_WORD, PAUSING } from "./actor.ts";
import { type Choices, MOST_CHOICES } from "./choices.ts";
import { mix } from "./hash.ts";
import { Arm64Memory } from "./arm64_memory.ts";
import { Memory, type MemoryModel } from "./memory.ts";
import type { States } from "./states.ts";
import type { Trace } from "./trace.ts";
import { X86Memory } from "./x86_memory.ts";

/** What may happen in one run at most, and on what machine. */
export interface Setting {
  /** How often an actor that could continue has to wait, or a sleep ends early. */
  readonly preemptions: number;
  /** How many actors die. Defaults to 0. */
  readonly deaths?: number;
  /** How many actors stop until the others can do no more. Defaults to 0. */
  readonly stops?: number;
  /** What the processor may do. Defaults to `sequential`. */
  readonly memory?: MemoryModel;
  /** How many loads miss a store, where the processor allows that. Defaults to 0. */
  readonly delays?: number;
  /** Whether the kernel offers a membarrier. Defaults to true. */
  readonly hasMembarrier?: boolean;
}

/** What becomes of an actor at a turn, in an option: actor | what << 4 | price in preemptions << 8. */
const RUN = 0;
const EXPIRE = 1;
const DIE = 2;
const STOP = 3;
const RESUME = 4;

/** No option: the run is over. */
export const NOTHING = -1;

/** Whose turn it is: the kind of choice that is made between two steps. Steps that leave something open have others. */
export const TURN = 0;

/** Whether the running actor dies before a step that concerns no other actor. */
export const OWN = 3;

/**
 * A sleep this long only checks for deaths: LIFE_CHECK_MS of the locks. Users' deadlines are shorter here.
 */
const LIFE_CHECK_MS = 40;

/** How often in a row an actor may wake by its deadline without any change. */
const MOST_IDLE = 3;
/** The same while an actor is stopped, which then continues. */
const MOST_IDLE_BESIDE_STOPPED = 2;

/** Decides which actor makes the next step, dies or stops, or whose time runs out; for all runs of a search. */
export class Turns {
  readonly memory: Memory;
  readonly choices: Choices;
  readonly setting: Setting;
  /** Undefined if every state is to be entered anew. */
  readonly #states: States | undefined;

  actors: Actor[] = [];
  /** The running actor; undefined before the first and after the last step. */
  current: Actor | undefined;
  /** The actor that runs once `current` has paused. */
  next: Actor | undefined;
  /** What went wrong in this run. */
  failure: string | undefined;
  /** Whether this run came to a state that the search had been in. */
  isCut = false;
  /** Records what happens, if it is wanted. */
  trace: Trace | undefined;
  /** The steps before which an actor died, in any run. */
  readonly deathPoints: Set<number> = new Set();

  protected deathsLeft = 0;
  /** Whether turns are left out that make no difference. */
  protected readonly isReduced: boolean;
  /** Whether those that `#untouched` has are denied turns. */
  protected readonly isStrict: boolean;
  #preemptionsLeft = 0;
  #stopsLeft = 0;
  /**
   * A bit for each actor that was preempted before a step that no other step has conflicted with since. Continuing now
   * would lead to the same outcome as making that step first and waiting after it, for no more preemptions: the actor
   * does not get the turn.
   */
  #untouched = 0;
  /** How often a word had changed when that was looked at last. */
  #changesSeen = 0;
  readonly #fillTurn = (offer: Uint16Array) => this.#offerTurn(offer);

  constructor(setting: Setting, choices: Choices, states: States | undefined, isReduced: boolean, isStrict: boolean) {
    this.setting = setting;
    this.isReduced = isReduced;
    this.isStrict = isReduced && isStrict;
    this.memory = this.#makeMemory();
    this.choices = choices;
    this.#states = states;
  }

  #makeMemory(): Memory {
    const { memory = "sequential", delays = 0 } = this.setting;
    if (memory === "sequential") return new Memory();
    const choose = (kind: number, fill: (offer: Uint16Array) => number) => this.choose(kind, fill);
    return memory === "x86" ? new X86Memory(delays, choose) : new Arm64Memory(delays, choose);
  }

  /** Whether the remaining actors may wait for ever. */
  protected mayWaitForEver: (end: { dead: readonly string[] }) => boolean = () => false;
  /** The actors that must have reached their end before a stopped one continues. */
  protected neverHeldUp: readonly string[] = [];

  /** The dead actors. */
  get dead(): string[] {
    return this.actors.filter(({ isDead }) => isDead).map(({ name }) => name);
  }

  /** Notes what is wrong, once. What a run still does that was cut within a step means nothing. */
  fail(message: string): void {
    if (!this.isCut) this.failure ??= message;
  }

  /** Begins a run. */
  protected beginTurns(): void {
    this.choices.begin();
    this.current = this.next = this.failure = undefined;
    this.isCut = false;
    this.#untouched = this.#changesSeen = 0;
    this.#preemptionsLeft = this.setting.preemptions;
    this.deathsLeft = this.setting.deaths ?? 0;
    this.#stopsLeft = this.setting.stops ?? 0;
  }

  /**
   * Takes one of several options: everything open is decided in this way.
   *
   * @param kind Distinguishes this choice from others in the same state: two of a kind in a row, with no change in
   *   between, would be taken for one that was made before.
   * @param fill Writes down the options and returns how many there are. Called for new choices only.
   * @returns The option, or `NOTHING` if there is none or the run is over.
   */
  choose(kind: number, fill: (offer: Uint16Array) => number): number {
    const { choices } = this;
    if (choices.isLaidDown) return choices.takeLaidDown(kind);
    if (this.isCut || this.failure !== undefined) return NOTHING;
    if (choices.depth === MOST_CHOICES) {
      this.fail("they go on for ever");
      return NOTHING;
    }
    if (this.#isKnown(kind)) {
      this.isCut = true;
      return NOTHING;
    }
    const count = fill(choices.offer);
    return count === 0 ? NOTHING : choices.take(kind, count);
  }

  /** Whether all that can come has been seen. */
  #isKnown(kind: number): boolean {
    const states = this.#states;
    if (states === undefined) return false;
    const low = this.#hash1(kind), high = this.#hash2(kind), left = this.#preemptionsLeft;
    if (this.#untouched === 0) return states.isKnown(low, high, left);
    // Where no actor was denied a turn, more has been seen.
    return states.has(low, high, left) ||
      states.isKnown(mix(low, this.#untouched), mix(high, ~this.#untouched), left);
  }

  /** From now on, preempted actors may find something else at their steps. */
  protected touchAll(): void {
    this.#untouched = 0;
  }

  /** The same for those whose step the current actor's conflicts with. */
  protected touch({ word, isAtWrite }: Actor): void {
    if (this.#untouched === 0 || word === NO_WORD) return;
    for (const one of this.actors) {
      if (word === ANY_WORD || (one.word === word && (isAtWrite || one.isAtWrite))) {
        this.#untouched &= ~(1 << one.index);
      }
    }
  }

  /** An actor has to wait although it could continue. */
  #defer(actor: Actor): void {
    if (this.deathsLeft > 0 || this.#stopsLeft > 0) return; // they come only at some turns: none may be missing
    const { word, isAtWrite, index } = actor;
    if (word >= 0 && this.memory.isSettled(index, word, isAtWrite)) this.#untouched |= 1 << index;
  }

  /** Decides which actor makes the next step; undefined if the run is over. */
  protected takeTurn(): Actor | undefined {
    if (this.memory.isReordering && this.memory.changes !== this.#changesSeen) this.touchAll();
    this.#changesSeen = this.memory.changes;
    while (true) {
      const option = this.choose(TURN, this.#fillTurn);
      if (option === NOTHING) return undefined;
      const actor = this.actors[option & 15], price = option >> 8;
      this.#preemptionsLeft -= price;
      switch (option >> 4 & 15) {
        case DIE:
          this.die(actor);
          continue;
        case STOP:
          this.touchAll();
          this.#stopsLeft--;
          actor.isStopped = true;
          this.trace?.note(`${actor.name} stops before ${this.trace.siteOf(actor)}`);
          continue;
        case RESUME:
          this.touchAll();
          actor.isStopped = false;
          this.trace?.note(`${actor.name} goes on`);
          return actor;
        case EXPIRE:
          this.touchAll();
          actor.expire(this.memory.changes);
          this.trace?.note(`the time of ${actor.name} runs out`);
          return actor;
      }
      if (actor !== this.current) {
        this.trace?.turn(price > 0);
        if (price > 0 && this.isStrict) this.#defer(this.current!);
      }
      return actor;
    }
  }

  /** The running actor continues, unless it dies here: at a step that concerns no other actor. */
  protected goOn(): Actor | undefined {
    const { current } = this;
    if (this.deathsLeft === 0 || !current!.isAtWrite) return current;
    const option = this.choose(OWN, (offer) => {
      offer[0] = current!.index | RUN << 4;
      offer[1] = current!.index | DIE << 4;
      return 2;
    });
    if (option === NOTHING) return undefined;
    if (option >> 4 === RUN) return current;
    this.die(current!);
    return this.takeTurn();
  }

  /** An actor dies where it stands. */
  protected die(actor: Actor): void {
    this.touchAll();
    this.deathsLeft--;
    actor.isDead = true;
    actor.inside = "";
    this.memory.changes++; // waiters may find more at their next check
    this.deathPoints.add(actor.site << 4 | actor.index);
    this.trace?.note(`${actor.name} dies ${actor.isDone ? "at its end" : `before ${this.trace.siteOf(actor)}`}`);
  }

  #offerTurn(offer: Uint16Array): number {
    const { current, actors } = this, canGoOn = current !== undefined && current.canStep;
    let count = 0, denied = 0;
    if (canGoOn) offer[count++] = current.index | RUN << 4;
    const price = canGoOn ? 1 : 0;
    if (price <= this.#preemptionsLeft) {
      for (const actor of actors) {
        if (actor === current || !actor.canStep) continue;
        if ((this.#untouched & 1 << actor.index) !== 0) denied++;
        else offer[count++] = actor.index | RUN << 4 | price << 8;
      }
    }
    if (count === 0 && denied === 0) count = this.#offerDeadlines(offer);
    else if (count > 0 && this.#preemptionsLeft > 0) {
      for (const actor of actors) if (actor.canExpire) offer[count++] = actor.index | EXPIRE << 4 | 1 << 8;
    }
    if (this.deathsLeft > 0) {
      // One that is not running dies as well before it runs again: where that turn costs nothing, it is offered here.
      for (const actor of actors) {
        const mayDie = actor === current ? !actor.isDead : !canGoOn && actor.canStep;
        if (!mayDie || (this.isReduced && !actor.isAtWrite && !actor.isDone)) continue;
        offer[count++] = actor.index | DIE << 4;
      }
    }
    if (this.#stopsLeft > 0 && canGoOn) offer[count++] = current.index | STOP << 4;
    if (count === 0 && denied > 0) this.isCut = true;
    return count;
  }

  /** No actor can step: time passes. Short sleeps end first, then those that check for deaths. */
  #offerDeadlines(offer: Uint16Array): number {
    const short = this.#offerLeastIdle(offer, MOST_IDLE, isShort);
    if (short > 0) return short;
    const isAnyStopped = this.actors.some((actor) => actor.isStopped && actor.isLeft);
    const long = this.#offerLeastIdle(offer, isAnyStopped ? MOST_IDLE_BESIDE_STOPPED : MOST_IDLE, isLong);
    if (long > 0) {
      if (this.dead.length > 0) return long;
      // A stopped actor may be about to wake the sleepers. If it is not, they sleep when it has continued.
      if (isAnyStopped) return this.#offerResume(offer, long);
      this.fail(`nobody wakes ${this.#sleepers()}: only a look after ${LIFE_CHECK_MS} ms would help`);
      return 0;
    }
    if (isAnyStopped) {
      const held = this.actors.find((one) => one.isLeft && !one.isStopped && this.neverHeldUp.includes(one.name));
      if (held !== undefined) {
        this.fail(`${held.name} is held up by one that is stopped`);
        return 0;
      }
    }
    const count = this.#offerResume(offer, 0);
    if (count === 0 && this.actors.some((actor) => actor.isLeft) && !this.mayWaitForEver({ dead: this.dead })) {
      this.fail(`nobody gets any further: ${this.#sleepers()} would sleep for ever`);
    }
    return count;
  }

  /** Offers to the stopped actors, behind `count` other options, that they continue. */
  #offerResume(offer: Uint16Array, count: number): number {
    for (const actor of this.actors) if (actor.isStopped && actor.isLeft) offer[count++] = actor.index | RESUME << 4;
    return count;
  }

  /** Offers an end by deadline to those of a sort that had it least often in vain. */
  #offerLeastIdle(offer: Uint16Array, most: number, isOfSort: (actor: Actor) => boolean): number {
    const { changes } = this.memory;
    let least = most, count = 0;
    for (const actor of this.actors) {
      if (!actor.canExpire || !isOfSort(actor)) continue;
      const idle = actor.idleAt(changes);
      if (idle < least) count = 0;
      if (idle < least || (idle === least && count > 0)) offer[count++] = actor.index | EXPIRE << 4;
      least = Math.min(least, idle);
    }
    return count;
  }

  #sleepers(): string {
    return this.actors.filter((actor) => actor.isLeft && actor.asleepAt !== AWAKE).map(({ name }) => name).join(
      " and ",
    );
  }

  /** What decides what a history must explain; 0 where nothing is late. */
  protected get lateness(): number {
    return 0;
  }

  /** All that decides what can come, but for the preemptions that are left. */
  #hash1(kind: number): number {
    let hash = this.memory.stir(mix(mix(this.memory.hash1, kind), this.#budgets())) ^ this.lateness;
    for (const actor of this.actors) hash = mix(mix(hash, actor.seen1), this.#flags(actor));
    return hash;
  }

  #hash2(kind: number): number {
    let hash = mix(mix(this.memory.stir(this.memory.hash2 ^ 0x5bd1e995), this.#budgets()), kind) - this.lateness;
    for (const actor of this.actors) hash = mix(mix(hash, this.#flags(actor)), actor.seen2);
    return hash;
  }

  #budgets(): number {
    const turn = this.current === undefined ? 15 : this.current.index;
    return this.deathsLeft << 12 | this.#stopsLeft << 8 | this.memory.delaysLeft << 4 | turn;
  }

  #flags(actor: Actor): number {
    return +actor.isDone | +actor.isDead << 1 | +actor.isStopped << 2 | +actor.isLate << 3 |
      actor.idleAt(this.memory.changes) << 4 | (actor.asleepAt - PAUSING) << 8;
  }

  /** What became of everything, in 52 bits. */
  protected outcome(): number {
    let low = this.memory.hash1 ^ this.lateness, high = this.memory.hash2 - this.lateness;
    for (const actor of this.actors) {
      // An actor that waits for ever can be noticed no more than a dead one.
      const hasEnded = actor.isDone && !actor.isDead;
      low = mix(mix(low, hasEnded ? actor.seen1 : actor.shown1), +hasEnded);
      high = mix(mix(high, hasEnded ? actor.seen2 : actor.shown2), +hasEnded);
    }
    return (low >>> 0) * 2 ** 20 + (high & 0xf_ffff);
  }
}

function isShort(actor: Actor): boolean {
  return actor.asleepAt === PAUSING || actor.deadline - actor.clock < LIFE_CHECK_MS;
}

function isLong(actor: Actor): boolean {
  return !isShort(actor);
}
