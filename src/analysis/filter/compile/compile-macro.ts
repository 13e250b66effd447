import { spendMade, spendSteps } from "../budget.ts";
import { fromDynamic } from "../dynamic/convert.ts";
import { type Dynamic, DynamicMap, Optional } from "../dynamic/values.ts";
import { FilterFault } from "../filter-error.ts";
import type { CallNode, Node } from "../syntax/node.ts";
import { formatType, isListType, isMapType, isOptionalType, joinTypes, type Value, type ValueType } from "../value.ts";
import { blockName } from "./compile-block.ts";
import { type Compiled, type Evaluate, joinInputs, type Scope, type Subject, type Variable } from "./compiled.ts";
import { convertTo, dynamicOf } from "./convert-type.ts";
import { MACROS, type Macro } from "./macros.ts";

/** How many variables may be bound where one stands. */
const MAX_MACRO_DEPTH = 64;
const MAX_DEPTH = 100;

/** Whether a call is one of the macros that bind variables, by its name and how many arguments it has. */
export function isMacro({ name, target, args }: CallNode): boolean {
  if (target === undefined) return false;
  if (target.kind === "name" && target.name === "cel") return name === "bind" && args.length === 3;
  if (name === "optMap" || name === "optFlatMap") return args.length === 2;
  if (name === "or" || name === "orValue") return args.length === 1;
  return MACROS.get(name)?.some(({ variables, bodies }) => variables + bodies === args.length) ?? false;
}

/** `list.exists(x, …)` and the like; of a map they go over its keys, with two variables over keys and values. */
export function compileMacro(node: CallNode, scope: Scope): Compiled {
  if (scope.depth > MAX_DEPTH || scope.variables.size >= MAX_MACRO_DEPTH)
    throw new FilterFault(`macros are nested deeper than ${MAX_MACRO_DEPTH}`, node.nameStart, node.nameStart + 1);
  if (node.name === "bind") return compileBind(node, scope);
  if (node.name === "optMap" || node.name === "optFlatMap") return compileOptional(node, scope);
  if (node.name === "or" || node.name === "orValue") return compileOr(node, scope);
  const macro = MACROS.get(node.name)!.find(({ variables, bodies }) => variables + bodies === node.args.length)!;
  const over = scope.compile(node.target!, scope);
  const variables = node.args.slice(0, macro.variables).map((arg) => variableName(arg));
  const [first, second] = elementTypes(over, macro.variables, node, scope);
  const one: Variable = { type: first, value: undefined };
  const two: Variable = { type: second, value: undefined };
  const inner: Scope = {
    ...scope,
    variables: new Map([...scope.variables, ...variables.map((name, i) => [name, i === 0 ? one : two] as const)]),
  };
  const bodies = node.args.slice(macro.variables).map((arg, i) => compileBody(macro, arg, i, inner));
  return loop(macro, over, one, macro.variables === 2 ? two : undefined, bodies, node);
}

function variableName(arg: Node): string {
  if (arg.kind === "name" && !arg.name.startsWith(".")) return arg.name;
  const generated = blockName(arg);
  if (generated !== undefined) return generated;
  throw new FilterFault(
    "a name for what is looked at is expected here",
    arg.start,
    arg.end,
    "for example: list.exists(x, x > 1)",
  );
}

function elementTypes(over: Compiled, count: number, node: CallNode, scope: Scope): [ValueType, ValueType] {
  const { type } = over;
  if (isListType(type)) return count === 1 ? [type.list, "dyn"] : ["int", type.list];
  if (isMapType(type)) return [type.key ?? "string", type.map];
  if (type === "dyn" || !scope.isChecked) return ["dyn", "dyn"];
  throw new FilterFault(
    `a list or a map is expected before ${node.name}, not ${formatType(type)}`,
    over.node.start,
    over.node.end,
  );
}

function compileBody(macro: Macro, arg: Node, index: number, scope: Scope): Compiled {
  if (index >= macro.conditions) return scope.compile(arg, scope);
  const body = scope.compileCondition(arg, scope);
  if (body.type !== "bool" && body.type !== "dyn" && scope.isChecked)
    throw new FilterFault(`a condition is expected here, this is ${formatType(body.type)}`, arg.start, arg.end);
  return body;
}

