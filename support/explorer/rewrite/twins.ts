/**
 * Gives each function that can reach a step a twin that is a generator and can be left before each step. `load(words,
 * i)` becomes `load(words, i, $go(7) || (yield))` there: the last argument is evaluated after the others and right
 * before the call, so the step is the access alone, and the twin is left only if another actor is to run. A method
 * `m` has its twin beside it, as `m$g`; a function or an arrow has it as its property `$g`; a getter `g` has a method
 * `g$g`.
 *
 * Long, as the rewriting of functions, classes and calls is one visit of a tree, whose parts call each other.
 *
 * @module
 */
import ts from "typescript";
import { skipParentheses } from "./typescript.ts";
import { ElementRewriter } from "./elements.ts";
import { DISPOSE, isDisposal, isUnit, isUsing, type Names, type Unit, visit } from "./names.ts";

const f = ts.factory;

/** Where a step stands. */
export interface Site {
  /** File and line. */
  readonly place: string;
  /** The function, with its class. */
  readonly name: string;
  /** The access as it is written. */
  readonly text: string;
}

/** What twins call, from the module that explores. */
export const RUNTIME_NAMES: readonly string[] = [
  "$evaluate",
  "$go",
  "$goAlone",
  "$goAsking",
  "$goRead",
  "$goWrite",
  "$isShared",
  "$read",
  "$readQuietly",
  "$requireUnshared",
  "$twin",
  "$twinOf",
  "$write",
  "$writeQuietly",
];

/**
 * Adds the twins to one file.
 *
 * @param file Parsed with parents.
 * @param label What the file is called in traces.
 * @param names Settled, of the whole program.
 * @param sites Where steps are noted; their index is what `$go` is given.
 * @param repoint What stands for an import, or for an export from another file.
 * @returns The file's text, types included.
 */
export function addTwins(
  file: ts.SourceFile,
  label: string,
  names: Names,
  sites: Site[],
  repoint: (statement: ts.Statement) => ts.Statement[],
): string {
  const { statements } = new Twins(file, label, names, sites).rewrite();
  const moved = f.updateSourceFile(file, statements.flatMap(repoint));
  return ts.createPrinter({ removeComments: true }).printFile(moved);
}

class Twins {
  readonly #file: ts.SourceFile;
  readonly #label: string;
  readonly #names: Names;
  readonly #sites: Site[];

  constructor(file: ts.SourceFile, label: string, names: Names, sites: Site[]) {
    this.#file = file;
    this.#label = label;
    this.#names = names;
    this.#sites = sites;
  }

  rewrite(): ts.SourceFile {
    return ts.visitEachChild(
      this.#withTwins(this.#file, this.#file.statements),
      (node) => this.#plain(node),
      undefined,
    );
  }

