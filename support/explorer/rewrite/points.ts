/**
 * Adds a point before each access to shared memory, where a real process can be stopped: what is explored step by step
 * can be killed step by step. The code runs as it stands otherwise.
 *
 * @module
 */
import ts from "typescript";
import { ElementRewriter } from "./elements.ts";
import type { Names } from "./names.ts";
import type { Site } from "./twins.ts";

const f = ts.factory;

/** What code with points refers to. */
export const POINT_NAMES: readonly string[] = [
  "$go",
  "$isShared",
  "$read",
  "$readQuietly",
  "$requireUnshared",
  "$write",
  "$writeQuietly",
];

/**
 * Adds the points to one file.
 *
 * @param file Parsed with parents.
 * @param label What the file is called.
 * @param names Of the whole program.
 * @param sites Where points are noted.
 * @param repoint What stands for an import or export.
 * @returns The file's text, types included.
 */
export function addPoints(
  file: ts.SourceFile,
  label: string,
  names: Names,
  sites: Site[],
  repoint: (statement: ts.Statement) => ts.Statement[],
): string {
  const { statements } = ts.visitEachChild(file, new Points(file, label, names, sites).visit, undefined);
  return ts.createPrinter({ removeComments: true }).printFile(f.updateSourceFile(file, statements.flatMap(repoint)));
}

class Points {
  readonly #file: ts.SourceFile;
  readonly #label: string;
  readonly #names: Names;
  readonly #sites: Site[];
  readonly #elements: ElementRewriter;
  /** Variables of the function that is being rewritten; undefined outside of functions, where nothing is. */
  #temporaries: string[] | undefined;
  #count = 0;

  constructor(file: ts.SourceFile, label: string, names: Names, sites: Site[]) {
    this.#file = file;
    this.#label = label;
    this.#names = names;
    this.#sites = sites;
    const refuse = (node: ts.Node, what: string) =>
      new Error(`Cannot stop in ${label} at ${what}: ${node.getText(file)}`);
    this.#elements = new ElementRewriter(
      () => this.#temporary(),
      (node, _name, array) => this.#point(node, array),
      (node) => this.visit(node) as ts.Expression,
      refuse,
    );
  }

  readonly visit = (node: ts.Node): ts.Node => {
    if (ts.isFunctionLike(node) && (node as ts.FunctionLikeDeclaration).body !== undefined) {
      return this.#function(node as ts.FunctionLikeDeclaration);
    }
    if (this.#temporaries === undefined) return this.#children(node);
    const element = this.#elements.rewrite(node, this.#names);
    if (element !== undefined) return element;
    const isStep = ts.isCallExpression(node) && ts.isIdentifier(node.expression) && this.#names.isStep(node.expression);
    if (!isStep) return this.#children(node);
    const args = node.arguments.map((one) => this.visit(one) as ts.Expression), array = this.#temporary();
    const first = f.createAssignment(array, args[0]);
    return f.updateCallExpression(node, node.expression, undefined, [
      first,
      ...args.slice(1),
      this.#point(node, array),
    ]);
  };

  #function(node: ts.FunctionLikeDeclaration): ts.Node {
    const outer = this.#temporaries, { body } = node;
    const own: string[] = this.#temporaries = [];
    const moved = ts.isBlock(body!)
      ? this.#children(body)
      : f.createBlock([f.createReturnStatement(this.visit(body!) as ts.Expression)]);
    this.#temporaries = outer;
    const declared = own.length === 0 ? [] : [f.createVariableStatement(
      undefined,
      f.createVariableDeclarationList(own.map((name) => f.createVariableDeclaration(name)), ts.NodeFlags.Let),
    )];
    const whole = f.updateBlock(moved, [...declared, ...moved.statements]);
    return ts.visitEachChild(node, (child) => child === body ? whole : child, undefined);
  }

  #children<N extends ts.Node>(node: N): N {
    return ts.visitEachChild(node, this.visit, undefined);
  }

  #temporary(): ts.Identifier {
    const name = `$${++this.#count}`;
    this.#temporaries!.push(name);
    return f.createIdentifier(name);
  }

  #point(node: ts.Node, array: ts.Expression): ts.Expression {
    const { line } = this.#file.getLineAndCharacterOfPosition(node.getStart(this.#file));
    const text = node.getText(this.#file).replace(/\s+/g, " ");
    const site = this.#sites.push({ place: `${this.#label}:${line + 1}`, name: "", text }) - 1;
    return f.createCallExpression(f.createIdentifier("$go"), undefined, [f.createNumericLiteral(site), array]);
  }
}
