import { toInt } from "../dynamic/convert.ts";
import type { BinaryOperator } from "../syntax/node.ts";
import type { Value } from "../value.ts";
import type { Compiled, Evaluate } from "./compiled.ts";

/** From this length on, looking at a text is paid for. */
const PAID_LENGTH = 256;

/**
 * `attribute operator constant` in one closure, for whole numbers and short texts: what most filters are made of. Undefined
 * where the operands are others.
 */
export function compareConstant(operator: BinaryOperator, left: Compiled, right: Compiled): Evaluate | undefined {
  const { constant } = right;
  if (left.constant !== undefined || left.type !== right.type) return undefined;
  const isNumber = typeof constant === "number" && (left.type === "int" || left.type === "duration");
  const isShort = typeof constant === "string" && left.type === "string" && constant.length < PAID_LENGTH;
  if (isNumber || isShort) {
    if (operator === "==") return isEqual(left.evaluate, constant);
    if (operator === "!=") return isOther(left.evaluate, constant);
  }
  return isNumber ? compareNumber(operator, left.evaluate, constant) : undefined;
}

function isEqual(evaluate: Evaluate, constant: Value): Evaluate {
  return (subject) => {
    const value = evaluate(subject);
    return value === undefined ? undefined : value === constant;
  };
}

function isOther(evaluate: Evaluate, constant: Value): Evaluate {
  return (subject) => {
    const value = evaluate(subject);
    return value === undefined ? undefined : value !== constant;
  };
}

/** Whole numbers beyond 2^53 are bigints, which compare with numbers as they should. */
function compareNumber(operator: BinaryOperator, evaluate: Evaluate, constant: number): Evaluate | undefined {
  if (operator === ">=")
    return (subject) => {
      const value = evaluate(subject) as number | undefined;
      return value === undefined ? undefined : value >= constant;
    };
  if (operator === ">")
    return (subject) => {
      const value = evaluate(subject) as number | undefined;
      return value === undefined ? undefined : value > constant;
    };
  if (operator === "<=")
    return (subject) => {
      const value = evaluate(subject) as number | undefined;
      return value === undefined ? undefined : value <= constant;
    };
  if (operator === "<")
    return (subject) => {
      const value = evaluate(subject) as number | undefined;
      return value === undefined ? undefined : value < constant;
    };
  return undefined;
}

/** `attribute / constant` of whole numbers, rounded towards zero as CEL has it: `response.code / 100`. */
export function divideByConstant(operator: BinaryOperator, left: Compiled, right: Compiled): Evaluate | undefined {
  const { constant } = right;
  const { evaluate } = left;
  if (operator !== "/" || left.type !== "int" || right.type !== "int" || left.constant !== undefined) return undefined;
  if (typeof constant !== "number" || constant <= 0) return undefined;
  const exactly = BigInt(constant);
  return (subject) => {
    const value = evaluate(subject);
    if (typeof value === "number") return Math.trunc(value / constant) + 0;
    return value === undefined ? undefined : toInt((value as bigint) / exactly);
  };
}
