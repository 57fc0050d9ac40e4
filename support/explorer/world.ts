/**
 * The explored world: shared memory, actors, and the steps that they make. What the rewritten code calls stands at the
 * end.
 *
 * Long, as everything that makes a step needs all of the world's state, which nothing else may touch.
 *
 * @module
 */
import { Actor, ANY_WORD, AWAKE, NO_WORD, PAUSING } from "./actor.ts";
import type { Choices } from "./choices.ts";
import { Conflicts } from "./conflicts.ts";
import { mix } from "./hash.ts";
import { HistoryRecord } from "./history_record.ts";
import { Kernel } from "./kernel.ts";
import type { Operation, Specification } from "./linearizability.ts";
import { MEMORY_BYTES } from "./memory.ts";
import type { States } from "./states.ts";
import { NOTHING, type Setting, Turns } from "./turns.ts";

/** The explored code's arrays lie in this. While actors run, what it holds means nothing: see `Memory`. */
export const buffer: ArrayBuffer = new ArrayBuffer(MEMORY_BYTES);
const image = new Int32Array(buffer);

/** What the words of the buffer are while actors run: code that reads past the world goes wrong, and shows it. */
const POISON = 0x5eed_bad5;

/** Kinds of choices within steps; `TURN` is 0, and memories have theirs from 16 on. */
const IS_ALIVE = 1;
const WHO_WAKES = 2;

/** The same of who holds a lock of the kernel; and so on, one for each actor. */
const HOLDER_IS_ALIVE = 4;

/** Which of two ways: the options of a choice between them. */
const NO = 0;
const YES = 1;

/** Ids of parties are multiples of this: 101 is the first one's, 202 the second one's. */
const ID_STEP = 101;

/** How many steps an actor may make in a run: one that makes more never ends. */
const MOST_STEPS = 3000;

/** One world, for all runs of a search. */
export class World extends Turns {
  /** Whether the processor keeps loads in order, and stores in order. */
  get isOrdered(): boolean {
    return this.setting.memory !== "arm64";
  }

  /** Whether the kernel offers a membarrier. */
  get hasMembarrier(): boolean {
    return this.setting.hasMembarrier ?? true;
  }

  /** Steps of all runs. */
  steps = 0;
  /** Bytes of the buffer that are in use. */
  used = 0;
  /** Whether the step that comes next was granted by a turn. */
  #isGranted = false;
  #isStarting = false;
  /** Whether something happened since the last turn that others can see. */
  #isSeen = false;
  readonly #conflicts: Conflicts;
  readonly #history = new HistoryRecord();
  /** What `kernelCall` calls. */
  readonly kernel: Kernel = new Kernel(this);
  /** Whether the memory is in the hands of the actors. */
  #isRunning = false;
  /** On whose behalf calls of the kernel are made while no actor runs: an id, or 0. */
  caller = 0;
  /** The words at the start of the first run. */
  #firstImage: Int32Array | undefined;
  readonly #names = new Map<number, string>();
  /** By name. */
  readonly #ids = new Map<string, number>();

