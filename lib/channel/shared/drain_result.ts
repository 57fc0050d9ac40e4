/**
 * What a function may return that receives records: anything but a promise. The record it is given is good until it
 * returns, and an asynchronous function returns at its first `await`.
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
 * @param result What a function returned that receives records.
 * @param name The channel in messages.
 * @throws {TypeError} If it is a promise, or anything else that has a `then` method.
 */
export function requireSynchronous(result: unknown, name: string): void {
  if (typeof (result as { readonly then?: unknown } | null | undefined)?.then !== "function") return;
  throw new TypeError(
    `Cannot drain ${name} as its function must not be asynchronous: received a promise; take what is needed from the record first`,
  );
}
