import { spendMade } from "../budget.ts";
import { toDynamic } from "../dynamic/convert.ts";
import { type Dynamic, DynamicMap } from "../dynamic/values.ts";
import { isListType, isMapType, type Value, type ValueType } from "../value.ts";
import type { Evaluate, Subject } from "./compiled.ts";

/** How a macro combines the items of a list or map; a missing value counts as CEL says. */
export interface Macro {
  readonly variables: 1 | 2;
  /** How many expressions it takes, and how many of them, the first ones, are conditions. */
  readonly bodies: number;
  readonly conditions: number;
  readonly result: (over: ValueType, body: ValueType) => ValueType;
  /** Whether what its body gives has to tell its type itself. */
  readonly isDynamic?: boolean;
  readonly begin: () => Run;
}

interface Run {
  /** @returns the answer where this item decides it */
  step(
    condition: Value | undefined,
    value: Evaluate | undefined,
    subject: Subject,
    item: Value | undefined,
    over: Value,
  ): { readonly answer: Value | undefined } | undefined;
  end(): Value | undefined;
}

const MISSING = { answer: undefined };
const YES = { answer: true };
const NO = { answer: false };
const BOOL = (): ValueType => "bool";

/** It spoils the result only where no other item decides it. */
function quantifier(decisive: boolean): () => Run {
  return () => {
    let isMissing = false;
    return {
      step: (condition) => {
        if (condition === decisive) return decisive ? YES : NO;
        if (typeof condition !== "boolean") isMissing = true;
        return undefined;
      },
      end: () => (isMissing ? undefined : !decisive),
    };
  };
}

function beginOne(): Run {
  let count = 0;
  return {
    step: (condition) => {
      if (typeof condition !== "boolean") return MISSING;
      if (condition) count++;
      return undefined;
    },
    end: () => count === 1,
  };
}

/** @param isKept whether the item itself goes into the list */
function beginList(isKept: boolean, isConditional: boolean): () => Run {
  return () => {
    const made: Value[] = [];
    return {
      step: (condition, value, subject, item) => {
        if (isConditional && typeof condition !== "boolean") return MISSING;
        if (isConditional && condition !== true) return undefined;
        const next = isKept ? item : value!(subject);
        if (next === undefined) return MISSING;
        spendMade(8);
        made.push(next);
        return undefined;
      },
      end: () => made,
    };
  };
}

/** @param isEntries whether the body gives maps whose entries go into the map, and not values */
function beginMap(isEntries: boolean, isConditional: boolean): () => Run {
  return () => {
    const made = new DynamicMap();
    return {
      step: (condition, value, subject, item, over) => {
        if (isConditional && typeof condition !== "boolean") return MISSING;
        if (isConditional && condition !== true) return undefined;
        const next = value!(subject) as Dynamic | undefined;
        if (next === undefined) return MISSING;
        spendMade(32);
        if (!isEntries) return made.add(keyOf(item!, over), next) ? undefined : MISSING;
        if (!(next instanceof DynamicMap)) return MISSING;
        for (const [key, entry] of next.entries()) if (!made.add(key, entry)) return MISSING;
        return undefined;
      },
      end: () => made,
    };
  };
}

function keyOf(item: Value, over: Value): Dynamic {
  return Array.isArray(over) && typeof item === "number"
    ? BigInt(item)
    : toDynamic(item, typeof item === "number" ? "int" : "dyn");
}

function elementOf(over: ValueType): ValueType {
  return { list: isListType(over) ? over.list : isMapType(over) ? (over.key ?? "string") : "dyn" };
}

const DYNAMIC_MAP = (): ValueType => ({ map: "dyn", key: "dyn" });
const ALL: Macro = { variables: 1, bodies: 1, conditions: 1, result: BOOL, begin: quantifier(false) };
const EXISTS: Macro = { ...ALL, begin: quantifier(true) };
const ONE: Macro = { ...ALL, begin: beginOne };
const LIST_OF = (_: ValueType, body: ValueType): ValueType => ({ list: body });

/** By name; the forms of a name are told apart by how many arguments they take. */
export const MACROS: ReadonlyMap<string, readonly Macro[]> = new Map([
  ["all", [ALL, { ...ALL, variables: 2 }]],
  ["exists", [EXISTS, { ...EXISTS, variables: 2 }]],
  ["exists_one", [ONE, { ...ONE, variables: 2 }]],
  ["existsOne", [ONE, { ...ONE, variables: 2 }]],
  ["filter", [{ variables: 1, bodies: 1, conditions: 1, result: elementOf, begin: beginList(true, true) }]],
  [
    "map",
    [
      { variables: 1, bodies: 1, conditions: 0, result: LIST_OF, begin: beginList(false, false) },
      { variables: 1, bodies: 2, conditions: 1, result: LIST_OF, begin: beginList(false, true) },
    ],
  ],
  [
    "transformList",
    [
      { variables: 2, bodies: 1, conditions: 0, result: LIST_OF, begin: beginList(false, false) },
      { variables: 2, bodies: 2, conditions: 1, result: LIST_OF, begin: beginList(false, true) },
    ],
  ],
  [
    "transformMap",
    [
      { variables: 2, bodies: 1, conditions: 0, result: DYNAMIC_MAP, isDynamic: true, begin: beginMap(false, false) },
      { variables: 2, bodies: 2, conditions: 1, result: DYNAMIC_MAP, isDynamic: true, begin: beginMap(false, true) },
    ],
  ],
  [
    "transformMapEntry",
    [
      { variables: 2, bodies: 1, conditions: 0, result: DYNAMIC_MAP, isDynamic: true, begin: beginMap(true, false) },
      { variables: 2, bodies: 2, conditions: 1, result: DYNAMIC_MAP, isDynamic: true, begin: beginMap(true, true) },
    ],
  ],
] as readonly (readonly [string, readonly Macro[]])[]);