  /** Code as it runs outside of twins: everything stays as it is, and twins are added beside. */
  #plain(node: ts.Node): ts.Node | ts.Node[] {
    if (isMade(node)) return node;
    if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return this.#pair(node);
    const plain = ts.visitEachChild(this.#withTwins(node), (child) => this.#plain(child), undefined);
    if (!this.#names.isHot(node) || ts.isFunctionDeclaration(node)) return plain;
    const unit = node as ts.MethodDeclaration | ts.GetAccessorDeclaration;
    const name = twinName(unit.name);
    if (name === undefined) return plain;
    if (ts.isMethodDeclaration(plain) && ts.isObjectLiteralExpression(node.parent)) {
      // A path's methods are taken from it and kept elsewhere, so each brings its twin along.
      const { typeParameters, parameters, body } = plain;
      const fn = f.createFunctionExpression(
        undefined,
        undefined,
        undefined,
        typeParameters,
        parameters,
        undefined,
        body!,
      );
      return f.createPropertyAssignment(plain.name, callOf("$twin", fn, this.#twinOf(node as Unit)));
    }
    const modifiers = ts.getModifiers(unit)?.filter(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
    return [
      plain,
      f.createMethodDeclaration(
        modifiers,
        star(),
        name,
        undefined,
        unit.typeParameters,
        unit.parameters,
        undefined,
        this.#bodyOf(unit as Unit),
      ),
    ];
  }

  /** A list of statements, with the twins of the functions that it declares in front, as functions are hoisted. */
  #withTwins<N extends ts.Node>(node: N, statements?: ts.NodeArray<ts.Statement>): N {
    const list = statements ?? (ts.isBlock(node) || ts.isCaseOrDefaultClause(node) ? node.statements : undefined);
    const hot = list?.filter((one): one is ts.FunctionDeclaration & Unit =>
      ts.isFunctionDeclaration(one) && this.#names.isHot(one)
    );
    if (list === undefined || hot === undefined || hot.length === 0) return node;
    const twins = hot.map((unit) => f.createExpressionStatement(callOf("$twin", unit.name!, this.#twinOf(unit))));
    const imports = list.filter((one) => ts.isImportDeclaration(one)),
      others = list.filter((one) => !ts.isImportDeclaration(one));
    const all = [...imports, ...twins, ...others];
    const made = ts.isSourceFile(node)
      ? f.updateSourceFile(node, all)
      : ts.isBlock(node)
      ? f.updateBlock(node, all)
      : node;
    if (made === node) throw this.#refusal(node, "a function that reaches a step, declared within a switch");
    return made as unknown as N;
  }

  /** An arrow or a function expression, with its twin. */
  #pair(unit: ts.ArrowFunction | ts.FunctionExpression): ts.Node {
    const plain = ts.visitEachChild(unit, (child) => this.#plain(child), undefined);
    return this.#names.isHot(unit) ? callOf("$twin", plain, this.#twinOf(unit as Unit)) : plain;
  }

  /** The generator of a function; an arrow's has the same `this` as the arrow. */
  #twinOf(unit: Unit): ts.Expression {
    const twin = f.createFunctionExpression(
      undefined,
      star(),
      undefined,
      unit.typeParameters,
      unit.parameters,
      undefined,
      this.#bodyOf(unit),
    );
    if (!ts.isArrowFunction(unit) || !mentionsThis(unit.body)) return twin;
    return f.createCallExpression(
      f.createPropertyAccessExpression(f.createParenthesizedExpression(twin), "bind"),
      undefined,
      [f.createThis()],
    );
  }

  #bodyOf(unit: Unit): ts.Block {
    const body = new Body(
      this.#file,
      this.#names,
      (node) => this.#site(unit, node),
      (node) => this.#plain(node) as ts.Node,
      (node, what) => this.#refusal(node, what),
    );
    return body.rewrite(unit.body, (block) => this.#withTwins(block));
  }

  #site(unit: Unit, node: ts.Node): number {
    const { line } = this.#file.getLineAndCharacterOfPosition(node.getStart(this.#file));
    const text = node.getText(this.#file).replace(/\s+/g, " ");
    return this.#sites.push({ place: `${this.#label}:${line + 1}`, name: nameOf(unit), text }) - 1;
  }

  #refusal(node: ts.Node, what: string): Error {
    const { line } = this.#file.getLineAndCharacterOfPosition(node.getStart(this.#file));
    return new Error(
      `Cannot explore ${this.#label}:${line + 1} as ${what} cannot be followed: ${node.getText(this.#file)}`,
    );
  }
}

/** Rewrites the body of one twin. */
class Body {
  readonly #names: Names;
  readonly #file: ts.SourceFile;
  readonly #siteOf: (node: ts.Node) => number;
  readonly #plain: (node: ts.Node) => ts.Node;
  readonly #refuse: (node: ts.Node, what: string) => Error;
  readonly #elements: ElementRewriter;
  #temporaries = 0;
  #hoist: (block: ts.Block) => ts.Block = (block) => block;

  constructor(
    file: ts.SourceFile,
    names: Names,
    siteOf: (node: ts.Node) => number,
    plain: (node: ts.Node) => ts.Node,
    refuse: (node: ts.Node, what: string) => Error,
  ) {
    this.#file = file;
    this.#names = names;
    this.#siteOf = siteOf;
    this.#plain = plain;
    this.#refuse = refuse;
    this.#elements = new ElementRewriter(
      () => this.#temporary(),
      (node, name, array, index) => this.#permit(node, name, array, index),
      (node) => this.#go(node) as ts.Expression,
      refuse,
    );
  }

  rewrite(body: ts.ConciseBody, hoist: (block: ts.Block) => ts.Block): ts.Block {
    this.#hoist = hoist;
    const moved = ts.isBlock(body)
      ? this.#go(body) as ts.Block
      : f.createBlock([f.createReturnStatement(this.#go(body) as ts.Expression)]);
    if (this.#temporaries === 0) return moved;
    const names = Array.from({ length: this.#temporaries }, (_, i) => f.createVariableDeclaration(`$${i + 1}`));
    const declared = f.createVariableStatement(undefined, f.createVariableDeclarationList(names, ts.NodeFlags.Let));
    return f.updateBlock(moved, [declared, ...moved.statements]);
  }

  #go(node: ts.Node): ts.Node {
    if (isMade(node)) return node;
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return this.#plain(node);
    if (ts.isBlock(node)) return this.#block(node);
    if (isUsing(node)) throw this.#refuse(node, "a `using` that is not in a block");
    if (ts.isVariableDeclarationList(node)) return this.#declarations(node);
    const element = this.#elements.rewrite(node, this.#names);
    if (element !== undefined) return element;
    switch (this.#names.kindOf(node)) {
      case "step":
        return this.#step(node as ts.CallExpression);
      case "call":
        return this.#call(node as ts.CallExpression);
      case "method":
        return this.#method(node as ts.CallExpression);
      case "getter":
        return this.#getter(node as ts.PropertyAccessExpression);
      default:
        return this.#children(node);
    }
  }

  #children<N extends ts.Node>(node: N): N {
    return ts.visitEachChild(node, (child) => this.#go(child), undefined);
  }

  /** Variables. `{ name } = object`, where `name` may be a getter that makes steps, is taken apart. */
  #declarations(node: ts.VariableDeclarationList): ts.VariableDeclarationList {
    const all = node.declarations.flatMap((one) => {
      const isHot = (element: ts.BindingElement) =>
        this.#names.isGetter((element.propertyName ?? element.name) as ts.PropertyName);
      if (!ts.isObjectBindingPattern(one.name) || one.initializer === undefined || !one.name.elements.some(isHot)) {
        return [this.#children(one)];
      }
      const object = this.#temporary();
      const set = f.createParenthesizedExpression(
        f.createAssignment(object, this.#go(one.initializer) as ts.Expression),
      );
      return one.name.elements.map((element, i) => {
        const { name, propertyName, dotDotDotToken, initializer } = element, key = propertyName ?? name;
        if (
          !ts.isIdentifier(name) || !ts.isIdentifier(key) || dotDotDotToken !== undefined || initializer !== undefined
        ) {
          throw this.#refuse(element, "a getter that makes steps, in a pattern of more than names,");
        }
        const first = i === 0 ? set : object;
        const value = isHot(element) ? this.#valueOf(first, object, key) : f.createPropertyAccessExpression(first, key);
        return f.createVariableDeclaration(name, undefined, undefined, value);
      });
    });
    return f.updateVariableDeclarationList(node, all);
  }

  /** A block. What follows a `using` stands in a `try`, at whose end the value is disposed of. */
  #block(node: ts.Block): ts.Block {
    const block = this.#hoist(node);
    const wrap = (statements: readonly ts.Statement[]): ts.Statement[] => {
      const at = statements.findIndex(isUsing);
      if (at === -1) return statements.map((one) => this.#go(one) as ts.Statement);
      const { declarations } = (statements[at] as ts.VariableStatement).declarationList;
      if (declarations.length !== 1) throw this.#refuse(statements[at], "a `using` of several values");
      const [{ name, initializer }] = declarations, value = name as ts.Identifier;
      const made = f.createVariableDeclaration(value, undefined, undefined, this.#go(initializer!) as ts.Expression);
      const dispose = f.createElementAccessExpression(
        value,
        f.createPropertyAccessExpression(f.createIdentifier("Symbol"), "dispose"),
      );
      const call = this.#delegate(this.#found(value, DISPOSE, dispose, this.#siteOf(statements[at])), value, []);
      const end = f.createIfStatement(
        f.createStrictInequality(value, f.createIdentifier("undefined")),
        f.createExpressionStatement(call),
      );
      return [
        ...statements.slice(0, at).map((one) => this.#go(one) as ts.Statement),
        f.createVariableStatement(undefined, f.createVariableDeclarationList([made], ts.NodeFlags.Const)),
        f.createTryStatement(f.createBlock(wrap(statements.slice(at + 1))), undefined, f.createBlock([end])),
      ];
    };
    return f.updateBlock(block, wrap(block.statements));
  }

  #step(node: ts.CallExpression): ts.Expression {
    const { expression } = node, name = (expression as ts.Identifier).text, args = this.#arguments(node);
    const announced = this.#names.announced(name);
    if (announced !== "$goRead" && announced !== "$goWrite") {
      return f.createCallExpression(expression, undefined, [...args, this.#permit(node, announced)]);
    }
    // Array and index are known before the rest is evaluated; the step is announced right before the call.
    const array = this.#temporary(), index = this.#temporary();
    const set = f.createComma(f.createAssignment(array, args[0]), f.createAssignment(index, args[1]));
    const call = f.createCallExpression(expression, undefined, [
      array,
      index,
      ...args.slice(2),
      this.#permit(node, announced, array, index),
    ]);
    return f.createParenthesizedExpression(f.createComma(set, call));
  }

  /** `$go(site) || (yield)`. */
  #permit(node: ts.Node, name: string, ...args: ts.Expression[]): ts.Expression {
    const pause = f.createParenthesizedExpression(f.createYieldExpression(undefined, undefined));
    return f.createLogicalOr(callOf(name, f.createNumericLiteral(this.#siteOf(node)), ...args), pause);
  }

  /** A call of a variable, of a function that has a twin, or of what another call returns. */
  #call(node: ts.CallExpression): ts.Expression {
    const args = this.#arguments(node), called = skipParentheses(node.expression);
    const callee = ts.isIdentifier(called) ? called : this.#go(called) as ts.Expression;
    const twin = callOf("$twinOf", callee, f.createNumericLiteral(this.#siteOf(node)));
    const call = delegate(f.createCallExpression(twin, undefined, args));
    return node.questionDotToken === undefined ? call : this.#unlessMissing(callee, call);
  }

  #method(node: ts.CallExpression): ts.Expression {
    const callee = skipParentheses(node.expression) as ts.PropertyAccessExpression | ts.ElementAccessExpression;
    this.#requireShortChain(node);
    const receiver = callee.expression, args = this.#arguments(node), site = this.#siteOf(node);
    if (receiver.kind === ts.SyntaxKind.SuperKeyword) {
      const twin = f.createPropertyAccessExpression(
        f.createSuper(),
        twinName((callee as ts.PropertyAccessExpression).name)!,
      );
      return delegate(f.createCallExpression(twin, undefined, args));
    }
    const { first, again } = this.#once(receiver);
    const name = isDisposal(callee) ? undefined : (callee as ts.PropertyAccessExpression).name;
    const member = name === undefined
      ? f.createElementAccessExpression(
        again,
        f.createPropertyAccessExpression(f.createIdentifier("Symbol"), "dispose"),
      )
      : f.createPropertyAccessExpression(again, name);
    const found = name !== undefined && ts.isPrivateIdentifier(name)
      ? this.#names.isMethod(name)
        ? f.createPropertyAccessExpression(again, twinName(name)!)
        : callOf("$twinOf", member, f.createNumericLiteral(site))
      : this.#found(again, name?.text ?? DISPOSE, member, site);
    const call = this.#delegate(found, again, args);
    const whole = node.questionDotToken === undefined ? call : this.#unlessMissing(member, call);
    if (callee.questionDotToken !== undefined) return this.#unlessMissing(first, whole);
    return first === again ? whole : f.createParenthesizedExpression(f.createComma(first, whole));
  }

  #getter(node: ts.PropertyAccessExpression): ts.Expression {
    this.#requireShortChain(node);
    const { first, again } = this.#once(node.expression);
    if (node.questionDotToken !== undefined) return this.#unlessMissing(first, this.#valueOf(again, again, node.name));
    return this.#valueOf(first, again, node.name);
  }

  /** What a getter returns: `first` is its object, to be evaluated once, and `again` the same where it was. */
  #valueOf(first: ts.Expression, again: ts.Expression, name: ts.MemberName): ts.Expression {
    const member = twinName(name)!;
    const call = (object: ts.Expression) =>
      delegate(f.createCallExpression(f.createPropertyAccessExpression(object, member), undefined, []));
    if (ts.isPrivateIdentifier(name)) return call(first);
    const isPlain = f.createStrictEquality(
      f.createPropertyAccessExpression(first, member),
      f.createIdentifier("undefined"),
    );
    const plain = f.createPropertyAccessExpression(again, name);
    return f.createParenthesizedExpression(
      f.createConditionalExpression(isPlain, undefined, plain, undefined, call(again)),
    );
  }

  /** `receiver.name$g ?? $twinOf(receiver.name)`. */
  #found(receiver: ts.Expression, name: string, member: ts.Expression, site: number): ts.Expression {
    const twin = f.createPropertyAccessExpression(receiver, `${name}$g`);
    return f.createParenthesizedExpression(
      f.createBinaryExpression(
        twin,
        ts.SyntaxKind.QuestionQuestionToken,
        callOf("$twinOf", member, f.createNumericLiteral(site)),
      ),
    );
  }

  #delegate(generator: ts.Expression, receiver: ts.Expression, args: readonly ts.Expression[]): ts.Expression {
    return delegate(
      f.createCallExpression(f.createPropertyAccessExpression(generator, "call"), undefined, [receiver, ...args]),
    );
  }

  /** An expression that is needed twice: how to write it first, and how again. */
  #once(expression: ts.Expression): { first: ts.Expression; again: ts.Expression } {
    if (expression.kind === ts.SyntaxKind.ThisKeyword || ts.isIdentifier(expression)) {
      return { first: expression, again: expression };
    }
    const again = this.#temporary();
    return {
      first: f.createParenthesizedExpression(f.createAssignment(again, this.#go(expression) as ts.Expression)),
      again,
    };
  }

  #unlessMissing(tested: ts.Expression, value: ts.Expression): ts.Expression {
    const isMissing = f.createEquality(tested, f.createNull());
    return f.createParenthesizedExpression(
      f.createConditionalExpression(isMissing, undefined, f.createIdentifier("undefined"), undefined, value),
    );
  }

  #requireShortChain(node: ts.Node): void {
    const { parent } = node;
    const continues =
      (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent) || ts.isCallExpression(parent)) &&
      parent.expression === node && ts.isOptionalChain(parent) && ts.isOptionalChain(node);
    if (continues) throw this.#refuse(node, "an optional chain that goes on behind a step");
  }

  #arguments(node: ts.CallExpression): ts.Expression[] {
    return node.arguments.map((one) => this.#go(one) as ts.Expression);
  }

  #temporary(): ts.Identifier {
    return f.createIdentifier(`$${++this.#temporaries}`);
  }
}

function nameOf(unit: Unit): string {
  if (ts.isFunctionDeclaration(unit)) return unit.name!.text;
  if (!ts.isMethodDeclaration(unit) && !ts.isGetAccessor(unit)) return nameOfHolder(unit);
  const owner = ts.isClassLike(unit.parent) ? `${unit.parent.name?.text ?? "class"}.` : "";
  return owner + unit.name.getText();
}

/** An arrow is called after the nearest thing around it that has a name. */
function nameOfHolder(node: ts.Node): string {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (isUnit(at) && !ts.isArrowFunction(at) && !ts.isFunctionExpression(at)) return `${nameOf(at)} =>`;
    if ((ts.isVariableDeclaration(at) || ts.isPropertyDeclaration(at)) && !ts.isObjectBindingPattern(at.name)) {
      return `${at.name.getText()} =>`;
    }
  }
  return "=>";
}

function mentionsThis(node: ts.Node): boolean {
  let found = false;
  visit(node, (one) => found ||= one.kind === ts.SyntaxKind.ThisKeyword);
  return found;
}

/** A twin's name as a member; undefined for a computed one. */
function twinName(name: ts.PropertyName): ts.MemberName | undefined {
  if (isDisposal(name)) return f.createIdentifier(`${DISPOSE}$g`);
  if (ts.isPrivateIdentifier(name)) return f.createPrivateIdentifier(`${name.text}$g`);
  return ts.isIdentifier(name) ? f.createIdentifier(`${name.text}$g`) : undefined;
}

/** Whether a node was made here, and is no part of the file. */
function isMade(node: ts.Node): boolean {
  return node.pos < 0;
}

function star(): ts.AsteriskToken {
  return f.createToken(ts.SyntaxKind.AsteriskToken);
}

function callOf(name: string, ...args: readonly ts.Node[]): ts.CallExpression {
  return f.createCallExpression(f.createIdentifier(name), undefined, args as ts.Expression[]);
}

/** `(yield* call)`. */
function delegate(call: ts.Expression): ts.Expression {
  return f.createParenthesizedExpression(f.createYieldExpression(f.createToken(ts.SyntaxKind.AsteriskToken), call));
}
