import { dynamicArithmetic, dynamicCompare, dynamicEquals } from "../dynamic/operations.ts";
import { Span } from "../dynamic/values.ts";
import { FilterFault } from "../filter-error.ts";
import { findOperator, mayCompare } from "../operators.ts";
import type { BinaryNode, BinaryOperator, UnaryNode } from "../syntax/node.ts";
import { formatType, isListType, isNumeric, mayBe, type ValueType } from "../value.ts";
import { asOctets } from "./ascii.ts";
import { checkClosedSet } from "./closed-set.ts";
import { compareAddresses } from "./compare-addresses.ts";
import { compareConstant, divideByConstant } from "./compare-constant.ts";
import { compileIn } from "./compile-in.ts";
import { type Compiled, type Evaluate, joinInputs, type Scope } from "./compiled.ts";
import { dynamicOf } from "./convert-type.ts";

/** `left operator right`: as their types say, or as the values say where types are known only then. */
export function compileBinary(node: BinaryNode, scope: Scope): Compiled {
  const { operator } = node;
  let left = scope.compile(node.left, scope);
  let right = scope.compile(node.right, scope);
  if (operator === "==" || operator === "!=" || operator === "in")
    [left, right] = [asOctets(left, [right]), asOctets(right, [left])];
  if (operator === "in") return compileIn(node, left, right, scope);
  const inputs = joinInputs(left, right);
  if (operator === "==" || operator === "!=") {
    checkClosedSet(left, right);
    checkClosedSet(right, left);
    const compare = compareAddresses(left, right, operator === "==");
    if (compare !== undefined) return { type: "bool", evaluate: compare, node, inputs };
  }
  const missingWith = left.missingWith;
  const simple = compareConstant(operator, left, right);
  if (simple !== undefined)
    return { type: "bool", evaluate: simple, node, inputs, ...(missingWith && { missingWith }) };
  const divided = divideByConstant(operator, left, right);
  if (divided !== undefined)
    return { type: "int", evaluate: divided, node, inputs, ...(missingWith && { missingWith }) };
  const known = findOperator(operator, left.type, right.type);
  if (known !== undefined) return { type: known.result, evaluate: applied(known.apply, left, right), node, inputs };
  const type = scope.isChecked ? resultOf(operator, left.type, right.type) : COMPARISONS.has(operator) ? "bool" : "dyn";
  if (type === undefined) throw wrongOperands(operator, left, right, node, scope.text);
  const [a, b] = [dynamicOf(left), dynamicOf(right)];
  const apply = DYNAMIC[operator];
  const evaluate: Evaluate = (subject) => {
    const one = a(subject);
    if (one === undefined) return undefined;
    const other = b(subject);
    return other === undefined ? undefined : apply(one, other);
  };
  return { type, evaluate, node, inputs };
}

function applied(apply: (a: never, b: never) => ReturnType<Evaluate>, left: Compiled, right: Compiled): Evaluate {
  const { evaluate: evaluateLeft } = left;
  const { evaluate: evaluateRight, constant } = right;
  if (constant !== undefined)
    return (subject) => {
      const a = evaluateLeft(subject);
      return a === undefined ? undefined : apply(a as never, constant as never);
    };
  return (subject) => {
    const a = evaluateLeft(subject);
    if (a === undefined) return undefined;
    const b = evaluateRight(subject);
    return b === undefined ? undefined : apply(a as never, b as never);
  };
}

type DynamicOperation = (...values: Parameters<typeof dynamicEquals>) => ReturnType<typeof dynamicArithmetic>;

function compared(test: (sign: number) => boolean): DynamicOperation {
  return (a, b) => {
    const sign = dynamicCompare(a, b);
    return sign === undefined ? undefined : test(sign);
  };
}

const DYNAMIC: Readonly<Record<Exclude<BinaryOperator, "in">, DynamicOperation>> = {
  "==": dynamicEquals,
  "!=": (a, b) => !dynamicEquals(a, b),
  "<": compared((sign) => sign < 0),
  "<=": compared((sign) => sign <= 0),
  ">": compared((sign) => sign > 0),
  ">=": compared((sign) => sign >= 0),
  "+": (a, b) => dynamicArithmetic("+", a, b),
  "-": (a, b) => dynamicArithmetic("-", a, b),
  "*": (a, b) => dynamicArithmetic("*", a, b),
  "/": (a, b) => dynamicArithmetic("/", a, b),
  "%": (a, b) => dynamicArithmetic("%", a, b),
};

