import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { readReport } from "../../tasks/junit.ts";

describe("readReport", () => {
  it("counts the tests of a Bun report, whose blocks are suites", () => {
    const report = readReport(`<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="bun test" tests="4" failures="1" skipped="1">
        <testsuite name="tests/a.test.ts" file="tests/a.test.ts" tests="4">
          <testsuite name="outer" file="tests/a.test.ts" line="3">
            <testcase name="holds &lt;&amp;&quot;" classname="outer" file="tests/a.test.ts" line="4" />
            <testcase name="breaks" classname="outer" file="tests/a.test.ts" line="5">
              <failure type="AssertionError" message="1 == 2">\x1b[31m1 == 2&#10;</failure>
            </testcase>
            <testcase name="waits" classname="outer" file="tests/a.test.ts" line="6"><skipped /></testcase>
          </testsuite>
          <testcase name="outer" classname="" file="tests/a.test.ts" line="9" />
        </testsuite>
      </testsuites>`);
    assertEquals(report, {
      passed: ["outer", `outer > holds <&"`],
      failed: ["outer > breaks"],
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
      failed: ["outer > inner > breaks"],
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
          <testcase name="outer &gt; breaks" classname="ext:deno_node/testing.ts"><failure message="no">…</failure></testcase>
          <testcase name="outer &gt; waits" classname="ext:deno_node/testing.ts"><skipped/></testcase>
          <testcase name="hooked &gt; holds" classname="ext:deno_node/testing.ts">
          </testcase>
        </testsuite>
      </testsuites>`);
    assertEquals(report.passed, ["outer > holds", "hooked > holds"]);
    assertEquals(report.failed, ["hooked", "outer > breaks"]);
    assertEquals(report.skipped, ["outer > waits"]);
    assertEquals(report.files.has("tests/a.test.ts"), true);
  });

  it("finds nothing in a report of nothing", () => {
    const report = readReport(`<testsuites name="bun test" tests="0"></testsuites>`);
    assertEquals([report.passed, report.failed, report.skipped], [[], [], []]);
  });
});
