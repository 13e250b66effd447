import { type Compiled, type Evaluate, joinInputs } from "./compiled.ts";
import { FilterFault } from "./filter-error.ts";
import { joinRanges } from "./source-range.ts";
import { formatType, sameType } from "./value.ts";

/**
 * CEL's logic with missing values: `false && missing` is false and `true || missing` is true, in either order; `!missing`
 * is missing. (https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators)
 */
export function compileAnd(conditions: readonly Compiled[]): Compiled {
  return combine(conditions, "&&", false);
}

export function compileOr(conditions: readonly Compiled[]): Compiled {
  return combine(conditions, "||", true);
}

/** @param decisive the value of one condition that decides the whole. */
function combine(conditions: readonly Compiled[], symbol: string, decisive: boolean): Compiled {
  for (const condition of conditions) checkCondition(condition, symbol);
  const evaluates = conditions.map(({ evaluate }) => evaluate);
  return {
    type: "bool",
    evaluate:
      evaluates.length === 2 ? combineTwo(evaluates[0]!, evaluates[1]!, decisive) : combineAll(evaluates, decisive),
    range: joinRanges(...conditions.map(({ range }) => range)),
    conditions,
    inputs: joinInputs(...conditions),
  };
}

function combineTwo(left: Evaluate, right: Evaluate, decisive: boolean): Evaluate {
  return (subject) => {
    const a = left(subject);
    if (a === decisive) return decisive;
    const b = right(subject);
    if (b === decisive) return decisive;
    return a === undefined || b === undefined ? undefined : !decisive;
  };
}

function combineAll(evaluates: readonly Evaluate[], decisive: boolean): Evaluate {
  return (subject) => {
    let missing = false;
    for (const evaluate of evaluates) {
      const value = evaluate(subject);
      if (value === decisive) return decisive;
      if (value === undefined) missing = true;
    }
    return missing ? undefined : !decisive;
  };
}

export function compileNot(condition: Compiled, start: number): Compiled {
  checkCondition(condition, "!");
  const { evaluate } = condition;
  return {
    type: "bool",
    evaluate: (subject) => {
      const value = evaluate(subject);
      return value === undefined ? undefined : !value;
    },
    range: { start: Math.min(start, condition.range.start), end: condition.range.end },
    conditions: [condition],
    inputs: condition.inputs,
  };
}

export function compileConditional([condition, yes, no]: readonly [Compiled, Compiled, Compiled]): Compiled {
  checkCondition(condition, "?");
  if (!sameType(yes.type, no.type))
    throw new FilterFault(
      `both results of ?: have one type: these are ${formatType(yes.type)} and ${formatType(no.type)}`,
      yes.range.start,
      no.range.end,
    );
  return {
    type: yes.type,
    evaluate: (subject) => {
      const value = condition.evaluate(subject);
      return value === undefined ? undefined : value === true ? yes.evaluate(subject) : no.evaluate(subject);
    },
    range: joinRanges(condition.range, no.range),
    inputs: joinInputs(condition, yes, no),
    ...(yes.type === "bool" ? { conditions: [condition, yes, no] } : {}),
  };
}

/** Only conditions can be joined or turned. */
function checkCondition({ type, range }: Compiled, symbol: string): void {
  if (type !== "bool")
    throw new FilterFault(`${symbol} takes conditions, this is ${formatType(type)}`, range.start, range.end);
}
