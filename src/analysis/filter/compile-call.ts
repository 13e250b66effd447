import { comparePorts } from "./compare-ports.ts";
import { compileIn, compileIndex } from "./compile-collection.ts";
import { compileFunction } from "./compile-function.ts";
import { type Compiled, type Evaluate, joinInputs, type Range, type Scope } from "./compiled.ts";
import { FilterFault } from "./filter-error.ts";
import { compileAnd, compileConditional, compileNot, compileOr } from "./logic.ts";
import { findOperator } from "./operators.ts";
import { joinRanges, withParentheses } from "./source-range.ts";
import type { Call, Expr } from "./syntax.ts";
import { formatType, type ValueType } from "./value.ts";

/** Operators and functions: in CEL's tree both are calls. */
export function compileCall(node: Expr, scope: Scope): Compiled {
  const call = node.exprKind.value as Call;
  switch (call.function) {
    case "_&&_":
      return compileAnd(flatten(node, call.function).map((part) => compileOperand(part, scope)));
    case "_||_":
      return compileOr(flatten(node, call.function).map((part) => compileOperand(part, scope)));
    case "!_":
      return compileNot(compileOperand(call.args[0]!, scope), scope.tree.positionOf(node));
    case "_?_:_":
      return compileConditional(call.args.map((part) => compileOperand(part, scope)) as [Compiled, Compiled, Compiled]);
    case "-_":
      return compileNegation(compileOperand(call.args[0]!, scope), scope.tree.positionOf(node));
    case "_[_]":
      return compileIndex(call, scope);
    case "@in":
      return compileIn(compileOperand(call.args[0]!, scope), compileOperand(call.args[1]!, scope), scope);
  }
  if (/^_.*_$/.test(call.function)) return compileBinary(call, scope);
  return compileFunction(node, call, scope);
}

/** The parts of a chain of one operator: `a && b && c` is one condition of three, however it is grouped. */
function flatten(node: Expr, name: string): Expr[] {
  const parts: Expr[] = [];
  const pending = [node];
  while (pending.length > 0) {
    const next = pending.pop()!;
    if (next.exprKind.case === "callExpr" && next.exprKind.value.function === name)
      pending.push(next.exprKind.value.args[1]!, next.exprKind.value.args[0]!);
    else parts.push(next);
  }
  return parts;
}

function compileBinary(call: Call, scope: Scope): Compiled {
  const symbol = call.function.slice(1, -1);
  let left = compileOperand(call.args[0]!, scope);
  let right = compileOperand(call.args[1]!, scope);
  if (symbol === "==" || symbol === "!=") [left, right] = comparePorts(left, right);
  const range = joinRanges(left.range, right.range);
  const operator = findOperator(call.function, left.type, right.type);
  if (operator === undefined) throw wrongOperands(symbol, left, right, range, scope.tree.text);
  const { apply } = operator;
  const inputs = joinInputs(left, right);
  const evaluateLeft = left.evaluate;
  const evaluateRight = right.evaluate;
  const constant = right.constant;
  const evaluate: Evaluate =
    constant === undefined
      ? (subject) => {
          const a = evaluateLeft(subject);
          if (a === undefined) return undefined;
          const b = evaluateRight(subject);
          return b === undefined ? undefined : apply(a, b);
        }
      : (subject) => {
          const a = evaluateLeft(subject);
          return a === undefined ? undefined : apply(a, constant);
        };
  return { type: operator.result, evaluate, range, inputs };
}

function wrongOperands(symbol: string, left: Compiled, right: Compiled, range: Range, text: string): FilterFault {
  const [a, b] = [formatType(left.type), formatType(right.type)];
  const verb = ["==", "!=", "<", "<=", ">", ">="].includes(symbol) ? "cannot be compared" : "do not go together";
  return new FilterFault(
    `${a} and ${b} ${verb} with ${symbol}`,
    range.start,
    range.end,
    literalHint(left.type, right, text) ?? literalHint(right.type, left, text),
  );
}

function literalHint(wanted: ValueType, { constant, range }: Compiled, text: string): string | undefined {
  if (constant === undefined) return undefined;
  const written = text.slice(range.start, range.end);
  if (wanted === "int" && typeof constant === "string" && /^\d+$/.test(constant)) return `write ${constant}`;
  if (wanted === "string" && typeof constant === "number") return `write '${written}'`;
  if (wanted === "duration")
    return `a duration is written duration('${typeof constant === "string" ? constant : `${written}ms`}')`;
  if (wanted === "timestamp") return "a time is written timestamp('2026-01-31T12:00:00Z')";
  if (typeof wanted === "object" && "list" in wanted) return `${written} in … asks whether a list holds it`;
  return undefined;
}

function compileNegation(operand: Compiled, start: number): Compiled {
  if (operand.type !== "int" && operand.type !== "double" && operand.type !== "duration")
    throw new FilterFault(
      `- takes a number, this is ${formatType(operand.type)}`,
      operand.range.start,
      operand.range.end,
    );
  const { evaluate } = operand;
  const { constant: _, ...rest } = operand;
  return {
    ...rest,
    evaluate: (subject) => {
      const value = evaluate(subject);
      return value === undefined ? undefined : -(value as number);
    },
    range: { start: Math.min(start, operand.range.start), end: operand.range.end },
  };
}

/** The operand of an operator, with its range taken over the parentheses around it. */
function compileOperand(node: Expr, scope: Scope): Compiled {
  const operand = scope.compile(node, scope);
  return { ...operand, range: withParentheses(scope.tree.text, operand.range) };
}
