import ts from "typescript";
import { isAssignmentOperator, skipOuterExpressions } from "./typescript.ts";
import type { Kind } from "./names.ts";

const f = ts.factory;

/** Assignments that read what they replace, and the operator that each applies. */
const COMPOUND: ReadonlyMap<ts.SyntaxKind, ts.BinaryOperator> = new Map<ts.SyntaxKind, ts.BinaryOperator>([
  [ts.SyntaxKind.PlusEqualsToken, ts.SyntaxKind.PlusToken],
  [ts.SyntaxKind.MinusEqualsToken, ts.SyntaxKind.MinusToken],
  [ts.SyntaxKind.AsteriskEqualsToken, ts.SyntaxKind.AsteriskToken],
  [ts.SyntaxKind.AmpersandEqualsToken, ts.SyntaxKind.AmpersandToken],
  [ts.SyntaxKind.BarEqualsToken, ts.SyntaxKind.BarToken],
  [ts.SyntaxKind.CaretEqualsToken, ts.SyntaxKind.CaretToken],
]);

/**
 * Makes steps of plain accesses, `array[i]` in all its forms: whether the array lies in shared memory shows only when
 * the code runs. Reads become `$read(array, i, permit)`, writes `$write(array, i, value, permit)`.
 */
export class ElementRewriter {
  readonly #temporary: () => ts.Identifier;
  readonly #permit: (node: ts.Node, name: string, array: ts.Identifier, index: ts.Identifier) => ts.Expression;
  readonly #go: (node: ts.Node) => ts.Expression;
  readonly #refuse: (node: ts.Node, what: string) => Error;

  /**
   * @param temporary Makes a variable of the twin.
   * @param permit Makes the expression that comes before a step at a node.
   * @param go Rewrites a node within.
   * @param refuse Makes the error for what cannot be followed.
   */
  constructor(
    temporary: () => ts.Identifier,
    permit: (node: ts.Node, name: string, array: ts.Identifier, index: ts.Identifier) => ts.Expression,
    go: (node: ts.Node) => ts.Expression,
    refuse: (node: ts.Node, what: string) => Error,
  ) {
    this.#temporary = temporary;
    this.#permit = permit;
    this.#go = go;
    this.#refuse = refuse;
  }

