import { addNanos, compareTimestamps, nanosBetween, type Timestamp } from "../../model/index.ts";
import { spendSteps, spendText } from "./budget.ts";
import { spanOfNanos } from "./duration-literal.ts";
import { toInt } from "./dynamic/convert.ts";
import {
  checkInt,
  compareBytes,
  concatBytes,
  concatLists,
  concatText,
  dynamicEquals,
  instantOf,
  remainder,
} from "./dynamic/operations.ts";
import type { Dynamic } from "./dynamic/values.ts";
import type { BinaryOperator } from "./syntax/node.ts";
import { compareText } from "./text.ts";
import { isListType, isNumeric, isTextMap, type MapValue, sameType, type Value, type ValueType } from "./value.ts";

type Operation = (a: Value, b: Value) => Value | undefined;

export interface Operator {
  readonly result: ValueType;
  readonly apply: Operation;
}

/** How two values of these types are compared or computed; undefined where that is not known before they are. */
export function findOperator(name: BinaryOperator, left: ValueType, right: ValueType): Operator | undefined {
  if (name === "==" || name === "!=") return equality(name === "==", left, right);
  return isOrder(name) ? ordering(name, left, right) : arithmetic(name, left, right);
}

type Order = "<" | "<=" | ">" | ">=";

function isOrder(name: BinaryOperator): name is Order {
  return name === "<" || name === "<=" || name === ">" || name === ">=";
}

function equality(wanted: boolean, left: ValueType, right: ValueType): Operator | undefined {
  if (!isKnown(left) || !isKnown(right)) return undefined;
  if (left !== right && isPlainNumber(left) && isPlainNumber(right))
    return { result: "bool", apply: (a, b) => (Number(a) === Number(b)) === wanted };
  if (!sameType(left, right)) return undefined;
  const equal = equalityOf(left);
  return { result: "bool", apply: (a, b) => equal(a, b) === wanted };
}

/** Whether all that is in a value of this type has a type that is known, and no class of its own. */
function isKnown(type: ValueType): boolean {
  if (isListType(type)) return isKnown(type.list);
  if (isTextMap(type)) return isKnown(type.map);
  return typeof type === "string" && type !== "dyn" && type !== "uint" && type !== "type";
}

function isPlainNumber(type: ValueType): boolean {
  return type === "int" || type === "double";
}

/** Whether two values of one type are equal. */
export function equalityOf(type: ValueType): (a: Value, b: Value) => boolean {
  if (isListType(type)) {
    const equal = equalityOf(type.list);
    return (a, b) => {
      const [one, other] = [a as Value[], b as Value[]];
      spendSteps(1 + (one.length >>> 3));
      return one.length === other.length && one.every((item, i) => equal(item, other[i]!));
    };
  }
  if (isTextMap(type)) {
    const equal = equalityOf(type.map);
    return (a, b) => {
      const [one, other] = [a as MapValue, b as MapValue];
      if (one.size !== other.size) return false;
      spendSteps(1 + one.size);
      for (const [key, item] of one) {
        const found = other.get(key);
        if (found === undefined || !equal(item, found)) return false;
      }
      return true;
    };
  }
  if (type === "timestamp") return (a, b) => compareTimestamps(a as Timestamp, b as Timestamp) === 0;
  if (type === "bytes") return (a, b) => compareBytes(a as Uint8Array, b as Uint8Array) === 0;
  if (type === "string") return equalTexts;
  return isKnown(type) ? (a, b) => a === b : (a, b) => dynamicEquals(a as Dynamic, b as Dynamic);
}

function equalTexts(a: Value, b: Value): boolean {
  if ((a as string).length >= 256) spendText((a as string).length);
  return a === b;
}

function ordering(order: Order, left: ValueType, right: ValueType): Operator | undefined {
  const compare = left === right && typeof left === "string" ? COMPARE[left] : undefined;
  if (compare !== undefined) {
    const test = BY_SIGN[order];
    return { result: "bool", apply: (a, b) => test(compare(a as never, b as never)) };
  }
  if (isPlainNumber(left) && isPlainNumber(right) && (left === "double" || right === "double"))
    return { result: "bool", apply: compareDoubles(PLAIN[order]) };
  const comparable = left === right && (left === "duration" || left === "bool" || left === "int");
  return comparable ? { result: "bool", apply: PLAIN[order] } : undefined;
}

/** NaN has no order. */
function compareDoubles(test: (a: Value, b: Value) => boolean): Operation {
  return (a, b) => {
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? undefined : test(x, y);
  };
}

const COMPARE: Readonly<Partial<Record<string, (a: never, b: never) => number>>> = {
  string: compareText,
  bytes: compareBytes,
  timestamp: compareTimestamps,
};

const BY_SIGN: Readonly<Record<Order, (sign: number) => boolean>> = {
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
};

