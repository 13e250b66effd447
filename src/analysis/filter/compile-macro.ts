import type { Compiled, Evaluate, Scope, Variable } from "./compiled.ts";
import { FilterFault } from "./filter-error.ts";
import { withClosing } from "./source-range.ts";
import type { Expr } from "./syntax.ts";
import { formatType, isListType, isMapType, type Value, type ValueType } from "./value.ts";

/** How deep macros may stand in each other: each multiplies the time. */
const MAX_MACRO_DEPTH = 3;

/** `list.exists(x, …)`, `all`, `exists_one`, `filter`, `map`; of a map they go over its keys. */
export function compileMacro(node: Expr, scope: Scope): Compiled {
  const start = scope.tree.positionOf(node);
  const call = scope.tree.macroOf(node)?.exprKind;
  const fault = (message: string): FilterFault => new FilterFault(message, start, start + 1);
  if (call?.case !== "callExpr" || call.value.target === undefined) throw fault("this macro is not known");
  const [variableNode, body, more] = call.value.args;
  if (variableNode?.exprKind.case !== "identExpr" || body === undefined || more !== undefined)
    throw fault(`${call.value.function}(variable, condition) takes two arguments`);
  if (scope.variables.size >= MAX_MACRO_DEPTH) throw fault(`macros are nested deeper than ${MAX_MACRO_DEPTH}`);
  const over = scope.compile(call.value.target, scope);
  const variable: Variable = { type: elementType(over, fault), value: undefined };
  const inner = scope.compile(body, {
    ...scope,
    variables: new Map(scope.variables).set(variableNode.exprKind.value.name, variable),
  });
  const name = call.value.function;
  if (name !== "map" && inner.type !== "bool")
    throw new FilterFault(
      `${name} takes a condition, this is ${formatType(inner.type)}`,
      inner.range.start,
      inner.range.end,
    );
  const run = MACROS[name];
  if (run === undefined) throw fault(`${name} is not known`);
  const type: ValueType = name === "map" ? { list: inner.type } : name === "filter" ? { list: variable.type } : "bool";
  return {
    type,
    evaluate: (subject) => {
      const value = over.evaluate(subject);
      if (value === undefined) return undefined;
      const items = value instanceof Map ? [...value.keys()] : (value as Value[]);
      const before = variable.value;
      const result = run(items, variable, () => inner.evaluate(subject));
      variable.value = before;
      return result;
    },
    range: withClosing(scope.tree.text, { start: over.range.start, end: inner.range.end }, ")"),
    inputs: over.inputs,
  };
}

function elementType(over: Compiled, fault: (message: string) => FilterFault): ValueType {
  if (isListType(over.type)) return over.type.list;
  if (isMapType(over.type)) return "string";
  throw fault(`a list or a map is expected before this, not ${formatType(over.type)}`);
}

type Macro = (items: Value[], variable: Variable, body: () => ReturnType<Evaluate>) => Value | undefined;

/** A missing value of the body counts as CEL says: it spoils the result only where no other item decides it. */
const MACROS: Readonly<Record<string, Macro>> = {
  exists: (items, variable, body) => {
    let missing = false;
    for (variable.value of items) {
      const value = body();
      if (value === true) return true;
      if (value === undefined) missing = true;
    }
    return missing ? undefined : false;
  },
  all: (items, variable, body) => {
    let missing = false;
    for (variable.value of items) {
      const value = body();
      if (value === false) return false;
      if (value === undefined) missing = true;
    }
    return missing ? undefined : true;
  },
  exists_one: (items, variable, body) => {
    let count = 0;
    for (variable.value of items) {
      const value = body();
      if (value === undefined) return undefined;
      if (value === true) count++;
    }
    return count === 1;
  },
  filter: (items, variable, body) => {
    const kept: Value[] = [];
    for (variable.value of items) {
      const value = body();
      if (value === undefined) return undefined;
      if (value === true) kept.push(variable.value);
    }
    return kept;
  },
  map: (items, variable, body) => {
    const made: Value[] = [];
    for (variable.value of items) {
      const value = body();
      if (value === undefined) return undefined;
      made.push(value);
    }
    return made;
  },
};
