/*
 * What a checkout calls by name, for Node, as `--import` of this file: Bun and Deno read the same from their own
 * configurations.
 */
import { registerHooks } from "node:module";

const root = new URL("../", import.meta.url);
const paths = { "@std/assert": "tests/std_assert/mod.ts", "@shmkit/shmkit": "mod.ts" };

registerHooks({
  resolve: (name, context, next) => next(Object.hasOwn(paths, name) ? new URL(paths[name], root).href : name, context),
});
