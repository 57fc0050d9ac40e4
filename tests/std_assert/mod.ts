/**
 * The part of JSR's `@std/assert` that the tests use, over `node:assert/strict`: the package has no copy outside JSR,
 * which a machine with npm alone does not reach. `deno.json` names it for Deno, `tsconfig.json` for Bun.
 * `SHMKIT_JSR=1 bun run test` runs the Deno side with the package itself; Bun has nothing else to run with.
 *
 * Signatures and outcomes are those of the package, with one exception: deep equality is `node:assert`'s, which also
 * distinguishes 0 from -0 and compares prototypes.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict";
import { inspect } from "node:util";

// deno-lint-ignore no-explicit-any -- any constructor
type Class<T> = abstract new (...args: any[]) => T;

/** What every failed assertion throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Fails with a message. */
export function fail(msg?: string): never {
  throw new AssertionError(
    msg === undefined ? "Failed assertion" : `Failed assertion: ${msg}`,
  );
}

/** The value is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** The value is falsy. */
export function assertFalse(expr: unknown, msg?: string): void {
  check(!expr, `Expected ${inspect(expr)} to be falsy`, msg);
}

/** The value is neither null nor undefined. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  check(
    actual !== undefined && actual !== null,
    `Expected ${actual} to be neither null nor undefined`,
    msg,
  );
}

/** Both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  const difference = differenceOf(actual, expected);
  check(difference === undefined, difference ?? "", msg);
}

/** Both differ somewhere. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  check(
    differenceOf(actual, expected) !== undefined,
    `Expected something else than ${inspect(actual)}`,
    msg,
  );
}

/** Both are the same value. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  check(
    Object.is(actual, expected),
    `Expected the very ${inspect(expected)}: received ${inspect(actual)}`,
    msg,
  );
}

/** Numbers that differ by no more than the tolerance, by default a ten-millionth of the expected one. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  const delta = Math.abs(expected - actual);
  const allowed = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  check(
    Object.is(actual, expected) || delta <= allowed,
    `Expected ${expected} ± ${allowed}: received ${actual}`,
    msg,
  );
}

/** `actual > expected` */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  check(
    actual > expected,
    `Expected more than ${inspect(expected)}: received ${inspect(actual)}`,
    msg,
  );
}

/** `actual >= expected` */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(
    actual >= expected,
    `Expected at least ${inspect(expected)}: received ${inspect(actual)}`,
    msg,
  );
}

/** `actual < expected` */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  check(
    actual < expected,
    `Expected less than ${inspect(expected)}: received ${inspect(actual)}`,
    msg,
  );
}

/** `actual <= expected` */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(
    actual <= expected,
    `Expected at most ${inspect(expected)}: received ${inspect(actual)}`,
    msg,
  );
}

/** The text matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  check(
    expected.test(actual),
    `Expected ${expected} to match: received ${inspect(actual)}`,
    msg,
  );
}

/** The text holds another one. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  check(
    actual.includes(expected),
    `Expected ${inspect(expected)} to be in ${inspect(actual)}`,
    msg,
  );
}

/** The list holds the equal of every element of another one. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const elements = Array.from(actual);
  const missing = Array.from(expected).filter((one) =>
    !elements.some((other) => differenceOf(other, one) === undefined)
  );
  check(
    missing.length === 0,
    `Expected ${inspect(missing)} to be in ${inspect(elements)}`,
    msg,
  );
}

/** The object has these properties, at any depth; others do not matter. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- an interface has no index signature, so it fits no other record
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals<unknown>(pickLike(actual, expected), expected, msg);
}

/** The value is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: Class<T>,
  msg?: string,
): asserts actual is T {
  check(
    actual instanceof expectedType,
    `Expected a ${expectedType.name}: received ${inspect(actual)}`,
    msg,
  );
}

/** The call throws. Returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** The call throws an error of the class, with this in its message. Returns the error. */
export function assertThrows<E extends Error>(
  fn: () => unknown,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  ...expected: Expected
): unknown {
  try {
    fn();
  } catch (error) {
    return requireError(error, expected);
  }
  throw new AssertionError(
    join("Expected function to throw", messageOf(expected)),
  );
}

/** The promise is rejected. Returns the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** The promise is rejected with an error of the class, with this in its message. Returns the error. */
export function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...expected: Expected
): Promise<unknown> {
  // A call that throws has returned no promise: that is a failure of its own, so it stays outside.
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(
      join("Function throws when expected to reject", messageOf(expected)),
      { cause: error },
    );
  }
  try {
    await promise;
  } catch (error) {
    return requireError(error, expected);
  }
  throw new AssertionError(
    join("Expected function to reject", messageOf(expected)),
  );
}

/** What `assertThrows` and `assertRejects` take after the function. */
type Expected = [message?: string] | [
  ErrorClass: Class<Error>,
  includes?: string,
  message?: string,
];

function messageOf(expected: Expected): string | undefined {
  return typeof expected[0] === "string" ? expected[0] : expected[2];
}

function requireError(
  error: unknown,
  [ErrorClass, includes, message]: Expected,
): unknown {
  if (typeof ErrorClass !== "function") return error;
  assertInstanceOf(error, ErrorClass, message);
  if (includes !== undefined) {
    assertStringIncludes(error.message, includes, message);
  }
  return error;
}

/** How two values differ, or undefined if they are deeply equal. */
function differenceOf(actual: unknown, expected: unknown): string | undefined {
  try {
    deepStrictEqual(actual, expected);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The properties of a value that another one has too, at any depth. */
function pickLike(value: unknown, like: unknown): unknown {
  const isObject = (one: unknown): one is object => one !== null && typeof one === "object";
  if (!isObject(value) || !isObject(like)) return value;
  if (Array.isArray(value) && Array.isArray(like)) {
    return like.map((part, index) => pickLike(value[index], part));
  }
  const isRecord = [null, Object.prototype].includes(
    Object.getPrototypeOf(like),
  );
  if (!isRecord) return value;
  const has = Object.entries(like).filter(([key]) => key in value);
  return Object.fromEntries(
    has.map((
      [key, part],
    ) => [key, pickLike(value[key as keyof typeof value], part)]),
  );
}

function check(
  holds: boolean,
  reason: string,
  msg: string | undefined,
): asserts holds {
  if (!holds) throw new AssertionError(join(reason, msg));
}

function join(reason: string, msg: string | undefined): string {
  return msg === undefined ? reason : `${reason}: ${msg}`;
}
