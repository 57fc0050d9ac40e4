/**
 * Which functions of a program can reach a step, by their names. A name too many costs time; a missing one is found
 * when it runs, as the world refuses an access that is no step.
 *
 * @module
 */
import ts from "typescript";
import { isAssignmentOperator, skipParentheses } from "./typescript.ts";

/** A function with a body of its own, which may be given a twin. */
export type Unit = ts.FunctionLikeDeclaration & { body: ts.ConciseBody };

/** What a twin does with a node. */
export type Kind = "plain" | "step" | "call" | "method" | "getter" | "element";

/** The names of a whole program. */
export class Names {
  /** Declared functions that reach a step, and all that do not. */
  readonly #functions = new Map<string, boolean>();
  /** Variables and parameters, any of which may hold a function. */
  readonly #variables = new Set<string>();
  readonly #methods = new Set<string>();
  readonly #getters = new Set<string>();
  /** Fields, any of which may hold a function. */
  readonly #fields = new Set<string>();
  /** Imported names that are steps themselves. */
  readonly #steps: Readonly<Record<string, string>>;
  readonly #imported = new WeakMap<ts.SourceFile, ReadonlySet<string>>();
  readonly #units: Unit[] = [];

  /**
   * @param steps The names of the functions that are steps, where they are imported from a module that `isStepModule`
   *   knows, and of what announces each.
   */
  constructor(steps: Readonly<Record<string, string>>) {
    this.#steps = steps;
  }

  /** Adds a file. Call `settle` once all are there. */
  add(file: ts.SourceFile): void {
    visit(file, (node) => {
      if (isUnit(node)) this.#units.push(node);
      if (ts.isFunctionDeclaration(node)) {
        if (node.name) this.#functions.set(node.name.text, false);
      } else if (
        ts.isPropertyDeclaration(node) || ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)
      ) {
        this.#fields.add(keyOf(node.name));
      } else if (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node)) {
        if (ts.isIdentifier(node.name)) this.#variables.add(node.name.text);
      } else if (ts.isImportSpecifier(node) && node.propertyName !== undefined) this.#variables.add(node.name.text);
    });
  }

  /** Finds the functions that reach a step, over any number of calls. */
  settle(): void {
    for (let found = true; found;) {
      found = false;
      for (const unit of this.#units) if (!this.isHot(unit) && this.#reaches(unit)) found = this.#heat(unit) || found;
    }
  }

  /** What announces a step. */
  announced(step: string): string {
    return this.#steps[step];
  }

  /** All that decides how a file is rewritten, apart from the file. */
  get signature(): string {
    const hot = [...this.#functions].map(([name, isHot]) => `${name} ${isHot}`);
    return [hot, [...this.#variables], [...this.#methods], [...this.#getters], [...this.#fields]].map((names) =>
      names.sort()
    ).join("\n");
  }

  /** Whether a unit is given a twin. */
  isHot(unit: ts.Node): boolean {
    if (!isUnit(unit)) return false;
    if (ts.isFunctionDeclaration(unit)) return unit.name !== undefined && this.#functions.get(unit.name.text) === true;
    if (ts.isMethodDeclaration(unit)) return this.#methods.has(keyOf(unit.name));
    if (ts.isGetAccessor(unit)) return this.#getters.has(keyOf(unit.name));
    return this.#reaches(unit); // arrows and function expressions have no name to be called by
  }

  /** What a twin does with a node, and all it needs to know of a call. */
  kindOf(node: ts.Node): Kind {
    if (ts.isPropertyAccessExpression(node)) {
      return this.#getters.has(keyOf(node.name)) && !isCallee(node) && !isTarget(node) ? "getter" : "plain";
    }
    if (ts.isElementAccessExpression(node)) {
      return isCallee(node) || ts.isStringLiteralLike(node.argumentExpression) ? "plain" : "element";
    }
    if (!ts.isCallExpression(node)) return "plain";
    const callee = skipParentheses(node.expression);
    if (ts.isIdentifier(callee)) {
      if (this.isStep(callee)) return "step";
      const isHot = this.#functions.get(callee.text);
      return isHot || this.#variables.has(callee.text) ? "call" : "plain";
    }
    if (ts.isPropertyAccessExpression(callee)) {
      const key = keyOf(callee.name);
      return this.#methods.has(key) || this.#fields.has(key) || this.#functions.get(key) ? "method" : "plain";
    }
    if (ts.isCallExpression(callee)) return "call"; // of a function that another has returned
    return isDisposal(callee) ? "method" : "plain";
  }

  /** Whether a private name is that of a method, whose twin can be called directly. */
  isMethod(name: ts.MemberName): boolean {
    return this.#methods.has(keyOf(name));
  }

  /** Whether a name is that of a getter which reaches a step. */
  isGetter(name: ts.PropertyName): boolean {
    return this.#getters.has(keyOf(name));
  }

  /** Whether a call of a name is a step. */
  isStep(callee: ts.Identifier): boolean {
    return callee.text in this.#steps && this.#stepsOf(callee.getSourceFile()).has(callee.text);
  }

  /** The names by which a file imports steps. */
  #stepsOf(file: ts.SourceFile): ReadonlySet<string> {
    let found = this.#imported.get(file);
    if (found !== undefined) return found;
    const names = file.statements.filter(ts.isImportDeclaration)
      .filter(({ moduleSpecifier }) => isStepModule((moduleSpecifier as ts.StringLiteral).text))
      .flatMap(({ importClause }) => {
        const bindings = importClause?.namedBindings;
        return bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
      })
      .filter(({ propertyName }) => propertyName === undefined)
      .map(({ name }) => name.text);
    this.#imported.set(file, found = new Set(names));
    return found;
  }

  #reaches(unit: Unit): boolean {
    let found = false;
    visitOwn(unit.body, (node) => {
      if (!found && (this.kindOf(node) !== "plain" || isUsing(node) || this.#isHotPattern(node))) found = true;
    });
    return found;
  }

  #isHotPattern(node: ts.Node): boolean {
    return ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent) &&
      this.isGetter((node.propertyName ?? node.name) as ts.PropertyName);
  }

  #heat(unit: Unit): boolean {
    if (ts.isFunctionDeclaration(unit) && unit.name) return this.#functions.set(unit.name.text, true) !== undefined;
    const names = ts.isMethodDeclaration(unit) ? this.#methods : ts.isGetAccessor(unit) ? this.#getters : undefined;
    if (names === undefined || !ts.isMethodDeclaration(unit) && !ts.isGetAccessor(unit)) return false;
    return names.add(keyOf(unit.name)) !== undefined;
  }
}

