/*
 * For Node, as `--import` of this file: what Bun and Deno read from their own configurations, or do otherwise.
 *
 * What a checkout calls by name is found. And the limit of a block is that of each test in it: Node counts it for all
 * of them together.
 */
import { registerHooks, syncBuiltinESMExports } from "node:module";
import process from "node:process";

const root = new URL("../", import.meta.url);
const paths = { "@std/assert": "tests/std_assert/mod.ts", "@shmkit/shmkit": "mod.ts" };

registerHooks({
  resolve: (name, context, next) => next(Object.hasOwn(paths, name) ? new URL(paths[name], root).href : name, context),
});

/** By how much longer a test may take: calls of C and of `Atomics` take a multiple of Bun's time. */
const SLOWNESS = 3;

/** How long a test may take that says nothing, as under Bun. */
let limit = 240_000;

if (process.env.NODE_TEST_CONTEXT !== undefined) {
  const test = process.getBuiltinModule("node:test"), { describe, it } = test;
  test.describe = (title, ...rest) => {
    const run = rest.at(-1), { timeout, ...options } = rest.length > 1 ? rest[0] : {};
    return describe(title, options, () => {
      const outer = limit;
      limit = timeout === undefined ? outer : timeout * SLOWNESS;
      run();
      limit = outer;
    });
  };
  test.it = (title, ...rest) => it(title, { timeout: limit, ...(rest.length > 1 ? rest[0] : {}) }, rest.at(-1));
  syncBuiltinESMExports();
}
