import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dirname, normalize } from "node:path/posix";
import ts from "typescript";

/**
 * Classes that the users' door of a floor exports with their constructors, although only the library makes them: one
 * line each. Users get the types of such classes.
 *
 * @param root The project's root.
 */
export function doorRuleViolations(root: string): string[] {
  const doors = readdirSync(join(root, "lib"), { encoding: "utf8" }).map((folder) => `lib/${folder}/mod.ts`);
  return doors.filter((path) => existsSync(join(root, path))).flatMap((path) => {
    return doorViolationsOf(path, (file) => readFileSync(join(root, file), "utf8"));
  });
}

/**
 * Those of one door.
 *
 * @param path The door, from the root.
 * @param textOf Returns the text of a file, by its path from the root.
 */
export function doorViolationsOf(path: string, textOf: (path: string) => string): string[] {
  return parsed(path, textOf(path)).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return [];
    const { exportClause, moduleSpecifier } = statement;
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
    const from = normalize(join(dirname(path), (moduleSpecifier as ts.StringLiteral).text));
    const made = madeByLibrary(parsed(from, textOf(from)));
    return exportClause.elements.filter(({ isTypeOnly, name }) => !isTypeOnly && made.has(name.text)).map(({ name }) =>
      `${path}: exports ${name.text}, which only the library makes: export its type`
    );
  });
}

/** The classes of a file whose constructor says "Made by …". */
function madeByLibrary(file: ts.SourceFile): Set<string> {
  return new Set(
    file.statements.filter(ts.isClassDeclaration).filter(({ members }) =>
      members.filter(ts.isConstructorDeclaration).some((member) => {
        return /^\/\*\*[\s*]*Made by /.test(member.getFullText(file).trimStart());
      })
    ).map(({ name }) => name!.text),
  );
}

function parsed(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}
