import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { WIDTH } from "./project.ts";

/** A file with more lines of code says in its first comment why it is not two. */
const LENGTH = 300;

/** A comment and where it is. */
interface Comment {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/**
 * Violations of the rules for comments, one line each: a comment is no wider than code may be; the name of a pairing of
 * atomic accesses, as in `// pairs: ring tail`, is at both of its ends; a long file states a reason.
 *
 * @param root The project's root.
 * @param folders Folders and files with code.
 */
export function commentRuleViolations(root: string, folders: readonly string[]): string[] {
  const paths = folders.flatMap((folder) =>
    folder.endsWith(".ts") ? [folder] : readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name}`)
  );
  const texts = paths.map((path) => [path, readFileSync(join(root, path), "utf8")] as const);
  const comments = texts.flatMap(([path, text]) => commentsOf(path, text));
  return [
    ...widthViolations(comments),
    ...pairingViolations(comments.filter(({ path }) => /^(lib|ffi)\//.test(path))),
    ...texts.filter(([path]) => /^(lib|ffi|support|tasks)\//.test(path)).flatMap(([path, text]) => {
      return lengthViolations(path, text);
    }),
  ];
}

/** The comments of one file, a line each. */
export function commentsOf(path: string, text: string): Comment[] {
  const found: Comment[] = [], file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const seen = new Set<number>();
  const visit = (node: ts.Node): void => {
    const ranges = [
      ...ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [],
      ...ts.getTrailingCommentRanges(text, node.getEnd()) ?? [],
    ];
    for (const { pos, end } of ranges) {
      if (seen.has(pos)) continue;
      seen.add(pos);
      const { line, character } = file.getLineAndCharacterOfPosition(pos);
      // With what stands before it on its line, so that it has its width.
      const lines = (" ".repeat(character) + text.slice(pos, end)).split("\n");
      found.push(...lines.map((each, i) => ({ path, line: line + 1 + i, text: each })));
    }
    node.getChildren(file).forEach(visit);
  };
  visit(file);
  return found;
}

/** Comments that are wider than code may be. An address may be as long as it is. */
export function widthViolations(comments: readonly Comment[]): string[] {
  return comments.filter(({ text }) => text.length > WIDTH && !/https?:\/\/\S{40,}/.test(text))
    .map(({ path, line, text }) => `${path}:${line}: a comment is ${text.length} columns wide, of ${WIDTH}`);
}

/** A long file that does not say why. Lines that are a comment or empty do not count. */
export function lengthViolations(path: string, text: string): string[] {
  const code = text.split("\n").filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line)).length;
  if (code <= LENGTH || /^ ?[/*]+ Long, as /m.test(text.split("\n").slice(0, 20).join("\n"))) return [];
  return [`${path}: ${code} lines of code, of ${LENGTH}: split it, or say at its beginning "Long, as …"`];
}

/** Names of pairings that are at one place only, and pairings without a name. */
export function pairingViolations(comments: readonly Comment[]): string[] {
  const places = new Map<string, string[]>(), found: string[] = [];
  for (const { path, line, text } of comments) {
    const place = `${path}:${line}`;
    if (/\bpairs with the\b/i.test(text)) found.push(`${place}: a pairing has a name: write "pairs: <name>"`);
    for (const [, names] of text.matchAll(/\bpairs: ([^.;:)]+)/gi)) {
      for (const name of names.split(",")) {
        const known = places.get(name.trim());
        if (known === undefined) places.set(name.trim(), [place]);
        else known.push(place);
      }
    }
  }
  for (const [name, [place, ...others]] of places) {
    if (others.length === 0) found.push(`${place}: the pairing "${name}" is at no other place`);
  }
  return found;
}
