import { withPortFor } from "./compare-ports.ts";
import { type Compiled, type Evaluate, joinInputs, type Range, type Scope } from "./compiled.ts";
import { FilterFault } from "./filter-error.ts";
import { equalityOf } from "./operators.ts";
import { onceKnown } from "./presence.ts";
import { joinRanges, withClosing } from "./source-range.ts";
import type { Call } from "./syntax.ts";
import { formatType, isListType, isMapType, sameType, type Value, type ValueType } from "./value.ts";

/** `map.key` and `map['key']`. */
export function selectEntry(map: Compiled, key: string, range: Range, scope: Scope): Compiled {
  const { type, evaluate } = map;
  if (!isMapType(type)) {
    const what = scope.tree.text.slice(map.range.start, map.range.end);
    throw new FilterFault(`${what} is ${formatType(type)}: it has no ${key}`, range.start, range.end);
  }
  const find: Evaluate =
    map.entry?.(key) ?? ((subject) => (evaluate(subject) as ReadonlyMap<string, Value> | undefined)?.get(key));
  const own: Compiled = {
    type: type.map,
    evaluate: find,
    range,
    inputs: [],
    label: scope.tree.text.slice(range.start, range.end),
    ...(map.phase === undefined ? {} : { phase: map.phase }),
  };
  return { ...own, inputs: [own] };
}

/** All of one type. */
export function compileList(elements: readonly Compiled[], first: Range, text: string): Compiled {
  const type = elements[0]?.type ?? "string";
  for (const element of elements)
    if (!sameType(element.type, type))
      throw new FilterFault(
        `a list holds one type: this is ${formatType(element.type)}, the first is ${formatType(type)}`,
        element.range.start,
        element.range.end,
      );
  const range = withClosing(text, joinRanges(first, ...elements.map((element) => element.range)), "]");
  const inputs = elements.flatMap((element) => element.inputs);
  if (elements.every(({ constant }) => constant !== undefined)) {
    const value = elements.map(({ constant }) => constant!);
    return { type: { list: type }, evaluate: () => value, constant: value, range, inputs };
  }
  return {
    type: { list: type },
    evaluate: (subject) => {
      const values: Value[] = [];
      for (const { evaluate } of elements) {
        const value = evaluate(subject);
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
    range,
    inputs,
  };
}

/** `map[key]`, `list[index]`. */
export function compileIndex(call: Call, scope: Scope): Compiled {
  const of = scope.compile(call.args[0]!, scope);
  const index = scope.compile(call.args[1]!, scope);
  const range = withClosing(scope.tree.text, joinRanges(of.range, index.range), "]");
  if (isMapType(of.type) && typeof index.constant === "string") return selectEntry(of, index.constant, range, scope);
  const wanted = isMapType(of.type) ? "string" : isListType(of.type) ? "int" : undefined;
  if (wanted === undefined) throw new FilterFault(`${formatType(of.type)} has no entries`, range.start, range.end);
  if (index.type !== wanted)
    throw new FilterFault(
      `the entries of ${formatType(of.type)} are found by ${wanted}, this is ${formatType(index.type)}`,
      index.range.start,
      index.range.end,
    );
  return {
    type: isMapType(of.type) ? of.type.map : (of.type as { list: ValueType }).list,
    evaluate: (subject) => {
      const whole = of.evaluate(subject);
      const key = index.evaluate(subject);
      if (whole === undefined || key === undefined) return undefined;
      return whole instanceof Map ? (whole.get(key as string) as Value | undefined) : (whole as Value[])[key as number];
    },
    range,
    inputs: joinInputs(of, index),
  };
}

/** `x in list`, `key in map`. */
export function compileIn(item: Compiled, collection: Compiled, { kind }: Pick<Scope, "kind">): Compiled {
  const range = joinRanges(item.range, collection.range);
  const inputs = joinInputs(item, collection);
  if (isMapType(collection.type) && item.type === "string") {
    const { entry } = collection;
    if (entry !== undefined && typeof item.constant === "string") {
      const find = entry(item.constant);
      return {
        type: "bool",
        evaluate: onceKnown((subject) => find(subject) !== undefined, inputs, kind),
        range,
        inputs,
      };
    }
    return both(item, collection, range, inputs, (key, map) => (map as ReadonlyMap<Value, Value>).has(key));
  }
  if (!isListType(collection.type) || !sameType(collection.type.list, item.type))
    throw new FilterFault(
      `${formatType(item.type)} cannot be in ${formatType(collection.type)}`,
      range.start,
      range.end,
      collection.type === "string" ? "text.contains(part) looks into a text" : undefined,
    );
  const value = withPortFor(item, collection);
  const { constant } = collection;
  if (Array.isArray(constant) && typeof item.type === "string" && item.type !== "bytes" && item.type !== "timestamp") {
    const known = new Set<Value>(constant);
    return both(value, collection, range, inputs, (candidate) => known.has(candidate));
  }
  const equal = equalityOf(item.type);
  return both(value, collection, range, inputs, (candidate, list) =>
    (list as Value[]).some((entry) => equal(candidate, entry)),
  );
}

function both(
  left: Compiled,
  right: Compiled,
  range: Range,
  inputs: readonly Compiled[],
  test: (a: Value, b: Value) => boolean,
): Compiled {
  const evaluate: Evaluate = (subject) => {
    const a = left.evaluate(subject);
    const b = right.evaluate(subject);
    return a === undefined || b === undefined ? undefined : test(a, b);
  };
  return { type: "bool", evaluate, range, inputs };
}
