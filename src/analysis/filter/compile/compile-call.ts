import { suggestName } from "../../../wire/text/suggest-name.ts";
import { fromDynamic } from "../dynamic/convert.ts";
import type { Dynamic } from "../dynamic/values.ts";
import { FilterFault } from "../filter-error.ts";
import { accepts, type FilterFunction, type Parameter } from "../functions/function.ts";
import { FUNCTIONS } from "../functions/functions.ts";
import type { CallNode, Node } from "../syntax/node.ts";
import { formatType, type Value, type ValueType } from "../value.ts";
import { asOctets } from "./ascii.ts";
import { compileBlock, isBlock } from "./compile-block.ts";
import { compileHas } from "./compile-entry.ts";
import { compileMacro, isMacro } from "./compile-macro.ts";
import { isKnownName } from "./compile-name.ts";
import { type Compiled, type Evaluate, joinInputs, type Scope, type Subject } from "./compiled.ts";
import { convertTo, dynamicOf } from "./convert-type.ts";

/** `x.f(y)`, `f(x, y)`, `math.f(x)`, and macros. */
export function compileCall(node: CallNode, scope: Scope): Compiled {
  if (node.name === "has" && node.target === undefined && node.args.length === 1)
    return compileHas(node, node.args[0]!, scope);
  if (isMacro(node)) return compileMacro(node, scope);
  if (isBlock(node)) return compileBlock(node, scope);
  const library = libraryOf(node.target, scope);
  const name = library === undefined ? node.name : `${library}.${node.name}`;
  const overloads = FUNCTIONS.get(name);
  if (overloads === undefined) {
    if (scope.isChecked) throw unknownFunction(node, name, library);
    return { type: "dyn", evaluate: () => undefined, node, inputs: [] };
  }
  const nodes = node.target === undefined || library !== undefined ? node.args : [node.target, ...node.args];
  let values = nodes.map((part) => scope.compile(part, scope));
  if (BY_OCTETS.has(name) && values.length === 2) values = [asOctets(values[0]!, [values[1]!]), values[1]!];
  const { certain, possible } = choose(overloads, values, scope.isChecked);
  if (certain !== undefined) return call(name, certain, values, node, scope);
  if (possible.length === 0 && scope.isChecked) throw wrongArguments(name, overloads, values, node);
  return callDynamic(possible, values, node);
}

/** Functions that give the same for octets as for texts, where the other text is ASCII. */
const BY_OCTETS = new Set(["startsWith", "endsWith", "contains", "glob"]);

/** `math` in `math.abs(x)`; undefined where the target is a value. */
function libraryOf(target: Node | undefined, scope: Scope): string | undefined {
  if (target?.kind !== "name" || isKnownName(target.name, scope)) return undefined;
  return LIBRARIES.has(target.name) ? target.name : undefined;
}

const LIBRARIES: ReadonlySet<string> = new Set(
  [...FUNCTIONS.keys()].filter((name) => name.includes(".")).map((name) => name.slice(0, name.indexOf("."))),
);

function unknownFunction(node: CallNode, name: string, library: string | undefined): FilterFault {
  const start = library === undefined ? node.nameStart : node.start;
  const near = suggestName(name, [...FUNCTIONS.keys(), "exists", "exists_one", "all", "filter", "map", "has"]);
  return new FilterFault(
    `there is no function ${name}`,
    start,
    node.nameStart + node.name.length,
    near && `did you mean ${near}?`,
  );
}

/** The form that takes values of these types, or those that may turn out to. */
function choose(
  overloads: readonly FilterFunction[],
  values: readonly Compiled[],
  isChecked: boolean,
): { certain: FilterFunction | undefined; possible: FilterFunction[] } {
  const possible: FilterFunction[] = [];
  for (const candidate of overloads) {
    if (!fitsCount(candidate, values.length)) continue;
    const fits = values.map(({ type }, i) => accepts(parameterAt(candidate, i), type));
    if (fits.every((fit) => fit === "yes")) return { certain: candidate, possible };
    if (!fits.includes("no") || !isChecked) possible.push(candidate);
  }
  return { certain: undefined, possible };
}

function fitsCount({ parameters, required, repeated }: FilterFunction, count: number): boolean {
  return count >= (required ?? parameters.length) && (repeated === true || count <= parameters.length);
}

function parameterAt({ parameters }: FilterFunction, index: number): Parameter {
  return parameters[Math.min(index, parameters.length - 1)]!;
}

function wrongArguments(
  name: string,
  overloads: readonly FilterFunction[],
  values: readonly Compiled[],
  node: CallNode,
): FilterFault {
  const forms = overloads.map(({ parameters }) => `${name}(${parameters.map(describe).join(", ")})`);
  const found = values.map(({ type }) => formatType(type)).join(", ");
  return new FilterFault(`${name} does not take (${found})`, node.start, node.end, `there is ${forms.join(" and ")}`);
}

function describe(parameter: Parameter): string {
  return ["list", "map", "number", "optional", "ordered"].includes(parameter as string)
    ? (parameter as string)
    : formatType(parameter as ValueType);
}

