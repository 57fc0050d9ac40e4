import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { firstLines, readReport } from "../../tasks/junit.ts";

describe("readReport", () => {
  it("counts the tests of a Bun report, whose blocks are suites", () => {
    const report = readReport(`<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="bun test" tests="4" failures="1" skipped="1">
        <testsuite name="tests/a.test.ts" file="tests/a.test.ts" tests="4">
          <testsuite name="outer" file="tests/a.test.ts" line="3">
            <testcase name="holds &lt;&amp;&quot;" classname="outer" file="tests/a.test.ts" line="4" />
            <testcase name="breaks" classname="outer" file="tests/a.test.ts" line="5">
              <failure type="AssertionError" message="1 == 2">\x1b[31m1 == 2&#10;  at /home/me/x.ts:1:2</failure>
            </testcase>
            <testcase name="waits" classname="outer" file="tests/a.test.ts" line="6"><skipped /></testcase>
          </testsuite>
          <testcase name="outer" classname="" file="tests/a.test.ts" line="9" />
        </testsuite>
      </testsuites>`);
    assertEquals(report, {
      passed: ["outer", `outer > holds <&"`],
      failed: [{ name: "outer > breaks", text: "[31m1 == 2\n  at /home/me/x.ts:1:2" }],
      skipped: ["outer > waits"],
      files: new Set(["tests/a.test.ts"]),
    });
  });

  it("counts the tests of a Node report, whose suites are blocks", () => {
    const report = readReport(`<?xml version="1.0" encoding="utf-8"?>
      <testsuites>
        <testsuite name="outer" tests="2" hostname="vm">
          <testcase name="holds" classname="outer" file="/home/me/tests/a.test.ts"/>
          <testsuite name="inner" tests="1" hostname="vm">
            <testcase name="breaks" classname="inner" file="/home/me/tests/a.test.ts"><failure message="no">no</failure></testcase>
          </testsuite>
          <testcase name="waits" classname="outer" file="/home/me/tests/a.test.ts"><skipped message="true"/></testcase>
        </testsuite>
        <!-- tests 3 -->
      </testsuites>`);
    assertEquals(report, {
      passed: ["outer > holds"],
      failed: [{ name: "outer > inner > breaks", text: "no" }],
      skipped: ["outer > waits"],
      files: new Set(["tests/a.test.ts"]),
    });
  });

  it("leaves out the blocks that a Deno report lists among the tests", () => {
    const report = readReport(`<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="deno test" tests="6" failures="4" errors="0">
        <testsuite name="./tests/a.test.ts">
          <testcase name="outer" classname="./tests/a.test.ts"><failure message="1 test step failed">…</failure></testcase>
          <testcase name="hooked" classname="./tests/a.test.ts"><failure message="Uncaught Error: no">…</failure></testcase>
        </testsuite>
        <testsuite name="ext:deno_node/testing.ts">
          <testcase name="outer &gt; holds" classname="ext:deno_node/testing.ts">
          </testcase>
          <testcase name="outer &gt; breaks" classname="ext:deno_node/testing.ts"><failure message="no"/></testcase>
          <testcase name="outer &gt; waits" classname="ext:deno_node/testing.ts"><skipped/></testcase>
          <testcase name="hooked &gt; holds" classname="ext:deno_node/testing.ts">
          </testcase>
        </testsuite>
      </testsuites>`);
    assertEquals(report.passed, ["outer > holds", "hooked > holds"]);
    assertEquals(report.failed, [{ name: "hooked", text: "…" }, { name: "outer > breaks", text: "no" }]);
    assertEquals(report.skipped, ["outer > waits"]);
    assertEquals(report.files.has("tests/a.test.ts"), true);
  });

  it("finds nothing in a report of nothing", () => {
    const report = readReport(`<testsuites name="bun test" tests="0"></testsuites>`);
    assertEquals([report.passed, report.failed, report.skipped], [[], [], []]);
  });
});

describe("firstLines", () => {
  it("are those of the message that say something, and the place in the test", () => {
    const text = `AssertionError: Values are not equal.

      [Diff] Actual / Expected
    at check (file:///home/me/tests/std_assert/mod.ts:322:21)
    at file:///home/me/tests/a.test.ts:4:27
    at file:///home/me/tests/a.test.ts:9:1`;
    assertEquals(firstLines(text, 80), [
      "AssertionError: Values are not equal.",
      "      [Diff] Actual / Expected",
      "at tests/a.test.ts:4:27",
    ]);
  });

  it("are few, and not longer than asked for", () => {
    const lines = firstLines(
      Array.from({ length: 50 }, (_, i) => `${i}`.repeat(30)).join("\n") + "\n  at a.test.ts:1",
      20,
    );
    assertEquals(lines.length, 10);
    assertEquals(lines[3], "3333333333333333333…");
    assertEquals(lines[9], "at a.test.ts:1");
  });

  it("have no colours; an empty message has none", () => {
    assertEquals(firstLines("\x1b[31mno\x1b[0m", 80), ["no"]);
    assertEquals(firstLines("", 80), []);
  });
});
