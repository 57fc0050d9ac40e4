/** What a test runner's JUnit report says. */
export interface Report {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
  /** The test files that the report names. */
  readonly files: ReadonlySet<string>;
}

/** A report of nothing. */
export const EMPTY_REPORT: Report = { passed: [], failed: [], skipped: [], files: new Set() };

/**
 * Reads the report of `bun test`, of `deno test` or of `node --test`. Each test counts once: Deno reports a `describe`
 * block as a test too, under the name that its tests' names begin with. Such a block is counted only if it fails by
 * itself, as by a hook that throws.
 */
export function readReport(xml: string): Report {
  // Messages may carry characters that no XML may.
  // deno-lint-ignore no-control-regex -- these are meant
  const [root] = elements(Bun.XML.parse(xml.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, "")), "testsuites");
  const tests = root === undefined ? [] : testsOf(root, "");
  // A Deno test that has the very name of a block in another file is taken for it: better one too few than doubles.
  const listsBlocks = root?.["@name"] === "deno test";
  const blocks = new Set(listsBlocks ? tests.flatMap(({ name }) => prefixesOf(name)) : []);
  const counted = tests.filter((test) => !blocks.has(test.name) || failsByItself(test));
  const names = (outcome: Outcome) => counted.filter((test) => test.outcome === outcome).map(({ name }) => name);
  return {
    passed: names("passed"),
    failed: names("failed"),
    skipped: names("skipped"),
    files: new Set(tests.map(({ file }) => file.replace(/^\.\//, ""))),
  };
}

type Outcome = "passed" | "failed" | "skipped";

interface Test {
  readonly name: string;
  readonly file: string;
  readonly outcome: Outcome;
  readonly message: string;
}

/** An element as Bun reads it: attributes as "@name", children by name, one or a list; one with neither is its text. */
type Element = { readonly [key: string]: string | Element | readonly (string | Element)[] };

/** The part of Bun used here. */
declare const Bun: { readonly XML: { parse(text: string): Element } };

function testsOf(suite: Element, prefix: string): Test[] {
  const own = elements(suite, "testcase").map((test): Test => {
    const [problem] = [...elements(test, "failure"), ...elements(test, "error")];
    return {
      name: prefix + attribute(test, "name"),
      // Bun names the file, Deno calls it the class; neither is so for tests that the runtime's own files define.
      // Node reports the whole path.
      file: (attribute(test, "file") || attribute(test, "classname")).replace(/^\/.*?\/(?=tests\/)/, ""),
      outcome: problem !== undefined ? "failed" : "skipped" in test ? "skipped" : "passed",
      message: problem === undefined ? "" : attribute(problem, "message"),
    };
  });
  const nested = elements(suite, "testsuite").flatMap((inner) => {
    // Bun nests the suites of blocks in those of files and gives only the former a line; Deno's are all of files, and
    // Node's all of blocks, and alone have a machine's name.
    return testsOf(
      inner,
      "@line" in inner || "@hostname" in inner ? `${prefix}${attribute(inner, "name")} > ` : prefix,
    );
  });
  return [...own, ...nested];
}

function failsByItself({ outcome, message }: Test): boolean {
  return outcome === "failed" && !/^\d+ test steps? failed$/.test(message);
}

/** "a", "a > b" of "a > b > c". */
function prefixesOf(name: string): string[] {
  const parts = name.split(" > ");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(" > "));
}

function elements(parent: Element, name: string): Element[] {
  const found = parent[name] ?? [];
  return (Array.isArray(found) ? found : [found]).map((one) => typeof one === "string" ? {} : one);
}

function attribute(element: Element, name: string): string {
  return String(element[`@${name}`] ?? "");
}