function call(
  name: string,
  chosen: FilterFunction,
  values: readonly Compiled[],
  node: CallNode,
  scope: Scope,
): Compiled {
  const inputs = joinInputs(...values);
  const { result } = chosen;
  const type = typeof result === "function" ? result(values.map((value) => value.type)) : result;
  const literal = values.at(-1)?.constant;
  if (chosen.prepare !== undefined && typeof literal === "string")
    return {
      type,
      evaluate: prepared(chosen.prepare, values, literal, scope),
      node,
      inputs,
      ...(BY_OCTETS.has(name) && values[0]!.missingWith && { missingWith: values[0]!.missingWith }),
    };
  const evaluate = run(chosen, values, type);
  if (chosen.strict !== true || values.some(({ constant }) => constant === undefined))
    return { type, evaluate, node, inputs };
  const constant = evaluate(undefined as never);
  if (constant === undefined)
    throw new FilterFault(`${name} has no value for this`, values[0]!.node.start, values[0]!.node.end, EXAMPLES[name]);
  return { type, evaluate: () => constant, constant, node, inputs };
}

const EXAMPLES: Readonly<Record<string, string>> = {
  duration: "for example: duration('250ms')",
  timestamp: "for example: timestamp('2026-01-31T12:00:00Z')",
};

function prepared(
  prepare: NonNullable<FilterFunction["prepare"]>,
  values: readonly Compiled[],
  literal: string,
  scope: Scope,
): Evaluate {
  const { evaluate } = values[0]!;
  const { start, end } = values.at(-1)!.node;
  let test: (value: never) => Value | undefined;
  try {
    test = prepare(literal, scope.limits);
  } catch (error) {
    throw new FilterFault(error instanceof Error ? error.message : String(error), start, end);
  }
  return (subject) => {
    const value = evaluate(subject);
    return value === undefined ? undefined : test(value as never);
  };
}

function run(
  chosen: FilterFunction,
  values: readonly Pick<Compiled, "evaluate" | "type">[],
  type: ValueType,
): Evaluate {
  const { dynamic, call: plain } = chosen;
  if (dynamic !== undefined) {
    const apply = spread(
      dynamic as (...values: unknown[]) => Dynamic | undefined,
      values.map((value) => dynamicOf(value)),
    );
    return (subject) => {
      const result = apply(subject);
      return result === undefined ? undefined : fromDynamic(result, type);
    };
  }
  const evaluates = values.map((value, i) => {
    const parameter = parameterAt(chosen, i);
    return isKind(parameter) ? value.evaluate : convertTo(value, parameter as ValueType);
  });
  return spread(plain as (...values: unknown[]) => Value | undefined, evaluates);
}

function isKind(parameter: Parameter): boolean {
  return ["list", "map", "number", "optional", "ordered"].includes(parameter as string);
}

/** Calls with what the expressions give; undefined where one gives nothing. */
function spread<T>(
  apply: (...values: unknown[]) => T | undefined,
  evaluates: readonly ((subject: Subject) => unknown)[],
): (subject: Subject) => T | undefined {
  const [first, second] = evaluates;
  if (evaluates.length === 1)
    return (subject) => {
      const a = first!(subject);
      return a === undefined ? undefined : apply(a);
    };
  if (evaluates.length === 2)
    return (subject) => {
      const a = first!(subject);
      if (a === undefined) return undefined;
      const b = second!(subject);
      return b === undefined ? undefined : apply(a, b);
    };
  return (subject) => {
    const given: unknown[] = [];
    for (const evaluate of evaluates) {
      const value = evaluate(subject);
      if (value === undefined) return undefined;
      given.push(value);
    }
    return apply(...given);
  };
}

/** The form is chosen by the values. */
function callDynamic(possible: readonly FilterFunction[], values: readonly Compiled[], node: CallNode): Compiled {
  const evaluates = values.map((value) => dynamicOf(value));
  const results = new Set(possible.map(({ result }) => (typeof result === "function" ? "dyn" : formatType(result))));
  const [only] = possible;
  const type = results.size === 1 && typeof only!.result !== "function" ? only!.result : "dyn";
  return {
    type,
    evaluate: (subject) => {
      const given: Dynamic[] = [];
      for (const evaluate of evaluates) {
        const value = evaluate(subject);
        if (value === undefined) return undefined;
        given.push(value);
      }
      return dispatch(possible, given, type);
    },
    node,
    inputs: joinInputs(...values),
  };
}

function dispatch(possible: readonly FilterFunction[], given: readonly Dynamic[], type: ValueType): Value | undefined {
  const types = given.map(dynamicType);
  const constants = given.map((value) => ({ type: "dyn" as const, evaluate: () => value }));
  for (const candidate of possible) {
    if (!types.every((one, i) => accepts(parameterAt(candidate, i), one) !== "no")) continue;
    const result = typeof candidate.result === "function" ? "dyn" : candidate.result;
    const value = run(candidate, constants, result)(undefined as never);
    if (value === undefined) return undefined;
    return type === "dyn" && result !== "dyn"
      ? dynamicOf({ type: result, evaluate: () => value })(undefined as never)
      : value;
  }
  return undefined;
}

/** As much of a value's type as a function asks for. */
function dynamicType(value: Dynamic): ValueType {
  if (value === null) return "null";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
  }
  if (Array.isArray(value)) return { list: "dyn" };
  if (value instanceof Uint8Array) return "bytes";
  return OBJECTS[value.constructor.name] ?? "dyn";
}

const OBJECTS: Readonly<Record<string, ValueType>> = {
  Uint: "uint",
  Instant: "timestamp",
  Span: "duration",
  TypeValue: "type",
  DynamicMap: { map: "dyn", key: "dyn" },
  Optional: { optional: "dyn" },
};
