import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dirname, normalize } from "node:path/posix";
import { WIDTH } from "./project.ts";

/** Where documents are. */
const FOLDERS = ["", "docs/", "examples/"];

/** A line of prose: no line of a code block, a drawing or a table. */
interface ProseLine {
  readonly line: number;
  readonly text: string;
}

/**
 * Violations of the rules for documents, one line each: a link to a file or a heading of the project leads somewhere,
 * and prose is no wider than code.
 *
 * @param root The project's root.
 */
export function docsRuleViolations(root: string): string[] {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder)).filter((name) => name.endsWith(".md")).map((name) => `${folder}${name}`)
  );
  const texts = new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
  return [...texts].flatMap(([path, text]) => [
    ...widthViolations(path, text),
    ...linkViolations(path, text, (target) => {
      return texts.get(target) ?? (existsSync(join(root, target)) ? "" : undefined);
    }),
  ]);
}

/** Prose that is too wide. */
export function widthViolations(path: string, text: string): string[] {
  return proseOf(text).filter(({ text }) => text.length > WIDTH && !text.startsWith("|"))
    .map(({ line, text }) => `${path}:${line}: a line of prose is ${text.length} columns wide, of ${WIDTH}`);
}

/**
 * Links that lead nowhere.
 *
 * @param textOf Returns the text of a file, "" if it is no document, undefined if it does not exist.
 */
export function linkViolations(path: string, text: string, textOf: (path: string) => string | undefined): string[] {
  const found: string[] = [];
  for (const { line, text: prose } of proseOf(text)) {
    for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file, anchor] = target.split("#");
      const to = file === "" ? path : normalize(join(dirname(path), file)), of = textOf(to);
      if (of === undefined) found.push(`${path}:${line}: links to ${target}, which does not exist`);
      else if (anchor !== undefined && !anchorsOf(of).has(anchor)) {
        found.push(`${path}:${line}: links to ${target}, but ${to} has no such heading`);
      }
    }
  }
  return found;
}

/** The anchors of a document's headings, by GitHub's rule. */
function anchorsOf(text: string): Set<string> {
  const headings = proseOf(text).map(({ text }) => /^#+ (.*)$/.exec(text)?.[1]).filter((title) => title !== undefined);
  return new Set(headings.map((title) => title.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-")));
}

function proseOf(text: string): ProseLine[] {
  const found: ProseLine[] = [];
  let isCode = false, isAfterProse = false;
  for (const [i, line] of text.split("\n").entries()) {
    if (/^\s*```/.test(line)) isCode = !isCode;
    else if (!isCode && (isAfterProse || !line.startsWith("    "))) {
      found.push({ line: i + 1, text: line });
      isAfterProse = line.trim() !== "";
    }
  }
  return found;
}
