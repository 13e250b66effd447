import type { Timestamp } from "../../../model/index.ts";
import { spendSteps } from "../budget.ts";
import { spanOfNanos } from "../duration-literal.ts";
import { isListType, isTextMap, type MapValue, type Value, type ValueType } from "../value.ts";
import { type Dynamic, DynamicMap, Instant, Span, typeNameOf } from "./values.ts";

/** From a value whose type is known to one that tells its type itself. */
export function toDynamic(value: Value, type: ValueType): Dynamic {
  if (type === "int") return BigInt(value as number);
  if (type === "timestamp") return new Instant((value as Timestamp).seconds, (value as Timestamp).nanos);
  if (type === "duration") return new Span(BigInt(value as number));
  if (isListType(type)) {
    const list = value as readonly Value[];
    if (isAlike(type.list)) return list as readonly Dynamic[];
    spendSteps(list.length >>> 2);
    return list.map((item) => toDynamic(item, type.list));
  }
  if (isTextMap(type)) {
    const known = maps.get(value as MapValue);
    if (known !== undefined) return known;
    const map = new DynamicMap();
    spendSteps((value as MapValue).size);
    for (const [key, item] of value as MapValue) map.add(key, toDynamic(item, type.map));
    maps.set(value as MapValue, map);
    return map;
  }
  return value as Dynamic;
}

const maps = new WeakMap<MapValue, DynamicMap>();

/** The other way round; undefined where it is not of that type. */
export function fromDynamic(value: Dynamic, type: ValueType): Value | undefined {
  switch (type) {
    case "dyn":
      return value;
    case "int":
      return typeof value === "bigint" ? toInt(value) : undefined;
    case "duration":
      return value instanceof Span ? spanOfNanos(value.nanos) : undefined;
  }
  if (isListType(type)) {
    if (!Array.isArray(value)) return undefined;
    if (type.list === "dyn") return value;
    spendSteps(value.length >>> 2);
    const list: Value[] = [];
    for (const item of value as readonly Dynamic[]) {
      const known = fromDynamic(item, type.list);
      if (known === undefined) return undefined;
      list.push(known);
    }
    return list;
  }
  if (isTextMap(type)) {
    if (!(value instanceof DynamicMap)) return undefined;
    spendSteps(value.size);
    const map = new Map<string, Value>();
    for (const [key, item] of value.entries()) {
      const known = fromDynamic(item, type.map);
      if (typeof key !== "string" || known === undefined) return undefined;
      map.set(key, known);
    }
    return map;
  }
  return typeNameOf(value) === typeName(type) ? (value as Value) : undefined;
}

/** The name that `type(x)` gives for values of a type. */
export function typeName(type: ValueType): string {
  if (typeof type === "object") return "list" in type ? "list" : "map" in type ? "map" : "optional_type";
  return NAMES[type] ?? type;
}

const NAMES: Readonly<Record<string, string>> = {
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
  null: "null_type",
};

/** Whether values of the type look the same either way. */
function isAlike(type: ValueType): boolean {
  if (typeof type === "string") return type !== "int" && type !== "timestamp" && type !== "duration";
  return isListType(type) ? isAlike(type.list) : !isTextMap(type);
}

export function toInt(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
