import { spendMade, spendSteps } from "../budget.ts";
import { type Dynamic, DynamicMap, Optional } from "../dynamic/values.ts";
import { FilterFault } from "../filter-error.ts";
import type { ListNode, MapNode } from "../syntax/node.ts";
import { formatType, isOptionalType, joinTypes, type Value, type ValueType } from "../value.ts";
import { type Compiled, joinInputs, type Scope } from "./compiled.ts";
import { convertTo, dynamicOf } from "./convert-type.ts";

/** `[a, b, ?c]`. */
export function compileList(node: ListNode, scope: Scope): Compiled {
  const elements = node.elements.map(({ value, optional }) => ({ part: scope.compile(value, scope), optional }));
  const parts = elements.map(({ part }) => part);
  const types = elements.map(({ part, optional }) => (optional ? innerType(part, scope) : part.type));
  const type: ValueType = { list: types.length === 0 ? "dyn" : types.reduce(joinTypes) };
  const inputs = joinInputs(...parts);
  if (elements.some(({ optional }) => optional)) return optionalList(node, elements, inputs);
  const evaluates = parts.map((part) => convertTo(part, type.list));
  if (parts.every(({ constant }) => constant !== undefined)) {
    const value = evaluates.map((evaluate) => evaluate(undefined as never)!);
    return { type, evaluate: () => value, constant: value, node, inputs };
  }
  return {
    type,
    evaluate: (subject) => {
      spendMade(8 * evaluates.length);
      const values: Value[] = [];
      for (const evaluate of evaluates) {
        const value = evaluate(subject);
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
    node,
    inputs,
  };
}

function innerType(part: Compiled, scope: Scope): ValueType {
  if (isOptionalType(part.type)) return part.type.optional;
  if (part.type !== "dyn" && scope.isChecked)
    throw new FilterFault(`? takes an optional, this is ${formatType(part.type)}`, part.node.start, part.node.end);
  return "dyn";
}

function optionalList(
  node: ListNode,
  elements: readonly { readonly part: Compiled; readonly optional: boolean }[],
  inputs: readonly Compiled[],
): Compiled {
  const made = elements.map(({ part, optional }) => ({ evaluate: dynamicOf(part), optional }));
  return {
    type: { list: "dyn" },
    evaluate: (subject) => {
      const values: Dynamic[] = [];
      for (const { evaluate, optional } of made) {
        const value = evaluate(subject);
        if (value === undefined) return undefined;
        if (!optional) values.push(value);
        else if (!(value instanceof Optional)) return undefined;
        else if (value.value !== undefined) values.push(value.value);
      }
      return values;
    },
    node,
    inputs,
  };
}

/** `{key: value, ?key: optional}`: with keys that are all texts, and values of one type, as an attribute's map is. */
export function compileMap(node: MapNode, scope: Scope): Compiled {
  const entries = node.entries.map(({ key, value, optional }) => ({
    key: scope.compile(key, scope),
    value: scope.compile(value, scope),
    optional,
  }));
  for (const { key } of entries) checkKey(key, scope);
  const inputs = joinInputs(...entries.flatMap(({ key, value }) => [key, value]));
  const keyType = entries.length === 0 ? "dyn" : entries.map(({ key }) => key.type).reduce(joinTypes);
  const valueType =
    entries.length === 0
      ? "dyn"
      : entries.map(({ value, optional }) => (optional ? innerType(value, scope) : value.type)).reduce(joinTypes);
  const build = mapBuilder(entries);
  // The type is told by its key: only a map of texts has values whose types are known.
  if (keyType !== "string" || entries.some(({ optional }) => optional))
    return { type: { map: "dyn", key: keyType === "string" ? "dyn" : keyType }, evaluate: build, node, inputs };
  const values = entries.map(({ key, value }) => [key.evaluate, convertTo(value, valueType)] as const);
  return {
    type: { map: valueType },
    evaluate: (subject) => {
      const map = new Map<string, Value>();
      spendMade(32 * values.length);
      for (const [key, value] of values) {
        const name = key(subject) as string | undefined;
        const item = value(subject);
        if (name === undefined || item === undefined || map.has(name)) return undefined;
        map.set(name, item);
      }
      return map;
    },
    node,
    inputs,
  };
}

function checkKey({ type, node }: Compiled, scope: Scope): void {
  if (!scope.isChecked || ["dyn", "string", "int", "uint", "bool"].includes(type as string)) return;
  throw new FilterFault(`${formatType(type)} can be no key of a map`, node.start, node.end);
}

function mapBuilder(
  entries: readonly { readonly key: Compiled; readonly value: Compiled; readonly optional: boolean }[],
): (subject: Parameters<Compiled["evaluate"]>[0]) => DynamicMap | undefined {
  const made = entries.map(({ key, value, optional }) => ({ key: dynamicOf(key), value: dynamicOf(value), optional }));
  return (subject) => {
    const map = new DynamicMap();
    spendMade(32 * made.length);
    spendSteps(made.length);
    for (const { key, value, optional } of made) {
      const name = key(subject);
      let item = value(subject);
      if (name === undefined || item === undefined) return undefined;
      if (optional) {
        if (!(item instanceof Optional)) return undefined;
        if (item.value === undefined) continue;
        item = item.value;
      }
      if (!map.add(name, item)) return undefined;
    }
    return map;
  };
}