const COMPARISONS = new Set<BinaryOperator>(["==", "!=", "<", "<=", ">", ">="]);

/** The type of the result; undefined where no two values of these types have one. */
function resultOf(operator: BinaryOperator, left: ValueType, right: ValueType): ValueType | undefined {
  if (operator === "==" || operator === "!=")
    return mayBe(left, right) || (isNumeric(left) && isNumeric(right)) ? "bool" : undefined;
  if (COMPARISONS.has(operator)) return mayCompare(operator, left, right) ? "bool" : undefined;
  if (left === "uint" && right === "uint") return "uint";
  if (left === "dyn" || right === "dyn") {
    const other = left === "dyn" ? right : left;
    return other === "bool" || other === "null" || other === "type" ? undefined : "dyn";
  }
  if (operator === "+" && isListType(left) && isListType(right) && mayBe(left, right)) return { list: "dyn" };
  return undefined;
}

function wrongOperands(
  operator: BinaryOperator,
  left: Compiled,
  right: Compiled,
  node: BinaryNode,
  text: string,
): FilterFault {
  const [a, b] = [formatType(left.type), formatType(right.type)];
  const verb = COMPARISONS.has(operator) ? "cannot be compared" : "do not go together";
  return new FilterFault(
    `${a} and ${b} ${verb} with ${operator}`,
    node.start,
    node.end,
    comparisonHint(operator, left, right, text) ??
      literalHint(left.type, right, text) ??
      literalHint(right.type, left, text),
  );
}

/** `200 <= code < 300`, `path != /a`, `http/2`. */
function comparisonHint(operator: BinaryOperator, left: Compiled, right: Compiled, text: string): string | undefined {
  const [one, other] = [left, right].map(({ node }) => text.slice(node.start, node.end)) as [string, string];
  const { node } = left;
  if (node.kind === "binary" && COMPARISONS.has(node.operator) && COMPARISONS.has(operator)) {
    const shared = text.slice(node.right.start, node.right.end);
    return /^[\d.]+$/.test(shared)
      ? `each comparison stands by itself: ${one} && ${text.slice(node.left.start, node.left.end)} ${operator} ${other}`
      : `each comparison stands by itself: ${one} && ${shared} ${operator} ${other}`;
  }
  const header = /^(.*\.(?:headers|trailers))\.(\w+)$/.exec(one);
  if (operator === "-" && header !== null) return `write ${header[1]}['${header[2]}-${other}']`;
  if (left.type === "string" && right.node.kind === "short") return `a text is quoted: '${other}'`;
  return operator === "/" && /^http$/i.test(one) && other === "2" ? "HTTP/2 is h2" : undefined;
}

function literalHint(wanted: ValueType, { constant, node }: Compiled, text: string): string | undefined {
  if (constant === undefined) return undefined;
  const written = text.slice(node.start, node.end);
  if (constant === null) return "has(x) asks whether x is there";
  if (wanted === "int" && typeof constant === "string" && /^\d+$/.test(constant)) return `write ${constant}`;
  if (wanted === "string" && typeof constant === "number") return `write '${written}'`;
  if (wanted === "duration")
    return `a duration is written duration('${typeof constant === "string" ? constant : `${written}ms`}')`;
  if (wanted === "timestamp") return "a time is written timestamp('2026-01-31T12:00:00Z')";
  if (isListType(wanted) && !Array.isArray(constant)) return `${written} in … asks whether a list holds it`;
  return undefined;
}

/** `-x`. */
export function compileNegation(node: UnaryNode, scope: Scope): Compiled {
  const operand = scope.compile(node.operand, scope);
  const { type, inputs } = operand;
  if (type === "double") {
    const { evaluate } = operand;
    return {
      type,
      evaluate: (subject) => {
        const value = evaluate(subject);
        return value === undefined ? undefined : -(value as number);
      },
      node,
      inputs,
    };
  }
  if (scope.isChecked && type !== "int" && type !== "duration" && type !== "dyn")
    throw new FilterFault(`- takes a number, this is ${formatType(type)}`, node.operand.start, node.operand.end);
  const evaluate = dynamicOf(operand);
  return {
    type: "dyn",
    evaluate: (subject) => {
      const value = evaluate(subject);
      if (typeof value === "number") return -value;
      if (typeof value === "bigint") return dynamicArithmetic("-", 0n, value);
      return value instanceof Span ? new Span(-value.nanos) : undefined;
    },
    node,
    inputs,
  };
}
