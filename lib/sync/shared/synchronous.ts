/**
 * `T`, unless it is a promise: the result of a function whose work is done when it returns. As `(…) => T &
 * Synchronous<T>` in a parameter's type it keeps async functions from compiling.
 */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * What a function may return that receives records: anything but a promise. The record it is given is good until it
 * returns, and an async function returns at its first `await`.
 */
export type DrainResult =
  | void
  | null
  | boolean
  | number
  | string
  | bigint
  | symbol
  | (object & { readonly then?: never });

/**
 * Refuses an async function or a generator before it is called: it would continue, or only begin, after it has
 * returned.
 *
 * @param action What was asked for, in messages: "write".
 * @param what Of what: "seqlock 'limits' in segment '/md'".
 * @param fn What the caller gave.
 * @throws {TypeError} If it is not a function, or is one of those.
 */
export function requireSynchronous(action: string, what: string, fn: unknown): void {
  if (typeof fn !== "function") refuse(action, what, fn === null ? "null" : typeof fn);
  // The one thing that distinguishes such functions. Functions themselves have no tag.
  const tag = (fn as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag];
  if (tag !== undefined) refuse(action, what, `${tag.startsWith("A") ? "an" : "a"} ${tag}`);
}

/**
 * Refuses a promise that a function has returned: its work is not done.
 *
 * @param action What was asked for, in messages: "run".
 * @param what Of what: "once 'tables' in segment '/md'".
 * @param result What the function returned.
 * @throws {TypeError} If it is a promise, or anything else that has a `then` method.
 */
export function requireDone(action: string, what: string, result: unknown): void {
  if (typeof result !== "object" || result === null) return;
  if (typeof (result as { readonly then?: unknown }).then === "function") refuse(action, what, "a promise");
}

function refuse(action: string, what: string, received: string): never {
  throw new TypeError(
    `Cannot ${action} ${what} as its function must have done its work when it returns: received ${received}`,
  );
}
