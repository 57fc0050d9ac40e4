import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

const f = ts.factory;

/** A text of the source, and what it becomes. */
export interface Patch {
  /** Path from the root. */
  readonly file: string;
  /** Must be there exactly once. */
  readonly from: string;
  readonly to: string;
  /** Whether the program may do without the file. */
  readonly isOptional?: boolean;
}

/** Where files of a program come from. */
export interface Places {
  /** What paths are relative to, with a slash at the end. */
  readonly root: string;
  /** What stands in for a file, by path from the root. */
  readonly replaced: Readonly<Record<string, string>>;
  /** Files that are no part of a program: it imports them where they are. */
  readonly shared: ReadonlySet<string>;
}

/**
 * All files that a program consists of, parsed and patched. An import or export through a door, a file of nothing but
 * exports from others, is taken for one of the file behind it, so a program has the files that it uses and no more.
 */
export class ProgramFiles {
  /** By path. */
  readonly files: ReadonlyMap<string, ts.SourceFile>;
  readonly #places: Places;
  readonly #parsed = new Map<string, ts.SourceFile>();
  readonly #patches: readonly Patch[];

  constructor(entry: string, patches: readonly Patch[], places: Places) {
    this.#places = places;
    this.#patches = patches;
    const files = new Map<string, ts.SourceFile>(), left = [entry];
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (files.has(path)) continue;
      const file = this.#parse(path);
      files.set(path, file);
      for (const { target } of file.statements.flatMap((one) => this.#importsOf(file, one))) {
        if (!places.shared.has(target)) left.push(target);
      }
    }
    this.files = files;
    const unused = patches.find(({ file, isOptional }) => !isOptional && !files.has(join(places.root, file)));
    if (unused !== undefined) throw new Error(`Cannot patch ${unused.file} as the program does not use it`);
  }

  /**
   * An import or export with its specifiers leading to where `place` says.
   *
   * @returns The statements that stand for it.
   */
  repoint(file: ts.SourceFile, statement: ts.Statement, place: (target: string) => string): ts.Statement[] {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [statement];
    if (statement.moduleSpecifier === undefined || !isRelative(statement.moduleSpecifier)) return [statement];
    return this.#importsOf(file, statement).map(({ target, imports, exports }) => {
      const from = f.createStringLiteral(place(target));
      return ts.isImportDeclaration(statement)
        ? f.createImportDeclaration(undefined, imports, from)
        : f.createExportDeclaration(undefined, false, exports, from);
    });
  }

  #parse(path: string): ts.SourceFile {
    let file = this.#parsed.get(path);
    if (file !== undefined) return file;
    let text = readFileSync(path, "utf8");
    for (const { file, from, to } of this.#patches) {
      if (join(this.#places.root, file) !== path) continue;
      const count = text.split(from).length - 1;
      if (count !== 1) throw new Error(`Cannot patch ${file} as it must have this once: found ${count} times ${from}`);
      text = text.replace(from, () => to);
    }
    this.#parsed.set(path, file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true));
    return file;
  }

  /** What a statement needs when the program runs: a file each, with the names from there. */
  #importsOf(file: ts.SourceFile, statement: ts.Statement): Need[] {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    if (moduleSpecifier === undefined || !isRelative(moduleSpecifier)) return [];
    const target = this.#resolve(file.fileName, moduleSpecifier.text);
    if (ts.isExportDeclaration(statement)) {
      const { isTypeOnly, exportClause: exports } = statement;
      if (isTypeOnly) return [];
      if (exports === undefined || ts.isNamespaceExport(exports)) return [{ target, exports }];
      return this.#byFile(target, exports.elements)
        .map(([target, names]) => ({ target, exports: f.createNamedExports(names) }));
    }
    const imports = statement.importClause;
    if (imports === undefined) return [{ target }];
    if (imports.isTypeOnly) return [];
    const bindings = imports.namedBindings;
    if (bindings === undefined || ts.isNamespaceImport(bindings)) return [{ target, imports }];
    return this.#byFile(target, bindings.elements).map(([target, names]) => ({
      target,
      imports: f.createImportClause(false, imports.name, f.createNamedImports(names)),
    }));
  }

  /** Names that a file exports, without types, by the file that defines them. */
  #byFile<S extends ts.ImportSpecifier | ts.ExportSpecifier>(target: string, names: Iterable<S>): [string, S[]][] {
    const found = new Map<string, S[]>();
    for (const name of names) {
      if (name.isTypeOnly) continue;
      const behind = this.#behind(target, (name.propertyName ?? name.name).text);
      if (behind !== undefined) found.set(behind, [...found.get(behind) ?? [], name]);
    }
    return [...found];
  }

  /** The file that defines a name which another exports; undefined if it is a type. */
  #behind(path: string, name: string): string | undefined {
    const found = this.#find(path, name);
    return found === TYPE ? undefined : found ?? path;
  }

  /** The same; undefined if there is no such name. */
  #find(path: string, name: string): string | typeof TYPE | undefined {
    if (this.#places.shared.has(path)) return path;
    const file = this.#parse(path);
    if (!file.statements.every(ts.isExportDeclaration)) return declares(file, name) ? path : undefined;
    // A name that is exported by itself goes before all that `export *` gives.
    const exports = [...file.statements].sort((a, b) => +isForAll(a) - +isForAll(b));
    for (const { exportClause, moduleSpecifier, isTypeOnly } of exports) {
      if (moduleSpecifier === undefined || !isRelative(moduleSpecifier)) continue;
      const target = this.#resolve(path, moduleSpecifier.text);
      if (exportClause === undefined) {
        const found = this.#find(target, name);
        if (found !== undefined) return found;
        continue;
      }
      if (!ts.isNamedExports(exportClause)) return path;
      const one = exportClause.elements.find((element) => element.name.text === name);
      if (one === undefined) continue;
      if (isTypeOnly || one.isTypeOnly) return TYPE;
      return one.propertyName === undefined ? this.#find(target, name) ?? target : path;
    }
    return undefined;
  }

  #resolve(from: string, specifier: string): string {
    const path = resolve(dirname(from), specifier);
    return this.#places.replaced[relative(this.#places.root, path)] ?? path;
  }
}

/** A file that a program needs, and the names that an import or export has of it. */
interface Need {
  readonly target: string;
  readonly imports?: ts.ImportClause;
  readonly exports?: ts.NamedExportBindings;
}

/** Stands for a file: the name is a type, and nothing when the program runs. */
const TYPE = Symbol("type");

/** Whether a file exports a name of its own, or hands it on. */
function declares(file: ts.SourceFile, name: string): boolean {
  return file.statements.some((statement) => {
    if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause;
      return clause === undefined ||
        (ts.isNamedExports(clause) && clause.elements.some((one) => one.name.text === name));
    }
    if (!ts.canHaveModifiers(statement)) return false;
    if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return false;
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.some((one) => ts.isIdentifier(one.name) && one.name.text === name);
    }
    return (statement as ts.DeclarationStatement).name?.getText() === name;
  });
}

/** `export * from "…"`. */
function isForAll({ exportClause }: ts.ExportDeclaration): boolean {
  return exportClause === undefined;
}

function isRelative(specifier: ts.Node): specifier is ts.StringLiteral {
  return ts.isStringLiteral(specifier) && specifier.text.startsWith(".");
}
