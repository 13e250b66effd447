import { addNanos, compareTimestamps, nanosBetween, type Timestamp } from "../../model/index.ts";
import { isListType, isMapType, isNumeric, type MapValue, sameType, type Value, type ValueType } from "./value.ts";

type Operation = (a: Value, b: Value) => Value | undefined;

export interface Operator {
  readonly result: ValueType;
  readonly apply: Operation;
}

/** How two values of these types are compared or computed; undefined where CEL has no such operation. */
export function findOperator(name: string, left: ValueType, right: ValueType): Operator | undefined {
  if (name === "_==_" || name === "_!=_") return equality(name === "_==_", left, right);
  const order = ORDERS[name];
  return order === undefined ? arithmetic(name, left, right) : ordering(order, left, right);
}

function equality(wanted: boolean, left: ValueType, right: ValueType): Operator | undefined {
  if (!sameType(left, right) && !(isNumeric(left) && isNumeric(right))) return undefined;
  const equal = equalityOf(left);
  return { result: "bool", apply: (a, b) => equal(a, b) === wanted };
}

/** Whether two values of one type are equal. */
export function equalityOf(type: ValueType): (a: Value, b: Value) => boolean {
  if (isListType(type)) {
    const equal = equalityOf(type.list);
    return (a, b) => {
      const [one, other] = [a as Value[], b as Value[]];
      return one.length === other.length && one.every((item, i) => equal(item, other[i]!));
    };
  }
  if (isMapType(type)) {
    const equal = equalityOf(type.map);
    return (a, b) => {
      const [one, other] = [a as MapValue, b as MapValue];
      if (one.size !== other.size) return false;
      for (const [key, item] of one) {
        const found = other.get(key);
        if (found === undefined || !equal(item, found)) return false;
      }
      return true;
    };
  }
  if (type === "timestamp") return (a, b) => compareTimestamps(a as Timestamp, b as Timestamp) === 0;
  if (type === "bytes")
    return (a, b) => {
      const [one, other] = [a as Uint8Array, b as Uint8Array];
      return one.length === other.length && one.every((byte, i) => byte === other[i]);
    };
  return (a, b) => a === b;
}

const ORDERS: Readonly<Record<string, "<" | "<=" | ">" | ">=">> = {
  "_<_": "<",
  "_<=_": "<=",
  "_>_": ">",
  "_>=_": ">=",
};

function ordering(order: "<" | "<=" | ">" | ">=", left: ValueType, right: ValueType): Operator | undefined {
  if (left === "timestamp" && right === "timestamp")
    return {
      result: "bool",
      apply: (a, b) => PLAIN[order](compareTimestamps(a as Timestamp, b as Timestamp), 0),
    };
  const comparable = left === right ? left === "string" || left === "duration" || isNumeric(left) : false;
  if (!comparable && !(isNumeric(left) && isNumeric(right))) return undefined;
  return { result: "bool", apply: PLAIN[order] };
}

const PLAIN: Readonly<Record<"<" | "<=" | ">" | ">=", (a: Value, b: Value) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

function arithmetic(name: string, left: ValueType, right: ValueType): Operator | undefined {
  if (left === "int" && right === "int") return forNumbers("int", INT[name]);
  if (left === "double" && right === "double") return forNumbers("double", DOUBLE[name]);
  if (name === "_+_" && left === "string" && right === "string")
    return { result: "string", apply: (a, b) => (a as string) + (b as string) };
  if (name === "_+_" && isListType(left) && sameType(left, right))
    return { result: left, apply: (a, b) => [...(a as Value[]), ...(b as Value[])] };
  return timeArithmetic(name, left, right);
}

function timeArithmetic(name: string, left: ValueType, right: ValueType): Operator | undefined {
  const sign = name === "_+_" ? 1 : name === "_-_" ? -1 : 0;
  if (sign === 0) return undefined;
  if (left === "duration" && right === "duration")
    return { result: "duration", apply: (a, b) => (a as number) + sign * (b as number) };
  if (left === "timestamp" && right === "duration")
    return { result: "timestamp", apply: (a, b) => addNanos(a as Timestamp, sign * (b as number)) };
  if (sign === 1 && left === "duration" && right === "timestamp")
    return { result: "timestamp", apply: (a, b) => addNanos(b as Timestamp, a as number) };
  if (sign === -1 && left === "timestamp" && right === "timestamp")
    return { result: "duration", apply: (a, b) => nanosBetween(b as Timestamp, a as Timestamp) };
  return undefined;
}

function forNumbers(
  result: "int" | "double",
  compute: ((a: number, b: number) => number) | undefined,
): Operator | undefined {
  if (compute === undefined) return undefined;
  if (result === "double") return { result, apply: (a, b) => compute(Number(a), Number(b)) };
  // An overflow and a division by zero have no value.
  return {
    result,
    apply: (a, b) => {
      const value = compute(Number(a), Number(b));
      return Number.isSafeInteger(value) ? value : undefined;
    },
  };
}

const DOUBLE: Readonly<Record<string, (a: number, b: number) => number>> = {
  "_+_": (a, b) => a + b,
  "_-_": (a, b) => a - b,
  "_*_": (a, b) => a * b,
  "_/_": (a, b) => a / b,
};
const INT: Readonly<Record<string, (a: number, b: number) => number>> = {
  ...DOUBLE,
  "_/_": (a, b) => Math.trunc(a / b),
  "_%_": (a, b) => a % b,
};
