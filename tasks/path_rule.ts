import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** The only files in which code is made from text. */
const MAKE_CODE: ReadonlySet<string> = new Set(["lib/atomic/specialize.ts", "lib/layout/source.ts"]);

/** What of `lib/` breaks the rules of hot paths, one line each. */
export function pathRuleViolations(root: string): string[] {
  const paths = readdirSync(join(root, "lib"), { recursive: true, encoding: "utf8" })
    .map((name) => `lib/${name}`).filter((path) => path.endsWith(".ts"));
  return paths.flatMap((path) => pathViolationsOf(path, readFileSync(join(root, path), "utf8")));
}

/**
 * What one file breaks. A `*_path.ts` file holds one maker, which is copied by its own text: so it has type imports and
 * types beside it, and nothing else that runs. Code is made from text in two files only, and only layouts use theirs.
 */
export function pathViolationsOf(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true), found: string[] = [];
  const complain = (node: ts.Node, reason: string): void => {
    found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${reason}`);
  };
  const visit = (node: ts.Node): void => {
    const makes = (ts.isNewExpression(node) || ts.isCallExpression(node)) && ts.isIdentifier(node.expression) &&
      (node.expression.text === "Function" || node.expression.text === "eval");
    if (makes && !MAKE_CODE.has(path)) {
      complain(node, "makes code from text: only a user's schema may decide what runs");
    }
    const imports = ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier) &&
      /(^|\/)source\.ts$/.test(node.moduleSpecifier.text);
    if (imports && !path.startsWith("lib/layout/")) {
      complain(node, "imports source.ts, which is private to lib/layout/");
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (path.endsWith("_path.ts")) checkMaker(file, complain);
  return found;
}

function checkMaker(file: ts.SourceFile, complain: (node: ts.Node, reason: string) => void): void {
  let makers = 0;
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) {
      if (!statement.importClause?.isTypeOnly) complain(statement, "a path file has type imports only");
    } else if (ts.isFunctionDeclaration(statement)) {
      const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
      if (!isExported || ++makers > 1) complain(statement, "a path file has one maker, which is exported");
    } else if (!ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement)) {
      complain(statement, "a path file has a maker and types, and nothing else: the maker's copy would not find it");
    }
  }
  if (makers === 0) complain(file, "a path file has one maker, which is exported");
}
