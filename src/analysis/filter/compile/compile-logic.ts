import { FilterFault } from "../filter-error.ts";
import type { ChainNode, ConditionalNode, Node, UnaryNode } from "../syntax/node.ts";
import { formatType, joinTypes } from "../value.ts";
import { type Compiled, type Evaluate, joinInputs, type Scope } from "./compiled.ts";
import { convertTo } from "./convert-type.ts";

/**
 * CEL's logic with missing values: `false && missing` is false and `true || missing` is true, in either order; `!missing`
 * is missing. (https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators)
 */
export function compileChain(node: ChainNode, scope: Scope): Compiled {
  const symbol = node.kind === "and" ? "&&" : "||";
  const conditions = node.parts.map((part) => needCondition(part, symbol, scope));
  const decisive = node.kind === "or";
  const evaluates =
    decisive || scope.kind === "stream" ? conditions.map(({ evaluate }) => evaluate) : joinPresence(conditions);
  return {
    type: "bool",
    evaluate: evaluates.reduce((left, right) => combineTwo(left, right, decisive)),
    node,
    conditions,
    inputs: joinInputs(...conditions),
  };
}

/** @param decisive the value of one condition that decides the whole. */
function combineTwo(left: Evaluate, right: Evaluate, decisive: boolean): Evaluate {
  return (subject) => {
    const a = left(subject);
    if (a === decisive) return decisive;
    const b = right(subject);
    if (b === decisive) return decisive;
    return a === undefined || b === undefined ? undefined : !decisive;
  };
}

/**
 * `has(x) && x == 1` looks at x once: where the second is missing only with x, the two are whether it is true. (Of a stream
 * that goes on, `has` may not be known yet.)
 */
function joinPresence(conditions: readonly Compiled[]): Evaluate[] {
  const evaluates: Evaluate[] = [];
  for (let i = 0; i < conditions.length; i++) {
    const [{ asksFor, evaluate }, next] = [conditions[i]!, conditions[i + 1]];
    if (asksFor === undefined || next?.missingWith !== asksFor) evaluates.push(evaluate);
    else {
      const { evaluate: test } = next;
      evaluates.push((subject) => test(subject) === true);
      i++;
    }
  }
  return evaluates;
}

export function compileNot(node: UnaryNode, scope: Scope): Compiled {
  const condition = needCondition(node.operand, "!", scope);
  const { evaluate } = condition;
  return {
    type: "bool",
    evaluate: (subject) => {
      const value = evaluate(subject);
      return value === undefined ? undefined : !value;
    },
    node,
    conditions: [condition],
    inputs: condition.inputs,
  };
}

/** @param compileBranch where it stands as a condition itself: how its branches are compiled then */
export function compileConditional(
  node: ConditionalNode,
  scope: Scope,
  compileBranch: (node: Node, scope: Scope) => Compiled = scope.compile,
): Compiled {
  const condition = needCondition(node.condition, "?", scope);
  let [yes, no] = [compileBranch(node.yes, scope), compileBranch(node.no, scope)];
  // Where one branch is a condition, the other is none but that.
  if (yes.type === "bool" && no.type === "int") no = scope.compileCondition(node.no, scope);
  if (no.type === "bool" && yes.type === "int") yes = scope.compileCondition(node.yes, scope);
  const type = joinTypes(yes.type, no.type);
  const [first, second] = [convertTo(yes, type), convertTo(no, type)];
  return {
    type,
    evaluate: (subject) => {
      const value = condition.evaluate(subject);
      return value === undefined ? undefined : value === true ? first(subject) : second(subject);
    },
    node,
    inputs: joinInputs(condition, yes, no),
    ...(yes.type === "bool" && no.type === "bool" ? { conditions: [condition, yes, no] } : {}),
  };
}

/** How the value that stands where a condition has to becomes one. */
export function conditionHint({ constant, type, node }: Compiled, text: string): string | undefined {
  const written = text.slice(node.start, node.end);
  if (constant !== undefined) return type === "int" ? "a status has three digits" : undefined;
  if (type === "string") return `for example: ${written} == '…', or has(${written})`;
  if (type === "int" || type === "double") return `for example: ${written} > 0`;
  return type === "duration" ? `for example: ${written} > duration('100ms')` : undefined;
}

/** Only conditions can be joined or turned; what is known only when it runs is missing where it turns out to be none. */
export function needCondition(node: Node, symbol: string, scope: Scope): Compiled {
  const condition = scope.compileCondition(node, scope);
  if (condition.type === "bool") return condition;
  if (condition.type === "dyn" || !scope.isChecked) {
    const { evaluate } = condition;
    const asCondition: Evaluate = (subject) => {
      const value = evaluate(subject);
      return typeof value === "boolean" ? value : undefined;
    };
    return { ...condition, type: "bool", evaluate: asCondition };
  }
  throw new FilterFault(
    `${symbol} takes conditions, this is ${formatType(condition.type)}`,
    node.start,
    node.end,
    conditionHint(condition, scope.text),
  );
}
