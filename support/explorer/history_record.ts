import type { Actor } from "./actor.ts";
import { mix } from "./hash.ts";
import { DIES, explainHistory, type Operation, type Specification } from "./linearizability.ts";

/**
 * What operations were called in a run, and what they returned. An operation begins right before its first step, and
 * ends right after its last one: the shortest time that it can be said to have taken.
 *
 * Which operations had returned when another began says more than the steps of its actor do. So that no two runs are
 * taken for one that differ in it, it is a part of what the actor has seen.
 */
export class HistoryRecord {
  #specification: Specification<unknown> | undefined;
  readonly #operations: Operation[] = [];
  readonly #actors: Actor[] = [];
  /** Histories that were found to be right, as most come again. */
  readonly #known = new Set<string>();

  /** Nothing is recorded any more. */
  end(): void {
    this.#specification = undefined;
  }

  /** Records a run from its beginning. */
  begin(specification: Specification<unknown>): void {
    this.#specification = specification;
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
