import type { Actor } from "./actor.ts";
import { mix } from "./hash.ts";
import { DIES, explainHistory, type Operation, type Specification } from "./linearizability.ts";

/**
 * What operations were called in a run, and what they returned. An operation begins right before its first step, and
 * ends right after its last one: the shortest time that it can be said to have taken.
 *
 * Which operations had returned when another began says more than the steps of its actor do. So that no two runs are
 * taken for one that differ in it, it is a part of what the actor has seen.
 *
 * Where stores wait in a processor, an operation of a sort that may be late ends for the others when they cannot miss
 * its stores any more. When a store leaves its processor is decided as late as possible, at a load: one that finds it
 * might have found it at once. So it counts as visible at once, until a load misses it: then it was not visible to
 * anything that began before. That is the least that explains what was read.
 */
export class HistoryRecord {
  #specification: Specification<unknown> | undefined;
  /** The names of operations that may be late. */
  #late: readonly string[] = [];
  /** A hash of what was found to be late in this run: it decides what the history must explain. */
  lateness = 0;
  readonly #operations: Operation[] = [];
  readonly #actors: Actor[] = [];
  /** Histories that were found to be right, as most come again. */
  readonly #known = new Set<string>();

  /** Nothing is recorded any more. */
  end(): void {
    this.#specification = undefined;
    this.#operations.length = this.lateness = 0;
  }

  /** Records a run from its beginning. */
  begin(specification: Specification<unknown>, late: readonly string[]): void {
    this.#specification = specification;
    this.#late = late;
    this.#operations.length = this.#actors.length = 0;
  }

  /** An actor calls an operation. */
  call(actor: Actor, name: string, args: readonly unknown[]): Operation {
    const operation: Operation = { actor: actor.index, name, args, before: [], isDone: false };
    this.#actors[actor.index] = actor;
    this.#operations.push(operation);
    return actor.called = operation;
  }

  /** An actor is about to make the first step of what it called. */
  start(actor: Actor): void {
    const before = Array.from(this.#actors, (one) => one?.returned ?? 0);
    actor.called!.before = before;
    actor.inCall = actor.called;
    actor.called = undefined;
    for (const count of before) {
      actor.seen1 = mix(actor.seen1, count + 1);
      actor.seen2 = mix(actor.seen2, ~count);
    }
  }

  /** An operation has returned. */
  return(actor: Actor, operation: Operation, result: unknown): void {
    if (actor.called === operation) this.start(actor); // without any step
    operation.isDone = true;
    operation.result = result;
    actor.inCall = undefined;
    actor.returned++;
  }

  /** An actor dies: an operation of its own. A call of its that no other actor could notice yet was not made. */
  die(actor: Actor): void {
    if (this.#specification === undefined) return;
    const open = this.#operations.findLastIndex((one) => one.actor === actor.index && !one.isDone);
    if (open !== -1 && this.#operations[open] !== actor.shownCall) this.#operations.splice(open, 1);
    actor.called = undefined;
    const operation = this.call(actor, DIES, []);
    this.start(actor);
    operation.isDone = true;
    actor.returned = this.#operations.filter((one) => one.actor === actor.index).length;
  }

  /**
   * A load has missed a store of an actor.
   *
   * @param index Of the operation that made the store, among those of the actor.
   * @returns Whether it makes a difference to an operation if it begins after this.
   */
  miss(actor: number, index: number): boolean {
    if (this.#late.length === 0) return false;
    const own = this.#operations.filter((one) => one.actor === actor);
    while (index < own.length && !this.#late.includes(own[index].name)) index++; // must be visible when it returns
    for (const one of this.#operations) {
      const shown = one.shown ?? one.before;
      if (!(shown[actor] > index)) continue;
      one.shown = shown.with(actor, index);
      const which = mix(mix(one.actor, one.before[one.actor]), actor);
      this.lateness = (this.lateness + mix(which, index) - mix(which, shown[actor])) | 0;
    }
    return own[index]?.isDone === true;
  }

  /** What is wrong with the history of this run; undefined if nothing is. */
  check(): string | undefined {
    if (this.#specification === undefined) return undefined;
    const key = JSON.stringify(this.#operations);
    if (this.#known.has(key)) return undefined;
    const problem = explainHistory(this.#operations, this.#specification);
    if (problem === undefined) {
      if (this.#known.size === MOST_KNOWN) this.#known.clear();
      this.#known.add(key);
    }
    return problem;
  }
}

/** How many histories are kept. */
const MOST_KNOWN = 100_000;