function loop(
  macro: Macro,
  over: Compiled,
  one: Variable,
  two: Variable | undefined,
  bodies: readonly Compiled[],
  node: CallNode,
): Compiled {
  const result = macro.result(over.type, bodies.at(-1)!.type);
  // A step is about an operation: so many stand in the bodies.
  const size = bodies.reduce((sum, body) => sum + 1 + ((body.node.end - body.node.start) >>> 4), 0);
  const conditions = bodies.slice(0, macro.conditions).map(({ evaluate }) => evaluate);
  const values = bodies.slice(macro.conditions).map((body) => (macro.isDynamic ? dynamicOf(body) : body.evaluate));
  const condition = conditions[0];
  const value = values[0];
  return {
    type: result,
    evaluate: (subject) => {
      const collection = over.evaluate(subject);
      if (collection === undefined) return undefined;
      const items = itemsOf(collection, two !== undefined, one.type, two?.type);
      if (items === undefined) return undefined;
      const before = [one.value, two?.value] as const;
      const run = macro.begin();
      let answer: Value | undefined;
      let isDone = false;
      for (let i = 0; i < items.first.length && !isDone; i++) {
        spendSteps(size);
        one.value = items.first[i];
        if (two !== undefined) two.value = items.second![i];
        const step = run.step(condition?.(subject), value, subject, one.value, collection);
        if (step !== undefined) {
          isDone = true;
          answer = step.answer;
        }
      }
      [one.value] = before;
      if (two !== undefined) two.value = before[1];
      return isDone ? answer : run.end();
    },
    node,
    inputs: joinInputs(over, ...bodies),
  };
}

interface Items {
  readonly first: readonly Value[];
  readonly second?: readonly Value[];
}

function itemsOf(
  collection: Value,
  isTwo: boolean,
  first: ValueType,
  second: ValueType | undefined,
): Items | undefined {
  if (Array.isArray(collection)) {
    const list = collection as readonly Value[];
    if (!isTwo) return { first: list };
    return { first: list.map((_, i) => (first === "dyn" ? BigInt(i) : i)), second: list };
  }
  if (collection instanceof Map)
    return { first: [...collection.keys()], ...(isTwo && { second: [...collection.values()] }) };
  if (!(collection instanceof DynamicMap)) return undefined;
  spendMade(16 * collection.size);
  const keys = collection.keys().map((key) => fromDynamic(key, first)!);
  if (!isTwo) return { first: keys };
  return { first: keys, second: [...collection.entries()].map(([, value]) => fromDynamic(value, second!)!) };
}

/** `cel.bind(name, value, body)`. */
function compileBind(node: CallNode, scope: Scope): Compiled {
  const name = variableName(node.args[0]!);
  const bound = scope.compile(node.args[1]!, scope);
  const variable: Variable = { type: bound.type, value: undefined, inputs: bound.inputs };
  const body = scope.compile(node.args[2]!, { ...scope, variables: new Map(scope.variables).set(name, variable) });
  return {
    type: body.type,
    evaluate: (subject) => {
      const before = variable.value;
      variable.value = bound.evaluate(subject);
      const value = body.evaluate(subject);
      variable.value = before;
      return value;
    },
    node,
    inputs: joinInputs(bound, body),
  };
}

/** `optional.optMap(x, …)`, `optional.optFlatMap(x, …)`. */
function compileOptional(node: CallNode, scope: Scope): Compiled {
  const of = scope.compile(node.target!, scope);
  const isFlat = node.name === "optFlatMap";
  if (!isOptionalType(of.type) && of.type !== "dyn" && scope.isChecked)
    throw new FilterFault(`${node.name} takes an optional, this is ${formatType(of.type)}`, of.node.start, of.node.end);
  const type = isOptionalType(of.type) ? of.type.optional : "dyn";
  const variable: Variable = { type, value: undefined };
  const body = scope.compile(node.args[1]!, {
    ...scope,
    variables: new Map(scope.variables).set(variableName(node.args[0]!), variable),
  });
  const result = dynamicOf(body);
  return {
    type: isFlat ? body.type : { optional: body.type },
    evaluate: (subject) => {
      const optional = of.evaluate(subject);
      if (!(optional instanceof Optional)) return undefined;
      if (optional.value === undefined) return Optional.none;
      const before = variable.value;
      variable.value = fromDynamic(optional.value, type);
      const value = result(subject);
      variable.value = before;
      return value === undefined ? undefined : isFlat ? value : new Optional(value);
    },
    node,
    inputs: joinInputs(of, body),
  };
}

/** `optional.or(other)`, `optional.orValue(value)`: the other is looked at only where there is none. */
function compileOr(node: CallNode, scope: Scope): Compiled {
  const of = scope.compile(node.target!, scope);
  const other = scope.compile(node.args[0]!, scope);
  if (!isOptionalType(of.type) && of.type !== "dyn" && scope.isChecked)
    throw new FilterFault(`${node.name} takes an optional, this is ${formatType(of.type)}`, of.node.start, of.node.end);
  const inner = isOptionalType(of.type) ? of.type.optional : "dyn";
  const type = node.name === "or" ? other.type : joinTypes(inner, other.type);
  const otherwise = convertTo(other, type);
  const evaluate: Evaluate = (subject: Subject) => {
    const optional = of.evaluate(subject);
    if (!(optional instanceof Optional)) return undefined;
    if (optional.value === undefined) return otherwise(subject);
    return node.name === "or" ? optional : fromDynamic(optional.value as Dynamic, type);
  };
  return { type, evaluate, node, inputs: joinInputs(of, other) };
}