  /** @returns What stands for an access to an element; undefined if the node is something else. */
  rewrite(node: ts.Node, names: { kindOf(node: ts.Node): Kind }): ts.Expression | undefined {
    const isElement = (one: ts.Node): one is ts.ElementAccessExpression => names.kindOf(one) === "element";
    if (ts.isBinaryExpression(node) && isAssignmentOperator(node.operatorToken.kind)) {
      const target = bare(node.left);
      if (isElement(target)) return this.#assignment(node, target);
      if (ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target)) {
        this.#requireNoElement(target, isElement);
      }
      return undefined;
    }
    if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
      const target = bare(node.operand), { operator } = node;
      const isCount = operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;
      return isCount && isElement(target) ? this.#count(node, target) : undefined;
    }
    if (ts.isForOfStatement(node) || ts.isForInStatement(node)) this.#requireNoElement(node.initializer, isElement);
    if (ts.isDeleteExpression(node) && isElement(bare(node.expression))) throw this.#refuse(node, "a deleted element");
    if (!isElement(node)) return undefined;
    if (ts.isOptionalChain(node)) return this.#unshared(node);
    const { set, array, index } = this.#place(node);
    return this.#either(set, array, this.#read(node, array, index), f.createElementAccessExpression(array, index));
  }

  /** What cannot be followed stays as it is, and is refused when it runs if it leads to shared memory. */
  #unshared(node: ts.ElementAccessExpression): ts.Expression {
    const array = f.createCallExpression(f.createIdentifier("$requireUnshared"), undefined, [
      this.#go(node.expression),
    ]);
    const index = this.#go(node.argumentExpression);
    return node.questionDotToken === undefined
      ? f.createElementAccessExpression(array, index)
      : f.createElementAccessChain(array, node.questionDotToken, index);
  }

  #assignment(node: ts.BinaryExpression, target: ts.ElementAccessExpression): ts.Expression {
    const kind = node.operatorToken.kind, operator = COMPOUND.get(kind);
    if (operator === undefined && kind !== ts.SyntaxKind.EqualsToken) {
      return f.updateBinaryExpression(node, this.#unshared(target), node.operatorToken, this.#go(node.right));
    }
    const { set, array, index } = this.#place(target), element = f.createElementAccessExpression(array, index);
    if (operator === undefined) {
      const value = this.#temporary();
      const setAll = f.createComma(set, f.createAssignment(value, this.#go(node.right)));
      return this.#either(setAll, array, this.#write(node, array, index, value), f.createAssignment(element, value));
    }
    const value = f.createBinaryExpression(
      this.#read(node, array, index),
      operator,
      f.createParenthesizedExpression(this.#go(node.right)),
    );
    const otherwise = f.createBinaryExpression(element, kind as ts.BinaryOperator, this.#go(node.right));
    return this.#either(set, array, this.#write(node, array, index, value), otherwise);
  }

  #count(
    node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
    target: ts.ElementAccessExpression,
  ): ts.Expression {
    const { set, array, index } = this.#place(target), element = f.createElementAccessExpression(array, index);
    const before = this.#temporary(), isPrefix = ts.isPrefixUnaryExpression(node);
    const sign = node.operator === ts.SyntaxKind.PlusPlusToken ? ts.SyntaxKind.PlusToken : ts.SyntaxKind.MinusToken;
    const after = f.createBinaryExpression(before, sign, f.createNumericLiteral(1));
    const read = f.createAssignment(before, this.#read(node, array, index));
    const write = this.#write(node, array, index, after);
    const counted = isPrefix ? f.createComma(read, write) : f.createComma(f.createComma(read, write), before);
    const otherwise = isPrefix
      ? f.createPrefixUnaryExpression(node.operator as ts.PrefixUnaryOperator, element)
      : f.createPostfixUnaryExpression(element, node.operator);
    return this.#either(set, array, f.createParenthesizedExpression(counted), otherwise);
  }

  /** Array and index, each evaluated once. */
  #place(node: ts.ElementAccessExpression): { set: ts.Expression; array: ts.Identifier; index: ts.Identifier } {
    const array = this.#temporary(), index = this.#temporary();
    const set = f.createComma(
      f.createAssignment(array, this.#go(node.expression)),
      f.createAssignment(index, this.#go(node.argumentExpression)),
    );
    return { set, array, index };
  }

  /** `(set, $isShared(array) ? shared : otherwise)`. */
  #either(set: ts.Expression, array: ts.Identifier, shared: ts.Expression, otherwise: ts.Expression): ts.Expression {
    const isShared = f.createCallExpression(f.createIdentifier("$isShared"), undefined, [array]);
    return f.createParenthesizedExpression(
      f.createComma(
        set,
        f.createConditionalExpression(
          isShared,
          undefined,
          shared,
          undefined,
          f.createParenthesizedExpression(otherwise),
        ),
      ),
    );
  }

  #read(node: ts.Node, array: ts.Identifier, index: ts.Identifier): ts.Expression {
    if (isQuiet(node)) return f.createCallExpression(f.createIdentifier("$readQuietly"), undefined, [array, index]);
    return f.createCallExpression(f.createIdentifier("$read"), undefined, [
      array,
      index,
      this.#permit(node, "$goRead", array, index),
    ]);
  }

  #write(node: ts.Node, array: ts.Identifier, index: ts.Identifier, value: ts.Expression): ts.Expression {
    if (isQuiet(node)) {
      return f.createCallExpression(f.createIdentifier("$writeQuietly"), undefined, [array, index, value]);
    }
    return f.createCallExpression(f.createIdentifier("$write"), undefined, [
      array,
      index,
      value,
      this.#permit(node, "$goWrite", array, index),
    ]);
  }

  #requireNoElement(node: ts.Node, isElement: (one: ts.Node) => boolean): void {
    ts.forEachChild(node, (child) => {
      if (isElement(child)) throw this.#refuse(node, "an element as the target of a pattern");
      this.#requireNoElement(child, isElement);
    });
  }
}

/**
 * Whether an access is one to statistics, `counts[…]`: what they hold decides nothing, so they are read and written
 * along with the step before, which halves the steps of a lock.
 */
function isQuiet(node: ts.Node): boolean {
  const element = ts.isBinaryExpression(node)
    ? bare(node.left)
    : ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)
    ? bare(node.operand)
    : node;
  return ts.isElementAccessExpression(element) && /\bcounts$|#counts$/.test(element.expression.getText());
}

/** Without what types add. */
function bare(node: ts.Expression): ts.Expression {
  return skipOuterExpressions(node);
}
