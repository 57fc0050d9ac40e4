import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { docsRuleViolations, linkViolations, widthViolations } from "../../tasks/docs_rule.ts";

describe("the rules of documents", () => {
  it("hold in all of them", () => {
    assertEquals(docsRuleViolations(fileURLToPath(new URL("../..", import.meta.url))), []);
  });

  it("refuse prose that is wider than code, but no table, drawing or code block", () => {
    const wide = "a".repeat(121), lines = ["# Title", "", wide, `| ${wide} |`, "", `    ${wide}`, "```", wide, "```"];
    assertEquals(widthViolations("a.md", lines.join("\n")), ["a.md:3: a line of prose is 121 columns wide, of 120"]);
    assertEquals(widthViolations("a.md", `* item\n    ${wide}\n`).length, 1);
  });

  it("refuse a link to a file or a heading that does not exist", () => {
    const files: Record<string, string> = { "b.md": "## How `it` works, in C\n", "lib/a.ts": "" };
    const complaints = (text: string) => linkViolations("docs/a.md", text, (path) => files[path]);
    assertEquals(complaints("[a](../b.md#how-it-works-in-c) [b](../lib/a.ts) [c](https://example.com/x)"), []);
    const own = { ...files, "docs/a.md": "# Top\n" };
    assertEquals(linkViolations("docs/a.md", "[d](#top)", (path) => own[path as keyof typeof own]), []);
    assertEquals(complaints("[e](c.md)\n[f](../b.md#why)"), [
      "docs/a.md:1: links to c.md, which does not exist",
      "docs/a.md:2: links to ../b.md#why, but b.md has no such heading",
    ]);
  });
});
