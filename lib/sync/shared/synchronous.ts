/**
 * `T`, unless it is a promise: what a function returns that has done its work by then. As `(…) => T & Synchronous<T>`
 * in a parameter's type it keeps async functions from compiling.
 */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * Refuses an async function or a generator before it is called: it would go on, or only begin, after it has returned.
 *
 * @param action What was asked for, in messages: "write".
 * @param what Of what: "seqlock 'limits' in segment '/md'".
 */
export function requireSynchronous(action: string, what: string, fn: unknown): void {
  // The one thing that tells such functions from others. Functions themselves have no tag.
  const tag = (fn as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag];
  if (tag === undefined) return;
  throw new TypeError(`Cannot ${action} ${what} as the function must have ended when it returns: received ${tag}`);
}

/**
 * Refuses a promise that a function has returned: its work is not done.
 *
 * @param action What was asked for, in messages: "run".
 * @param what Of what: "once 'tables' in segment '/md'".
 * @param result What the function returned.
 */
export function requireDone(action: string, what: string, result: unknown): void {
  if (typeof result !== "object" || result === null) return;
  if (typeof (result as { readonly then?: unknown }).then !== "function") return;
  throw new TypeError(
    `Cannot ${action} ${what} as the function must have ended when it returns: it returned a promise`,
  );
}
