/**
 * Whether what operations returned can be explained by doing them one after the other, each at some moment between its
 * call and its return: the algorithm of J. Wing and C. Gong, "Testing and Verifying Concurrent Objects" (1993), which
 * does not come twice to the same set of operations done and the same state.
 *
 * @module
 */

/** One call of an operation. */
export interface Operation {
  /** Index of the actor that called it. */
  readonly actor: number;
  readonly name: string;
  readonly args: readonly unknown[];
  /** How many operations of each actor had returned before its first step. */
  before: readonly number[];
  /** Whether it returned. One whose actor died on the way may have been done or not. */
  isDone: boolean;
  /** What it returned. */
  result?: unknown;
}

/** The name of the operation that a death is: done at once, after those that its actor had called. */
export const DIES = "dies";

/** What a thing does if all is done one after the other. States are plain values, and never changed. */
export interface Specification<State> {
  readonly initial: State;
  /**
   * What comes of an operation, given what it returned.
   *
   * @returns The state afterwards; undefined if it could not have returned that. For one that did not return, the state
   *   that it leads to if it is done.
   */
  apply(state: State, operation: Operation, overlapping: readonly Operation[]): State | undefined;
}

/** @returns Undefined if there is an order that explains a history; else what cannot be explained. */
export function explainHistory<State>(
  operations: readonly Operation[],
  { initial, apply }: Specification<State>,
): string | undefined {
  const actors: Operation[][] = [];
  for (const one of operations) (actors[one.actor] ??= []).push(one);
  for (let i = 0; i < actors.length; i++) actors[i] ??= [];
  const position = actors.map(() => 0), tried = new Set<string>();
  let longest = 0;

  /** Whether all that is left can be done from here. */
  function canGoOn(state: State): boolean {
    const done = position.reduce((sum, at) => sum + at, 0);
    longest = Math.max(longest, done);
    if (actors.every((list, i) => list.slice(position[i]).every((one) => !one.isDone))) return true;
    const key = `${position} ${JSON.stringify(state)}`;
    if (tried.has(key)) return false;
    tried.add(key);
    return actors.some((list, i) => {
      const next = list[position[i]];
      if (next === undefined || next.before.some((count, other) => other !== i && count > position[other])) {
        return false;
      }
      if (doNext(state, i, next)) return true;
      // An operation that never returned may not have been done.
      return !next.isDone && skip(state, i);
    });
  }

  function doNext(state: State, i: number, next: Operation): boolean {
    const after = apply(state, next, operations.filter((other) => other !== next && overlaps(other, next, actors)));
    if (after === undefined) return false;
    position[i]++;
    const can = canGoOn(after);
    position[i]--;
    return can;
  }

  function skip(state: State, i: number): boolean {
    position[i]++;
    const can = canGoOn(state);
    position[i]--;
    return can;
  }

  if (canGoOn(initial)) return undefined;
  const told = operations.map(({ actor, name, args, before, isDone, result }) =>
    `${actor}: ${name}(${args.map(inWords)})${isDone ? ` → ${inWords(result)}` : " never returned"}, after ${before}`
  );
  return `no order of these operations explains what they returned; ${longest} can be done:\n  ${told.join("\n  ")}`;
}

/** Whether neither had returned before the other was called. */
function overlaps(one: Operation, other: Operation, actors: readonly (readonly Operation[])[]): boolean {
  const isBefore = (first: Operation, second: Operation) =>
    (second.before[first.actor] ?? 0) > actors[first.actor].indexOf(first);
  return one.actor !== other.actor && !isBefore(one, other) && !isBefore(other, one);
}

function inWords(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
}
