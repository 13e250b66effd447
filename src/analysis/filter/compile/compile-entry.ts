import { findAttribute } from "../attributes/table.ts";
import { spendSteps } from "../budget.ts";
import { dynamicEntry } from "../dynamic/operations.ts";
import { DynamicMap, Optional } from "../dynamic/values.ts";
import { FilterFault } from "../filter-error.ts";
import type { IndexNode, Node, SelectNode } from "../syntax/node.ts";
import { formatType, isListType, isMapType, isOptionalType, isTextMap, type Value, type ValueType } from "../value.ts";
import { compileName, isKnownName } from "./compile-name.ts";
import { type Compiled, type Evaluate, joinInputs, onceKnown, type Scope } from "./compiled.ts";
import { dynamicOf } from "./convert-type.ts";
import { meantAttribute, unknownName } from "./unknown-name.ts";

/** `a.b.c`: a variable of a macro or the longest attribute name, and then entries of a map. */
export function compileSelection(node: SelectNode, scope: Scope): Compiled {
  const name = dottedName(node);
  if (name !== undefined) {
    const known = name.replace(/^\./, "");
    if (!scope.variables.has(known.split(".")[0]!) || scope.variables.has(known)) {
      if (isKnownName(known, scope)) return compileName([known], node, scope);
      if (scope.isChecked && !hasKnownStart(node.operand, scope)) {
        const meant = meantAttribute(known, scope.text.slice(node.end));
        if (meant !== undefined) throw new FilterFault(`there is no attribute ${known}`, node.start, node.end, meant);
        if (isUnknownStart(node.operand)) throw unknownName(known, node, scope.text);
      }
    }
  }
  const operand = scope.compile(node.operand, scope);
  return node.optional ? optionalEntry(operand, node.field, node) : selectEntry(operand, node.field, node, scope);
}

function dottedName(node: Node): string | undefined {
  if (node.kind === "name") return node.name;
  if (node.kind !== "select" || node.optional) return undefined;
  const before = dottedName(node.operand);
  return before === undefined ? undefined : `${before}.${node.field}`;
}

/** Whether some beginning of `a.b.c` means something. */
function hasKnownStart(node: Node, scope: Scope): boolean {
  const name = dottedName(node);
  if (name !== undefined && isKnownName(name.replace(/^\./, ""), scope)) return true;
  return node.kind === "select" && hasKnownStart(node.operand, scope);
}

/** Where nothing of `a.b.c` means anything, the fault is told of the shortest that could have been a name. */
function isUnknownStart(node: Node): boolean {
  return node.kind === "name";
}

/** `map.key` and `map['key']`. */
export function selectEntry(map: Compiled, key: string, node: Node, scope: Scope): Compiled {
  const { type, evaluate } = map;
  if (!isTextMap(type)) return selectDynamic(map, key, node, scope);
  const find: Evaluate =
    map.entry?.(key) ?? ((subject) => (evaluate(subject) as ReadonlyMap<string, Value> | undefined)?.get(key));
  const label = scope.text.slice(node.start, node.end);
  const own: Compiled = {
    type: type.map,
    evaluate: find,
    node,
    inputs: [],
    label,
    missingWith: label,
    ...(map.entryOctets && { octets: map.entryOctets(key) }),
    ...(map.phase === undefined ? {} : { phase: map.phase }),
  };
  return map.inputs.length === 0 ? own : { ...own, inputs: [own] };
}

function selectDynamic(of: Compiled, key: string, node: Node, scope: Scope): Compiled {
  if (of.type !== "dyn" && !isMapType(of.type) && !isOptionalType(of.type)) {
    const written = scope.text.slice(of.node.start, of.node.end);
    if (scope.isChecked)
      throw new FilterFault(`${written} is ${formatType(of.type)}: it has no ${key}`, node.start, node.end);
  }
  if (isOptionalType(of.type)) return optionalEntry(of, key, node);
  const whole = dynamicOf(of);
  return {
    type: isMapType(of.type) ? of.type.map : "dyn",
    evaluate: (subject) => {
      const map = whole(subject);
      if (map instanceof Optional) return entryOfOptional(map, key);
      return map instanceof DynamicMap ? map.get(key) : undefined;
    },
    node,
    inputs: of.inputs,
  };
}

