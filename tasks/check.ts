/**
 * Everything that can be checked without running the code: `bun run check`.
 *
 * @module
 */
import process from "node:process";
import { runtimes } from "../support/runtimes.ts";
import { commentRuleViolations } from "./comment_rule.ts";
import { docsRuleViolations } from "./docs_rule.ts";
import { doorRuleViolations } from "./door_rule.ts";
import { importRuleViolations } from "./import_rule.ts";
import { pathRuleViolations } from "./path_rule.ts";
import { publicModules, root, sources, succeeds } from "./project.ts";
import { namesSources } from "./support/package.ts";

const TSC = "node_modules/typescript/lib/tsc.js";

/** One thing that must hold. */
export interface Check {
  readonly name: string;
  run(): boolean | Promise<boolean>;
}

/** In the order in which they are cheap. */
export const checks: readonly Check[] = [
  { name: "format", run: () => deno("fmt", "--check", "--quiet", ...sources, "deno.json", "package.json") },
  { name: "lint", run: () => deno("lint", "--quiet", ...sources) },
  { name: "exports", run: namesSources },
  { name: "import rule", run: () => hasNone(importRuleViolations(root)) },
  { name: "doors", run: () => hasNone(doorRuleViolations(root)) },
  { name: "hot paths", run: () => hasNone(pathRuleViolations(root)) },
  { name: "comments", run: () => hasNone(commentRuleViolations(root, sources)) },
  { name: "documents", run: () => hasNone(docsRuleViolations(root)) },
  { name: "types", run: () => deno("check", "--quiet", ...sources) },
  // The compiler of most users is another one.
  { name: "types, by tsc", run: () => succeeds(runtimes.bun, TSC, "-p", "tests/layout/tsconfig.json") },
  { name: "documentation", run: () => deno("doc", "--lint", "--quiet", ...publicModules()) },
  { name: "rehearsal of publishing", run: () => deno("publish", "--dry-run", "--allow-dirty", "--quiet") },
];

function deno(...args: string[]): Promise<boolean> {
  return succeeds(runtimes.deno, ...args);
}

function hasNone(violations: readonly string[]): boolean {
  for (const violation of violations) console.error(violation);
  return violations.length === 0;
}

if (import.meta.main) {
  let failed = 0;
  for (const { name, run } of checks) {
    const holds = await run();
    console.log(`${holds ? "ok  " : "FAIL"} ${name}`);
    if (!holds) failed++;
  }
  process.exit(failed === 0 ? 0 : 1);
}
