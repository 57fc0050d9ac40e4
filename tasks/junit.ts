/** A test that failed. */
export interface Failure {
  readonly name: string;
  /** What the runner says of it: the error's message and where it was thrown. */
  readonly text: string;
}

/** What a test runner's JUnit report says. */
export interface Report {
  readonly passed: readonly string[];
  readonly failed: readonly Failure[];
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
  const those = (outcome: Outcome) => counted.filter((test) => test.outcome === outcome);
  const names = (outcome: Outcome) => those(outcome).map(({ name }) => name);
  return {
    passed: names("passed"),
    failed: those("failed").map(({ name, text }) => ({ name, text })),
    skipped: names("skipped"),
    files: new Set(tests.map(({ file }) => file.replace(/^\.\//, ""))),
  };
}

/** How many lines of a failure's text are shown, besides the place in the test. */
const SHOWN_LINES = 9;

/**
 * The first lines of a failure's text that are not empty, and the place in the test that it came from.
 *
 * @param text What the runner says.
 * @param width Where longer lines are cut.
 */
export function firstLines(text: string, width: number): string[] {
  // deno-lint-ignore no-control-regex -- a message may have colours
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "").replace(/(file:\/\/)?\/[^\s:]*\/(?=tests\/)/g, "");
  const all = plain.split(/\r?\n/).filter((line) => line.trim() !== "");
  // Of the stack only what is the test's: the rest is the assertions' and the runner's.
  const lines = all.filter((line) => !isFrame(line)),
    place = all.find((line) => isFrame(line) && line.includes(".test."));
  return [...lines.slice(0, SHOWN_LINES), ...(place === undefined ? [] : [place.trim()])].map((line) =>
    line.length <= width ? line : `${line.slice(0, width - 1)}…`
  );
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

type Outcome = "passed" | "failed" | "skipped";

interface Test {
  readonly name: string;
  readonly file: string;
  readonly outcome: Outcome;
  readonly message: string;
  readonly text: string;
}

/** An element as Bun reads it: attributes as "@name", children by name, one or a list; one with neither is its text. */
type Element = { readonly [key: string]: string | Element | readonly (string | Element)[] };

/** The name of an element's text beside its attributes. */
const TEXT = "#text";

/** The part of Bun used here. */
declare const Bun: { readonly XML: { parse(text: string): Element } };

function testsOf(suite: Element, prefix: string): Test[] {
  const own = elements(suite, "testcase").map((test): Test => {
    const [problem] = [...elements(test, "failure"), ...elements(test, "error")];
    const message = problem === undefined ? "" : attribute(problem, "message");
    return {
      name: prefix + attribute(test, "name"),
      // Bun names the file, Deno calls it the class; neither is so for tests that the runtime's own files define.
      // Node reports the whole path.
      file: (attribute(test, "file") || attribute(test, "classname")).replace(/^\/.*?\/(?=tests\/)/, ""),
      outcome: problem !== undefined ? "failed" : "skipped" in test ? "skipped" : "passed",
      message,
      // Attributes have no line breaks where the runner does not write them as entities.
      text: textOf(problem) || message,
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
  return (Array.isArray(found) ? found : [found]).map((one) => typeof one === "string" ? { [TEXT]: one } : one);
}

/** What an element has between its tags. */
function textOf(element: Element | undefined): string {
  return String(element?.[TEXT] ?? "").trim();
}

function attribute(element: Element, name: string): string {
  return String(element[`@${name}`] ?? "");
}