/** Modules that export steps. */
function isStepModule(specifier: string): boolean {
  return /(^|\/)atomic\/(mod|internal)\.ts$|(^|\/)(atomics|fence|steps)\.ts$/.test(specifier);
}

/**
 * Whether a node is a function that runs from its start to its end: no constructor, no setter, nothing asynchronous.
 */
export function isUnit(node: ts.Node): node is Unit {
  if (!ts.isFunctionLike(node) || (node as Unit).body === undefined) return false;
  if (ts.isConstructorDeclaration(node) || ts.isSetAccessor(node)) return false;
  if ((node as Unit).asteriskToken !== undefined) return false;
  return !(ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword));
}

/** `[Symbol.dispose]`, in a call or as a name. */
export function isDisposal(node: ts.Node): node is ts.ElementAccessExpression | ts.ComputedPropertyName {
  return (ts.isElementAccessExpression(node) && node.argumentExpression.getText() === "Symbol.dispose") ||
    (ts.isComputedPropertyName(node) && node.expression.getText() === "Symbol.dispose");
}

/** `using x = …`. */
export function isUsing(node: ts.Node): node is ts.VariableStatement {
  return ts.isVariableStatement(node) && (node.declarationList.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Using;
}

/** A private name belongs to its file. */
function keyOf(name: ts.Node): string {
  if (isDisposal(name)) return DISPOSE;
  if (ts.isPrivateIdentifier(name)) return `${name.getSourceFile().fileName}${name.text}`;
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? name.text : name.getText();
}

/** How the method `[Symbol.dispose]` is called here. */
export const DISPOSE = "$dispose";

/** Whether a node is what a call calls. */
export function isCallee(node: ts.Node): boolean {
  let { parent } = node;
  for (; ts.isParenthesizedExpression(parent) || ts.isNonNullExpression(parent); { parent } = parent) node = parent;
  return ts.isCallExpression(parent) && parent.expression === node;
}

/** Whether a node is assigned to. */
export function isTarget(node: ts.Node): boolean {
  const { parent } = node;
  return ts.isBinaryExpression(parent) && parent.left === node && isAssignmentOperator(parent.operatorToken.kind);
}

/** Calls `fn` for a node and all below it. */
export function visit(node: ts.Node, fn: (node: ts.Node) => void): void {
  fn(node);
  ts.forEachChild(node, (child) => visit(child, fn));
}

/** As `visit`, but not into functions and classes within. */
export function visitOwn(node: ts.Node, fn: (node: ts.Node) => void): void {
  fn(node);
  if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
  ts.forEachChild(node, (child) => visitOwn(child, fn));
}
