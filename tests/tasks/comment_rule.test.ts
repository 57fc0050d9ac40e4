import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  commentRuleViolations,
  commentsOf,
  lengthViolations,
  pairingViolations,
  widthViolations,
} from "../../tasks/comment_rule.ts";
import { sources } from "../../tasks/project.ts";

describe("the rules of comments", () => {
  it("hold in all sources", () => {
    assertEquals(commentRuleViolations(fileURLToPath(new URL("../..", import.meta.url)), sources), []);
  });

  it("find comments of all kinds, and none in a string", () => {
    const text = `/** one\n * two */\nconst a = "// no", b = \`/* no */\`; // three\nf(a, /* four */ b);\n  // five\n`;
    assertEquals(commentsOf("a.ts", text).map(({ line, text }) => `${line} ${text.trim()}`), [
      "1 /** one",
      "2 * two */",
      "3 // three",
      "4 /* four */",
      "5 // five",
    ]);
  });

  it("refuse one that is wider than code, counted from the line's beginning", () => {
    const wide = `    const x = 1; // ${"a".repeat(101)}`, narrow = wide.slice(0, 120);
    assertEquals(widthViolations(commentsOf("a.ts", narrow)), []);
    assertEquals(widthViolations(commentsOf("a.ts", `\n${wide}`)), ["a.ts:2: a comment is 121 columns wide, of 120"]);
    assertEquals(widthViolations(commentsOf("a.ts", `// https://example.com/${"a".repeat(120)}`)), []);
  });

  it("refuse a pairing that is at one end only, or has no name", () => {
    const good =
      "load(); // pairs: ring tail, ring head\nstore(); // Pairs: ring tail. It is seen.\nx(); // pairs: ring head\n";
    assertEquals(pairingViolations(commentsOf("lib/a.ts", good)), []);
    assertEquals(pairingViolations(commentsOf("lib/a.ts", "load(); // pairs: ring tail\n")), [
      'lib/a.ts:1: the pairing "ring tail" is at no other place',
    ]);
    assertEquals(pairingViolations(commentsOf("lib/a.ts", "load(); // pairs with the store in push\n")).length, 1);
  });

  it("refuse a long file without a reason; comments and empty lines do not count", () => {
    const code = "f();\n".repeat(300), comments = "// a\n\n/** b\n * c\n */\n".repeat(50);
    assertEquals(lengthViolations("a.ts", comments + code), []);
    assertEquals(lengthViolations("a.ts", `${code}g();`), [
      'a.ts: 301 lines of code, of 300: split it, or say at its beginning "Long, as …"',
    ]);
    assertEquals(lengthViolations("a.ts", `/**\n * All of it.\n *\n * Long, as it is one.\n */\n${code}g();`), []);
  });
});
