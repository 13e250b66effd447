import { spendSteps } from "../budget.ts";
import { dynamicContains } from "../dynamic/operations.ts";
import { FilterFault } from "../filter-error.ts";
import { equalityOf } from "../operators.ts";
import type { BinaryNode } from "../syntax/node.ts";
import { formatType, isListType, isMapType, isNumeric, isTextMap, mayBe, sameType, type Value } from "../value.ts";
import { checkClosedSet } from "./closed-set.ts";
import { addressInList } from "./compare-addresses.ts";
import { type Compiled, type Evaluate, joinInputs, onceKnown, type Scope } from "./compiled.ts";
import { dynamicOf } from "./convert-type.ts";

/** `x in list`, `key in map`. */
export function compileIn(node: BinaryNode, item: Compiled, collection: Compiled, scope: Scope): Compiled {
  const inputs = joinInputs(item, collection);
  const made = (evaluate: Evaluate): Compiled => ({ type: "bool", evaluate, node, inputs });
  checkClosedSet(item, collection);
  checkClosedSet(collection, item);
  if (isTextMap(collection.type) && item.type === "string") return inMap(item, collection, made, inputs, scope);
  if (isListType(collection.type) && sameType(collection.type.list, item.type)) {
    const { holds, holdsWithoutBodies, missingWith } = collection;
    if (holds !== undefined && typeof item.constant === "string") {
      if (holdsWithoutBodies?.(item.constant) === true) scope.bodies.reads--;
      return { ...made(holds(item.constant)), ...(missingWith && { missingWith }) };
    }
    const ofAddresses = addressInList(item, collection);
    return made(ofAddresses ?? inList(item, collection));
  }
  checkTypes(item, collection, node, scope);
  const [value, whole] = [dynamicOf(item), dynamicOf(collection)];
  return made((subject) => {
    const a = value(subject);
    const b = whole(subject);
    return a === undefined || b === undefined ? undefined : dynamicContains(a, b);
  });
}

function inMap(
  item: Compiled,
  collection: Compiled,
  made: (evaluate: Evaluate) => Compiled,
  inputs: readonly Compiled[],
  { kind }: Scope,
): Compiled {
  const { entry, entryOctets = entry, normalizeKey = (name: string) => name, evaluate } = collection;
  if (entryOctets !== undefined && typeof item.constant === "string") {
    const has = entryOctets(item.constant);
    return made(onceKnown((subject) => has(subject) !== undefined, inputs, kind));
  }
  const key = item.evaluate;
  return made((subject) => {
    const name = key(subject) as string | undefined;
    if (name === undefined) return undefined;
    spendSteps(1);
    const map = evaluate(subject) as ReadonlyMap<string, Value> | undefined;
    return map?.has(normalizeKey(name));
  });
}

function inList(item: Compiled, list: Compiled): Evaluate {
  const { constant } = list;
  const { type, evaluate } = item;
  if (Array.isArray(constant) && (type === "string" || type === "int" || type === "bool")) {
    const known = new Set<Value>(constant);
    return (subject) => {
      const value = evaluate(subject);
      return value === undefined ? undefined : known.has(value);
    };
  }
  const equal = equalityOf(type);
  return (subject) => {
    const value = evaluate(subject);
    const whole = list.evaluate(subject) as readonly Value[] | undefined;
    if (value === undefined || whole === undefined) return undefined;
    spendSteps(whole.length);
    return whole.some((entry) => equal(value, entry));
  };
}

function checkTypes(item: Compiled, collection: Compiled, node: BinaryNode, { isChecked }: Scope): void {
  const { type } = collection;
  const wanted = isListType(type)
    ? type.list
    : isMapType(type)
      ? (type.key ?? "string")
      : type === "dyn"
        ? "dyn"
        : undefined;
  if (!isChecked || (wanted !== undefined && (mayBe(wanted, item.type) || (isNumeric(wanted) && isNumeric(item.type)))))
    return;
  throw new FilterFault(
    `${formatType(item.type)} cannot be in ${formatType(type)}`,
    node.start,
    node.end,
    type === "string" ? "text.contains(part) looks into a text" : undefined,
  );
}
