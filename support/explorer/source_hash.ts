import { createHash } from "node:crypto";
import ts from "typescript";

/** What a change of makes a program another: its code, without types, comments, white space and commas at an end. */
export function bareText(fileName: string, text: string): string {
  const { outputText } = ts.transpileModule(text, {
    fileName,
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, removeComments: true },
  });
  const file = ts.createSourceFile(fileName, outputText, ts.ScriptTarget.ESNext, false), tokens: string[] = [];
  collect(file, file, tokens);
  return tokens.filter((token, i) => token !== "," || !/^[)\]}]$/.test(tokens[i + 1] ?? "")).join("\n");
}

/** A short hash of files of source, by path, that stays the same while nothing changes which runs. */
export function sourceHash(files: Iterable<readonly [path: string, text: string]>): string {
  const hash = createHash("sha256");
  for (const [path, text] of [...files].sort(([one], [other]) => one < other ? -1 : 1)) {
    const key = `${path}\n${text}`;
    let bare = known.get(key);
    if (bare === undefined) known.set(key, bare = `${path}\n${bareText(path, text)}\n`);
    hash.update(bare);
  }
  return hash.digest("hex").slice(0, HASH_DIGITS);
}

/** Two of a thousand sources share a hash with a probability of 1 in 500,000. */
const HASH_DIGITS = 10;

/** What became of files: most are the same in many programs. */
const known = new Map<string, string>();

function collect(node: ts.Node, file: ts.SourceFile, tokens: string[]): void {
  const children = node.getChildren(file);
  if (children.length > 0) { for (const child of children) collect(child, file, tokens); }
  else if (node.kind !== ts.SyntaxKind.EndOfFileToken && node.getWidth(file) > 0) tokens.push(node.getText(file));
}
