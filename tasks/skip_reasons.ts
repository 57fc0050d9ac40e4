import { readFileSync } from "node:fs";
import ts from "typescript";

/**
 * Why tests are skipped. No runner reports it, so it is read in the sources: the texts in the test's `skip` option,
 * or in the constant of the same file that the option names.
 */
export function skipReason(test: string, files: readonly string[]): string {
  const reasons = files.map((file) => reasonIn(ts.createSourceFile(file, readFileSync(file, "utf8"), 99, true), test));
  return reasons.find((reason) => reason !== undefined) ?? "the reason is not written in its skip option";
}

function reasonIn(source: ts.SourceFile, test: string): string | undefined {
  for (const call of descendants(source).filter(ts.isCallExpression)) {
    const [title, ...rest] = call.arguments;
    const options = rest.find(ts.isObjectLiteralExpression);
    if (title === undefined || options === undefined || !isTitleOf(title, test)) continue;
    const skip = options.properties.find((property) => property.name?.getText() === "skip");
    const reason = skip && textsOf(ts.isPropertyAssignment(skip) ? skip.initializer : skip.name!, source);
    if (reason) return reason;
  }
  return undefined;
}

/** Whether a test or a block around it has this title; of a template only its beginning is known. */
function isTitleOf(title: ts.Expression, test: string): boolean {
  const parts = test.split(" > ");
  if (ts.isStringLiteralLike(title)) return parts.includes(title.text);
  return ts.isTemplateExpression(title) && parts.some((part) => part.startsWith(title.head.text));
}

function textsOf(expression: ts.Node, source: ts.SourceFile): string {
  const nodes = descendants(expression);
  const names = nodes.filter(ts.isIdentifier).map(({ text }) => text);
  const constants = descendants(source).filter(ts.isVariableDeclaration)
    .filter(({ name, initializer }) => initializer !== undefined && names.includes(name.getText()));
  return [...nodes, ...constants.flatMap(descendants)].filter(ts.isStringLiteralLike).map(({ text }) => text).join(
    ", ",
  );
}

function descendants(node: ts.Node): ts.Node[] {
  const found: ts.Node[] = [node];
  for (let i = 0; i < found.length; i++) ts.forEachChild(found[i], (child) => void found.push(child));
  return found;
}