/** `map[key]`, `list[index]`. */
export function compileIndex(node: IndexNode, scope: Scope): Compiled {
  const of = scope.compile(node.operand, scope);
  const index = scope.compile(node.index, scope);
  if (node.optional || isOptionalType(of.type)) return optionalIndex(of, index, node);
  if (isTextMap(of.type) && typeof index.constant === "string") return selectEntry(of, index.constant, node, scope);
  const wanted: ValueType | undefined = isMapType(of.type)
    ? (of.type.key ?? "string")
    : isListType(of.type)
      ? "int"
      : undefined;
  const isPlain = wanted === index.type && (isListType(of.type) || isTextMap(of.type));
  if (isPlain) return plainIndex(of, index, node);
  checkIndex(of, index, wanted, node, scope);
  const [whole, key] = [dynamicOf(of), dynamicOf(index)];
  return {
    type: "dyn",
    evaluate: (subject) => {
      const map = whole(subject);
      const at = key(subject);
      return map === undefined || at === undefined ? undefined : dynamicEntry(map, at);
    },
    node,
    inputs: joinInputs(of, index),
  };
}

function plainIndex(of: Compiled, index: Compiled, node: Node): Compiled {
  const inputs = joinInputs(of, index);
  const { normalizeKey = (key: string) => key } = of;
  if (isListType(of.type))
    return {
      type: of.type.list,
      evaluate: (subject) => {
        const list = of.evaluate(subject) as readonly Value[] | undefined;
        const at = index.evaluate(subject);
        return list === undefined || at === undefined ? undefined : list[at as number];
      },
      node,
      inputs,
    };
  return {
    type: (of.type as { map: ValueType }).map,
    evaluate: (subject) => {
      const key = index.evaluate(subject) as string | undefined;
      if (key === undefined) return undefined;
      spendSteps(1);
      return (of.evaluate(subject) as ReadonlyMap<string, Value> | undefined)?.get(normalizeKey(key));
    },
    node,
    inputs,
  };
}

function checkIndex(of: Compiled, index: Compiled, wanted: ValueType | undefined, node: Node, scope: Scope): void {
  if (!scope.isChecked || of.type === "dyn") return;
  if (wanted === undefined)
    throw new FilterFault(
      `${formatType(of.type)} has no entries`,
      node.start,
      node.end,
      of.type === "string" ? "text.charAt(0) gives a character, text.substring(0, 3) several" : undefined,
    );
  const isNumber = (type: ValueType): boolean => type === "int" || type === "uint" || type === "double";
  if (index.type === "dyn" || wanted === "dyn" || index.type === wanted) return;
  if (isMapType(of.type) && isNumber(wanted) && isNumber(index.type)) return;
  throw new FilterFault(
    `the entries of ${formatType(of.type)} are found by ${formatType(wanted)}, this is ${formatType(index.type)}`,
    index.node.start,
    index.node.end,
  );
}

/** `map.?key`: an optional, empty where there is no such key. */
function optionalEntry(of: Compiled, key: string, node: Node): Compiled {
  return optionalIndex(of, { type: "string", evaluate: () => key, node, inputs: [] }, node);
}

function optionalIndex(of: Compiled, index: Compiled, node: Node): Compiled {
  const [whole, key] = [dynamicOf(of), dynamicOf(index)];
  const inner = isOptionalType(of.type) ? of.type.optional : of.type;
  return {
    type: { optional: isMapType(inner) ? inner.map : isListType(inner) ? inner.list : "dyn" },
    evaluate: (subject) => {
      const map = whole(subject);
      const at = key(subject);
      if (map === undefined || at === undefined) return undefined;
      if (map instanceof Optional) return entryOfOptional(map, at);
      return Array.isArray(map) || map instanceof DynamicMap ? new Optional(dynamicEntry(map, at)) : undefined;
    },
    node,
    inputs: joinInputs(of, index),
  };
}

function entryOfOptional(of: Optional, key: Parameters<typeof dynamicEntry>[1]): Optional | undefined {
  if (of.value === undefined) return Optional.none;
  return Array.isArray(of.value) || of.value instanceof DynamicMap
    ? new Optional(dynamicEntry(of.value, key))
    : undefined;
}

/** `has(x)`: whether `x` has a value. Missing itself only where a stream has not come so far yet. */
export function compileHas(node: Node, argument: Node, scope: Scope): Compiled {
  const value = scope.compile(argument, scope);
  const { inputs } = value;
  const evaluate = value.octets ?? value.evaluate;
  if (argument.kind === "select" && value.label === undefined && !findAttribute(dottedName(argument) ?? "")) {
    const map = scope.compile(argument.operand, scope);
    const whole = dynamicOf(map);
    const test: Evaluate = (subject) => {
      const of = whole(subject);
      if (of instanceof Optional) return entryOfOptional(of, argument.field)?.value !== undefined;
      return of instanceof DynamicMap ? of.has(argument.field) : undefined;
    };
    return { type: "bool", evaluate: test, node, inputs: map.inputs };
  }
  return {
    type: "bool",
    evaluate: onceKnown((subject) => evaluate(subject) !== undefined, inputs, scope.kind),
    node,
    inputs,
    ...(value.label !== undefined && { asksFor: value.label }),
  };
}
