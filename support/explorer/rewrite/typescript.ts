import ts from "typescript";

/** What the compiler has at run time and does not declare. */
interface Undeclared {
  isAssignmentOperator(kind: ts.SyntaxKind): boolean;
  skipOuterExpressions(node: ts.Expression): ts.Expression;
  skipParentheses(node: ts.Expression): ts.Expression;
}

/** The compiler, and what it does not declare. */
export const { isAssignmentOperator, skipOuterExpressions, skipParentheses } = ts as unknown as Undeclared;