const PLAIN: Readonly<Record<Order, (a: Value, b: Value) => boolean>> = {
  "<": (a, b) => a! < b!,
  "<=": (a, b) => a! <= b!,
  ">": (a, b) => a! > b!,
  ">=": (a, b) => a! >= b!,
};

/** Whether CEL has this operation for values that may be of these types. */
export function mayCompare(name: BinaryOperator, left: ValueType, right: ValueType): boolean {
  if (isNumeric(left) && isNumeric(right)) return true;
  if (left === "dyn" || right === "dyn") return true;
  return left === right && typeof left === "string" && isOrder(name) && ORDERED.has(left);
}

const ORDERED = new Set<string>(["bool", "string", "bytes", "timestamp", "duration"]);

function arithmetic(name: BinaryOperator, left: ValueType, right: ValueType): Operator | undefined {
  if (left === "int" && right === "int") return forInts(INT[name], BIG[name]);
  if (left === "double" && right === "double") {
    const compute = DOUBLE[name];
    return compute && { result: "double", apply: (a, b) => compute(a as number, b as number) };
  }
  if (name === "+" && left === "string" && right === "string")
    return { result: "string", apply: (a, b) => concatText(a as string, b as string) };
  if (name === "+" && left === "bytes" && right === "bytes")
    return { result: "bytes", apply: (a, b) => concatBytes(a as Uint8Array, b as Uint8Array) };
  if (name === "+" && isListType(left) && sameType(left, right))
    return { result: left, apply: (a, b) => concatLists(a as Value[], b as Value[]) };
  return timeArithmetic(name, left, right);
}

function timeArithmetic(name: BinaryOperator, left: ValueType, right: ValueType): Operator | undefined {
  const sign = name === "+" ? 1 : name === "-" ? -1 : 0;
  if (sign === 0) return undefined;
  if (left === "duration" && right === "duration")
    return {
      result: "duration",
      apply: (a, b) => {
        const sum = typeof a === "number" && typeof b === "number" ? a + sign * b : Number.NaN;
        return Number.isSafeInteger(sum) ? sum : spanOfNanos(BigInt(a as number) + BigInt(sign) * BigInt(b as number));
      },
    };
  if (left === "timestamp" && right === "duration")
    return { result: "timestamp", apply: (a, b) => move(a as Timestamp, b as number | bigint, sign) };
  if (sign === 1 && left === "duration" && right === "timestamp")
    return { result: "timestamp", apply: (a, b) => move(b as Timestamp, a as number | bigint, 1) };
  if (sign === -1 && left === "timestamp" && right === "timestamp")
    return {
      result: "duration",
      apply: (a, b) => {
        const [later, earlier] = [a as Timestamp, b as Timestamp];
        const nanos = nanosBetween(earlier, later);
        if (Number.isSafeInteger(nanos)) return nanos;
        return spanOfNanos(
          BigInt(later.seconds - earlier.seconds) * 1_000_000_000n + BigInt(later.nanos - earlier.nanos),
        );
      },
    };
  return undefined;
}

function move(time: Timestamp, by: number | bigint, sign: number): Timestamp | undefined {
  if (typeof by === "number") {
    const moved = addNanos(time, sign * by);
    return instantOf(moved.seconds, moved.nanos);
  }
  const nanos = by * BigInt(sign);
  const whole = { seconds: time.seconds + Number(nanos / 1_000_000_000n), nanos: time.nanos };
  const moved = addNanos(whole, Number(nanos % 1_000_000_000n));
  return instantOf(moved.seconds, moved.nanos);
}

/** An overflow and a division by zero have no value. Numbers are exact as long as the result is; then bigints take over. */
function forInts(
  compute: ((a: number, b: number) => number) | undefined,
  exactly: ((a: bigint, b: bigint) => bigint | undefined) | undefined,
): Operator | undefined {
  if (compute === undefined || exactly === undefined) return undefined;
  return {
    result: "int",
    apply: (a, b) => {
      if (typeof a === "number" && typeof b === "number") {
        const value = compute(a, b);
        if (Number.isSafeInteger(value)) return value + 0;
        if (!Number.isFinite(value)) return undefined;
      }
      const [x, y] = [BigInt(a as number), BigInt(b as number)];
      if (y === 0n && (compute === INT["/"] || compute === INT["%"])) return undefined;
      const value = checkInt(exactly(x, y));
      return value === undefined ? undefined : toInt(value);
    },
  };
}

const DOUBLE: Readonly<Partial<Record<BinaryOperator, (a: number, b: number) => number>>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
};
const INT: typeof DOUBLE = { ...DOUBLE, "/": (a, b) => Math.trunc(a / b), "%": (a, b) => a % b };
const BIG: Readonly<Partial<Record<BinaryOperator, (a: bigint, b: bigint) => bigint | undefined>>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": remainder,
};
