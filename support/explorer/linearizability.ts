/**
 * Whether what operations returned can be explained by doing them one after the other, each at some moment between its
 * call and its return: the algorithm of J. Wing and C. Gong, "Testing and Verifying Concurrent Objects" (1993), which
 * does not come twice to the same set of operations done and the same state.
 *
 * Where a processor keeps stores back, an operation may be *late*: it has returned, and others do not see it yet. It is
 * then explained as a store would be. It waits in a buffer of its actor, which sees it at once; others see it when it
 * leaves the buffer, in the order in which the actor called, at a moment before the first operation that began when its
 * stores were visible. After S. Burckhardt, A. Gotsman, M. Musuvathi and H. Yang, "Concurrent Library Correctness on
 * the TSO Memory Model" (2012).
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
  /** How many of those others could see by then, if that is fewer. The same as `before` if undefined. */
  shown?: readonly number[];
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
  /** How many of each actor's operations are done, and which of them others do not see yet. */
  const position = actors.map(() => 0), late: Operation[][] = actors.map(() => []);
  const mayBeLate = new Set(operations.filter((one) => isLate(one, operations, actors)));
  const tried = new Set<string>();
  let longest = 0;

  const overlapping = (one: Operation) => operations.filter((other) => other !== one && overlaps(other, one, actors));

  /** Whether all that is left can be done from here. */
  function canGoOn(state: State): boolean {
    longest = Math.max(longest, position.reduce((sum, at) => sum + at, 0));
    const isOver = late.every((list) => list.length === 0) &&
      actors.every((list, i) => list.slice(position[i]).every((one) => !one.isDone));
    if (isOver) return true;
    const waiting = late.map((list, i) => list.map((one) => actors[i].indexOf(one)));
    const key = `${position} ${JSON.stringify([waiting, state])}`;
    if (tried.has(key)) return false;
    tried.add(key);
    return actors.some((list, i) => {
      if (late[i].length > 0 && showNext(state, i)) return true;
      const next = list[position[i]];
      if (next === undefined || !mayBegin(next)) return false;
      if (doNext(state, i, next)) return true;
      // An operation that never returned may not have been done.
      return !next.isDone && step(state, i);
    });
  }

  /** Whether all that had returned before an operation began is done, and all that was visible by then is shown. */
  function mayBegin(next: Operation): boolean {
    const shown = next.shown ?? next.before;
    return next.before.every((count, other) => other === next.actor || count <= position[other]) &&
      late.every((list, other) => list.length === 0 || actors[other].indexOf(list[0]) >= (shown[other] ?? 0));
  }

  /** Its actor sees what it did before, whether others see it or not. */
  function doNext(state: State, i: number, next: Operation): boolean {
    let seen: State | undefined = state;
    for (const one of late[i]) if (seen !== undefined) seen = apply(seen, one, overlapping(one));
    const after = seen === undefined ? undefined : apply(seen, next, overlapping(next));
    if (after === undefined) return false;
    const mayWait = mayBeLate.has(next), isFirst = late[i].length === 0;
    if (isFirst && !mayWait) return step(after, i);
    if (JSON.stringify(after) === JSON.stringify(seen)) return step(state, i); // nothing that others could see
    if (!mayWait) return false;
    late[i].push(next);
    const can = step(state, i);
    late[i].pop();
    return can;
  }

  /** The oldest operation that an actor keeps back is seen by others. */
  function showNext(state: State, i: number): boolean {
    const next = late[i][0], after = apply(state, next, overlapping(next));
    if (after === undefined) return false;
    late[i].shift();
    const can = canGoOn(after);
    late[i].unshift(next);
    return can;
  }

  function step(state: State, i: number): boolean {
    position[i]++;
    const can = canGoOn(state);
    position[i]--;
    return can;
  }

  if (canGoOn(initial)) return undefined;
  const told = operations.map(({ actor, name, args, before, shown, isDone, result }) =>
    `${actor}: ${name}(${args.map(inWords)})${isDone ? ` → ${inWords(result)}` : " never returned"}, after ${before}` +
    (shown === undefined ? "" : `, of which ${shown} could be seen`)
  );
  return `no order of these operations explains what they returned; ${longest} can be done:\n  ${told.join("\n  ")}`;
}

/** Whether another operation began when one had returned and could not be seen. */
function isLate(one: Operation, operations: readonly Operation[], actors: readonly (readonly Operation[])[]): boolean {
  const index = actors[one.actor].indexOf(one);
  return operations.some(({ before, shown }) =>
    shown !== undefined && shown[one.actor] <= index && before[one.actor] > index
  );
}

/** Whether neither could be seen before the other was called. */
function overlaps(one: Operation, other: Operation, actors: readonly (readonly Operation[])[]): boolean {
  const isBefore = (first: Operation, { before, shown = before }: Operation) =>
    (shown[first.actor] ?? 0) > actors[first.actor].indexOf(first);
  return one.actor !== other.actor && !isBefore(one, other) && !isBefore(other, one);
}

function inWords(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
}
