/** What the constructors of functions are called whose calls return before their work is done. */
const DEFERRED: ReadonlySet<string> = new Set(["AsyncFunction", "AsyncGeneratorFunction", "GeneratorFunction"]);

/**
 * Refuses a function that does not do its work within the call: a record is the caller's until the call returns. What
 * is declared `async` is found; a plain function that returns a promise is not.
 *
 * @param what What the function is for, in messages: "drain queue 'orders'".
 * @param fn The function.
 * @throws {TypeError} If it is none, or an asynchronous one, or a generator.
 */
export function requireSync(what: string, fn: unknown): void {
  if (typeof fn !== "function") {
    throw new TypeError(
      `Cannot ${what} as there must be a function to call: received ${fn === null ? "null" : typeof fn}`,
    );
  }
  const name: unknown = fn.constructor?.name;
  if (typeof name !== "string" || !DEFERRED.has(name)) return;
  throw new TypeError(
    `Cannot ${what} as the function must have done its work when it returns, for the record is then given back: received ` +
      `an ${name}`.replace("an G", "a G"),
  );
}