  /**
   * @param setting What may happen.
   * @param choices Decides what does.
   * @param states Met before; undefined if every state is to be entered anew.
   * @param conflicts The words that actors are known to share; undefined if turns are to be taken at every step.
   */
  constructor(setting: Setting, choices: Choices, states: States | undefined, conflicts: Conflicts | undefined) {
    super(
      setting,
      choices,
      states,
      conflicts !== undefined && setting.memory !== "arm64",
      conflicts?.isStrict ?? false,
    );
    this.#conflicts = conflicts ?? new Conflicts();
    this.memory.operationOf = (actor) => actor === NOBODY ? 0 : this.actors[actor].returned;
    this.memory.onMiss = (actor, operation) => {
      // An operation that begins after this finds another past than one that has begun.
      if (this.#history.miss(actor, operation)) this.touchAll();
    };
  }

  /** Whether stores may come to be seen late. */
  get isReordering(): boolean {
    return this.setting.memory !== undefined && this.setting.memory !== "sequential";
  }

  /** Begins a run: no actor runs yet, and the memory is zero. */
  begin(): void {
    this.beginTurns();
    this.#isSeen = this.#isGranted = false; // whatever the run before left open: each has the same choices
    this.#history.end();
    this.actors = [];
    image.fill(0, 0, this.#firstImage === undefined ? image.length : this.used / 4);
    this.used = this.caller = 0;
    this.kernel.reset();
  }

  /** Takes a part of the memory; traces call it by its name. Returns where it begins. */
  allot(byteLength: number, name: string): number {
    const at = this.used;
    this.used = Math.ceil((at + byteLength) / 128) * 128;
    if (this.used > MEMORY_BYTES) {
      throw new RangeError(`Cannot share more than ${MEMORY_BYTES} bytes: received ${this.used}`);
    }
    this.#names.set(at, name);
    return at;
  }

  /** Which words of a part differ from what they were before the actors began. */
  changedWords(at: number, byteLength: number): number[] {
    const first = at / 4, changed: number[] = [];
    for (let i = 0; i < byteLength / 4; i++) if (image[first + i] !== this.#firstImage![first + i]) changed.push(i);
    return changed;
  }

  /** What a word is called. */
  nameOf(word: number): string {
    let first = 0;
    for (const at of this.#names.keys()) if (at <= word * 4) first = Math.max(first, at);
    return `${this.#names.get(first)}[${word - first / 4}]`;
  }

  /** The id of an actor, by its name. */
  idOf(who: string): number {
    let id = this.#ids.get(who);
    if (id === undefined) this.#ids.set(who, id = (this.#ids.size + 1) * ID_STEP);
    return id;
  }

  /** The actor that runs is inside of something, or, if it is named "", outside again. */
  comeInside(what: string, others: readonly string[]): void {
    for (const { name, inside } of this.actors) {
      if (others.includes(inside)) this.fail(`${this.current?.name} is ${what} while ${name} is ${inside}`);
    }
    if (this.current !== undefined) this.current.inside = what;
    this.beSeen();
  }

  /** The same, where a number of actors may be at once. */
  comeInsideAtMost(count: number, what: string): void {
    this.comeInside(what, []);
    const inside = this.actors.filter((actor) => actor.inside === what).map(({ name }) => name);
    if (inside.length > count) this.fail(`${inside.join(", ")} are ${what}, and at most ${count} may be`);
  }

  /**
   * Compares what operations return in this run with a specification. Some may be late, by their names: where sleepers
   * fence all processes. Elsewhere each publishing is a fence.
   */
  beginHistory(specification: Specification<unknown>, late: readonly string[]): void {
    this.#history.begin(specification, this.hasMembarrier ? late : []);
  }

  protected override get lateness(): number {
    return this.#history.lateness;
  }

  /** The actor that runs calls an operation: it begins with its next step. */
  beginOperation(name: string, args: readonly unknown[]): Operation {
    this.beSeen();
    return this.#history.call(this.current!, name, args);
  }

  /** An operation has returned. */
  endOperation(operation: Operation, result: unknown): void {
    this.enter();
    this.#history.return(this.current!, operation, result);
    this.saw(0, `returns ${JSON.stringify(result)} of ${operation.name}()`, -1);
  }

  /** Everything is prepared: brings each actor to its first step. */
  start(
    actors: readonly { name: string; id: number; code: Generator<void, void> }[],
    mayWaitForEver: (end: { dead: readonly string[] }) => boolean = () => false,
    neverHeldUp: readonly string[] = [],
  ): void {
    this.mayWaitForEver = mayWaitForEver;
    this.neverHeldUp = neverHeldUp;
    const words = image.subarray(0, this.used / 4);
    this.#firstImage ??= words.slice();
    if (!isSame(this.#firstImage, words)) throw new Error("Cannot explore as start() is not always the same");
    this.memory.begin(words, actors.length);
    words.fill(POISON);
    this.#isRunning = true;
    this.caller = 0;
    this.actors = actors.map(({ name, id, code }, index) => new Actor(name, id, index, code));
    this.#isStarting = true;
    for (const actor of this.actors) {
      this.current = actor;
      this.#resume(actor);
    }
    this.#isStarting = false;
    this.current = undefined;
  }

  /** Lets actors step until the run is over. */
  run(): void {
    for (this.next = this.takeTurn(); this.next !== undefined;) {
      const actor = this.current = this.next;
      this.#isGranted = true;
      this.#resume(actor);
      if (actor.isDone) this.next = this.takeTurn();
    }
    this.current = undefined;
  }

  /** Ends a run: makes the final memory visible to checks. Returns the outcome. */
  finish(): number {
    this.deathsLeft = 0;
    this.memory.fenceAll(NOBODY);
    this.memory.fence(NOBODY); // checks find the newest values: no choice is left
    const outcome = this.outcome(), { words } = this.memory;
    if (!this.isCut && this.failure === undefined) {
      const problem = this.#history.check();
      if (problem !== undefined) this.fail(problem);
    }
    for (let i = 0; i < this.used / 4; i++) {
      if (image[i] !== POISON) this.fail("the code writes shared memory past the world");
      image[i] = words[i];
    }
    this.#isRunning = false;
    return outcome;
  }

  /** Runs an actor to where it pauses, or to its end. */
  #resume(actor: Actor): void {
    try {
      actor.isDone = actor.code.next().done === true;
    } catch (error) {
      actor.isDone = true;
      if (!this.isCut) this.fail(`${actor.name} throws ${error instanceof Error ? error.stack : error}`);
    }
  }

  /** The running actor is about to make a step. @returns True if it continues; else it pauses. */
  go(site: number): boolean {
    this.current!.word = ANY_WORD;
    return this.#goAt(site, true, true);
  }

  /** As `go`, for a step that concerns no other actor. */
  goAlone(site: number): boolean {
    this.current!.word = NO_WORD;
    return this.#goAt(site, false, false);
  }

  /** As `go`, for a step that checks whether an attachment is alive. */
  goAsking(site: number): boolean {
    this.current!.word = NO_WORD; // a death concerns all
    return this.#goAt(site, this.setting.deaths !== undefined, false);
  }

  /** As `go`, for an access to a word, or to it and the next one. */
  goTo(site: number, word: number, isWrite: boolean, isWide: boolean): boolean {
    const actor = this.current!.index;
    let isShared = word >= 0 && this.#conflicts.isShared(actor, word, isWrite);
    if (isWide && word >= 0 && this.#conflicts.isShared(actor, word + 1, isWrite)) isShared = true;
    this.current!.word = word < 0 ? NO_WORD : isWide ? ANY_WORD : word;
    // A fenced actor shows everything that it stored before.
    return this.#goAt(site, isShared || (isWrite && this.isReordering), isWrite);
  }

  #goAt(site: number, concernsOthers: boolean, isWrite: boolean): boolean {
    const actor = this.current!;
    actor.site = site;
    actor.isAtWrite = isWrite;
    if (actor.steps === MOST_STEPS) this.fail(`${actor.name} goes on for ever`);
    if (this.#isStarting || this.failure !== undefined) {
      this.next = undefined;
      return false;
    }
    // An actor that has just fallen asleep does not continue by itself.
    const mayGoOn = !concernsOthers && !this.#isSeen && this.isReduced && actor.canStep;
    this.next = mayGoOn ? this.goOn() : this.takeTurn();
    this.#isSeen = false;
    return this.#isGranted = this.next === actor;
  }

  /**
   * Others see this although it is no step: an actor came inside, or an operation began or ended.
   */
  beSeen(): void {
    this.#isSeen = true;
    this.touchAll();
  }

  /** Each step begins here. @returns The actor that makes it; undefined while none runs. */
  enter(): number {
    const { current } = this;
    if (current === undefined) return NOBODY;
    if (!this.#isGranted && this.failure === undefined && !this.isCut) {
      this.fail(`${current.name} accesses shared memory, and it is no step: ${new Error().stack}`);
    }
    this.#isGranted = false;
    if (current.called !== undefined) this.#history.start(current);
    this.touch(current);
    this.steps++;
    current.steps++;
    return current.index;
  }

  /** The index of the running actor, for memories. */
  get actor(): number {
    return this.current === undefined ? NOBODY : this.current.index;
  }

  /** Each step ends here, with its result: without that, the state would be taken for one met before. */
  saw(value: number, what: string, word: number): number {
    const { current } = this;
    if (current === undefined) return value;
    current.seen1 = mix(current.seen1, value + 7);
    current.seen2 = mix(current.seen2, value ^ 0x5bd1e995);
    if (current.isAtWrite) {
      current.shown1 = current.seen1;
      current.shown2 = current.seen2;
      current.shownCall = current.inCall;
    }
    this.trace?.step(current, what, word, value);
    return value;
  }

  /** Loads a word and, if it has the expected value, falls asleep there. @returns Whether it did. */
  beginWait(word: number, expected: number, deadline: number): boolean {
    const actor = this.enter();
    this.memory.fence(actor); // the kernel's, on the way in
    const isWorthIt = this.memory.lock(actor, word) === expected;
    this.saw(+isWorthIt, isWorthIt ? "falls asleep at" : "does not wait at", word);
    if (isWorthIt) this.#sleep(word, deadline);
    return isWorthIt;
  }

  /** Sleeps for a while. */
  beginPause(ms: number): void {
    this.enter();
    this.saw(0, "pauses", -1);
    this.#sleep(PAUSING, this.now() + ms);
  }

  /** A sleep has ended. @returns False if by its deadline. */
  endSleep(word: number): boolean {
    this.enter();
    const isLate = this.current?.isLate === true;
    return this.saw(+!isLate, isLate ? "is out of time at" : "wakes at", word) === 1;
  }

  #sleep(at: number, deadline: number): void {
    const { current } = this;
    if (current === undefined) throw new Error("Cannot sleep as no actor runs");
    current.deadline = deadline;
    current.isLate = at !== PAUSING && deadline <= current.clock;
    current.asleepAt = current.isLate ? AWAKE : at;
  }

  /** Wakes up to `count` of those asleep at a word. Returns how many. */
  wake(word: number, count: number): number {
    this.memory.fence(this.enter());
    let woken = 0;
    while (woken < count) {
      const option = this.#chooseSleeper(word, count === Infinity);
      if (option === NOTHING) break;
      const actor = this.actors[option & 15];
      if (option >> 4 === YES) this.die(actor);
      else {
        actor.asleepAt = AWAKE;
        actor.isLate = false;
        woken++;
      }
    }
    return this.saw(woken, "wakes those at", word);
  }

  /** The actor that is woken next, or died asleep before that. If all are woken, their order makes no difference. */
  #chooseSleeper(word: number, isForAll: boolean): number {
    const asleep = this.actors.filter((actor) => actor.asleepAt === word && !actor.isDead);
    if (asleep.length === 0) return NOTHING;
    const candidates = isForAll ? asleep.slice(0, 1) : asleep;
    if (candidates.length === 1 && this.deathsLeft === 0) return candidates[0].index;
    return this.choose(WHO_WAKES, (offer) => {
      let count = 0;
      for (const { index } of candidates) offer[count++] = index | NO << 4;
      if (this.deathsLeft > 0) { for (const { index } of candidates) offer[count++] = index | YES << 4; }
      return count;
    });
  }

  /** Whether a party is alive. One that would make no further step before this check may have died just now. */
  isAlive(id: number): boolean {
    this.enter();
    const { current } = this, actor = this.actors.find((one) => one.id === id);
    if (current !== undefined && actor !== undefined && actor !== current && !actor.isDead && this.deathsLeft > 0) {
      const isDead = this.choose(IS_ALIVE, (offer) => {
        offer[0] = NO;
        offer[1] = YES;
        return 2;
      });
      if (isDead === YES) this.die(actor);
    }
    return this.saw(+!(actor?.isDead === true), "asks for the life of", id) === 1;
  }

  protected override die(actor: Actor): void {
    super.die(actor);
    this.#history.die(actor);
    if (!this.kernel.isUsed) return;
    this.memory.fence(actor.index); // what it has stored is seen before its locks are gone
    this.kernel.exit(actor.id / ID_STEP);
  }

  /** The process that makes a call of the kernel: 0 prepares and checks, the others are actors, by id. */
  get owner(): number {
    return (this.current?.id ?? this.caller) / ID_STEP;
  }

  /** The process id of the actor that makes a call of the kernel; of another one, if it is named. */
  pidOf(who?: string): number {
    return 1 + (who === undefined ? this.owner : this.idOf(who) / ID_STEP);
  }

  /** For the kernel; so are the next ones. */
  wordAt(word: number): number {
    return this.#isRunning ? this.memory.words[word] : image[word]; // none of them is stored by actors
  }

  /** Changes a word of the kernel, or of a file that it cuts. */
  setWordAt(word: number, value: number): void {
    if (this.#isRunning) this.memory.set(word, value);
    else image[word] = value;
  }

  /** Whether a process is alive: it may die at this very moment. */
  livesOn(owner: number): boolean {
    const actor = this.actors.find((one) => one.id === owner * ID_STEP);
    if (actor?.isDead) return false;
    if (!this.#isRunning || actor === undefined || actor === this.current || this.deathsLeft === 0) return true;
    const isDead = this.choose(HOLDER_IS_ALIVE + actor.index, (offer) => {
      offer[0] = NO;
      offer[1] = YES;
      return 2;
    });
    if (isDead === YES) this.die(actor);
    return isDead !== YES;
  }

  /** Now, on the clock of the running actor. */
  now(): number {
    return this.current?.clock ?? 0;
  }
}

function isSame(one: Int32Array, other: Int32Array): boolean {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return one.length === other.length;
}

/** The index of code that runs before or after the actors. */
export const NOBODY = -1;

/** The world that is explored now. */
export let world: World;

/** Makes this world the explored one. */
export function enterWorld(next: World): void {
  world = next;
}
