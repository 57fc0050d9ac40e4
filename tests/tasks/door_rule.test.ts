import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { doorRuleViolations, doorViolationsOf } from "../../tasks/door_rule.ts";
import { root } from "../../tasks/project.ts";

const RING = `export class Ring { private constructor() {} }
  export class Producer {
    /** Made by \`Ring.producer\`. */
    constructor() {}
  }
  export class Reading {
    /** Makes an empty reading. */
    constructor() {}
  }`;

/** What breaks the rule in a door with these exports. */
function violations(exports: string): string[] {
  const files = new Map([["lib/channel/mod.ts", exports], ["lib/channel/ring/ring.ts", RING]]);
  return doorViolationsOf("lib/channel/mod.ts", (path) => files.get(path)!);
}

describe("the door rule", () => {
  it("refuses a class that only the library makes", () => {
    assertEquals(violations(`export { Producer, Ring } from "./ring/ring.ts";`), [
      "lib/channel/mod.ts: exports Producer, which only the library makes: export its type",
    ]);
  });

  it("accepts the type of such a class, and classes that users make", () => {
    assertEquals(violations(`export { type Producer, Reading, Ring } from "./ring/ring.ts";`), []);
    assertEquals(violations(`export type { Producer } from "./ring/ring.ts";`), []);
  });

  it("holds in the tree", () => {
    assertEquals(doorRuleViolations(root), []);
  });
});
