import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { pathRuleViolations, pathViolationsOf } from "../../tasks/path_rule.ts";

const MAKER = "export function make(a: number): () => number {\n  return () => a;\n}\n";

describe("the rules of hot paths", () => {
  it("hold in lib/", () => {
    assertEquals(pathRuleViolations(fileURLToPath(new URL("../..", import.meta.url))), []);
  });

  it("let a maker have types beside it", () => {
    const text = `import type { A } from "./a.ts";\nexport interface B { a: A }\ntype C = B;\n${MAKER}`;
    assertEquals(pathViolationsOf("lib/sync/a_path.ts", text), []);
  });

  const bad: [title: string, text: string, reason: string][] = [
    ["an import of a value", `import { a } from "./a.ts";\n${MAKER}`, "1: a path file has type imports only"],
    ["a constant", `const A = 1;\n${MAKER}`, "1: a path file has a maker and types, and nothing else"],
    ["two makers", MAKER + MAKER.replace("make", "more"), "4: a path file has one maker"],
    ["no maker", "export type A = number;\n", "1: a path file has one maker"],
    ["a function that is not exported", `function help() {}\n${MAKER}`, "1: a path file has one maker"],
  ];
  for (const [title, text, reason] of bad) {
    it(`refuse ${title} in a path file`, () => {
      const [first] = pathViolationsOf("lib/sync/a_path.ts", text);
      assertEquals(first?.startsWith(`lib/sync/a_path.ts:${reason}`), true, first);
    });
  }

  it("refuse code from text elsewhere than where a schema decides", () => {
    for (const text of ["new Function('return 1');", "Function('return 1');", "eval('1');"]) {
      assertEquals(pathViolationsOf("lib/channel/a.ts", text).length, 1, text);
      assertEquals(pathViolationsOf("lib/layout/source.ts", text), []);
    }
    const text = `import { Source } from "../layout/source.ts";\n`;
    assertEquals(pathViolationsOf("lib/sync/a.ts", text).length, 1);
    assertEquals(pathViolationsOf("lib/layout/copier.ts", `import { Source } from "./source.ts";\n`), []);
  });
});
