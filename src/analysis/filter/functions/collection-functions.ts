import { decodeBase64, encodeBase64 } from "../../../wire/text/content-text.ts";
import { spendMade, spendSteps } from "../budget.ts";
import { dynamicCompare, dynamicEquals } from "../dynamic/operations.ts";
import { type Dynamic, DynamicMap, Instant, Optional, Span, Uint } from "../dynamic/values.ts";
import { reverseText } from "../text.ts";
import { isListType, isOptionalType, type ValueType } from "../value.ts";
import { type FunctionTable, ofText } from "./function.ts";

/** CEL's extension libraries `lists`, `sets`, `encoders` and `optional`. */
export const COLLECTION_FUNCTIONS: FunctionTable = {
  slice: [
    {
      parameters: ["list", "int", "int"],
      result: sameAsFirst,
      dynamic: (list: readonly Dynamic[], start: bigint, end: bigint) =>
        start < 0n || end > BigInt(list.length) || start > end
          ? undefined
          : copy(list).slice(Number(start), Number(end)),
    },
  ],
  flatten: [
    { parameters: ["list"], result: { list: "dyn" }, dynamic: (list: readonly Dynamic[]) => flatten(list, 1n) },
    {
      parameters: ["list", "int"],
      result: { list: "dyn" },
      dynamic: (list: readonly Dynamic[], depth: bigint) => (depth < 0n ? undefined : flatten(list, depth)),
    },
  ],
  sort: [{ parameters: ["list"], result: sameAsFirst, dynamic: sort }],
  reverse: [
    ofText("string", reverseText),
    { parameters: ["list"], result: sameAsFirst, dynamic: (list: readonly Dynamic[]) => copy(list).reverse() },
  ],
  distinct: [{ parameters: ["list"], result: sameAsFirst, dynamic: distinct }],
  first: [
    { parameters: ["list"], result: optionalElement, dynamic: (list: readonly Dynamic[]) => new Optional(list[0]) },
  ],
  last: [
    { parameters: ["list"], result: optionalElement, dynamic: (list: readonly Dynamic[]) => new Optional(list.at(-1)) },
  ],
  "lists.range": [
    {
      parameters: ["int"],
      result: { list: "int" },
      dynamic: (size: bigint) => {
        if (size <= 0n) return [];
        spendMade(16 * Number(size));
        spendSteps(Number(size) / 8);
        return Array.from({ length: Number(size) }, (_, i) => BigInt(i));
      },
    },
  ],
  "sets.contains": [{ parameters: ["list", "list"], result: "bool", dynamic: containsAll }],
  "sets.equivalent": [
    {
      parameters: ["list", "list"],
      result: "bool",
      dynamic: (a: readonly Dynamic[], b: readonly Dynamic[]) => containsAll(a, b) && containsAll(b, a),
    },
  ],
  "sets.intersects": [
    {
      parameters: ["list", "list"],
      result: "bool",
      dynamic: (a: readonly Dynamic[], b: readonly Dynamic[]) => a.some((item) => includes(b, item)),
    },
  ],
  "base64.encode": [
    {
      parameters: ["bytes"],
      result: "string",
      call: (bytes: Uint8Array) => {
        spendMade(2 * bytes.length);
        return encodeBase64(bytes);
      },
    },
  ],
  "base64.decode": [
    ofText("bytes", (text) => {
      spendMade(text.length);
      return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text)
        ? decodeBase64(text)
        : undefined;
    }),
  ],
  "optional.of": [
    {
      parameters: ["dyn"],
      result: ([type]) => ({ optional: type! }),
      dynamic: (value: Dynamic) => new Optional(value),
    },
  ],
  "optional.none": [{ parameters: [], result: { optional: "dyn" }, dynamic: () => Optional.none }],
  "optional.ofNonZeroValue": [
    {
      parameters: ["dyn"],
      result: ([type]) => ({ optional: type! }),
      dynamic: (value: Dynamic) => (isZero(value) ? Optional.none : new Optional(value)),
    },
  ],
  "optional.unwrap": [
    {
      parameters: ["list"],
      result: { list: "dyn" },
      dynamic: (list: readonly Dynamic[]) =>
        copy(list).flatMap((item) => (item instanceof Optional && item.value !== undefined ? [item.value] : [])),
    },
  ],
  unwrapOpt: [
    {
      parameters: ["list"],
      result: { list: "dyn" },
      dynamic: (list: readonly Dynamic[]) =>
        copy(list).flatMap((item) => (item instanceof Optional && item.value !== undefined ? [item.value] : [])),
    },
  ],
  hasValue: [{ parameters: ["optional"], result: "bool", dynamic: ({ value }: Optional) => value !== undefined }],
  value: [
    {
      parameters: ["optional"],
      result: ([type]) => (isOptionalType(type!) ? type.optional : "dyn"),
      dynamic: ({ value }: Optional) => value,
    },
  ],
};

function sameAsFirst([type]: readonly ValueType[]): ValueType {
  return isListType(type!) ? type : { list: "dyn" };
}

function optionalElement([type]: readonly ValueType[]): ValueType {
  return { optional: isListType(type!) ? type.list : "dyn" };
}

function copy(list: readonly Dynamic[]): Dynamic[] {
  spendMade(8 * list.length);
  spendSteps(list.length >>> 3);
  return [...list];
}

function flatten(list: readonly Dynamic[], depth: bigint): Dynamic[] {
  const result: Dynamic[] = [];
  for (const item of list) {
    spendSteps(1);
    if (Array.isArray(item) && depth > 0n) for (const inner of flatten(item, depth - 1n)) result.push(inner);
    else result.push(item);
  }
  spendMade(8 * result.length);
  return result;
}

function sort(list: readonly Dynamic[]): Dynamic[] | undefined {
  const sorted = copy(list);
  spendSteps(list.length * Math.ceil(Math.log2(list.length + 1)));
  const first = list[0];
  for (const item of list)
    if (typeof item !== typeof first || dynamicCompare(item, first!) === undefined) return undefined;
  return sorted.sort((a, b) => dynamicCompare(a, b)!);
}

function distinct(list: readonly Dynamic[]): Dynamic[] {
  const result: Dynamic[] = [];
  for (const item of list) if (!includes(result, item)) result.push(item);
  return copy(result);
}

function includes(list: readonly Dynamic[], item: Dynamic): boolean {
  return list.some((other) => dynamicEquals(item, other));
}

function containsAll(list: readonly Dynamic[], wanted: readonly Dynamic[]): boolean {
  return wanted.every((item) => includes(list, item));
}

function isZero(value: Dynamic): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === "") return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Span) return value.nanos === 0n;
  if (value instanceof Instant) return false;
  if (value instanceof DynamicMap) return value.size === 0;
  if (value instanceof Optional) return value.value === undefined;
  return (Array.isArray(value) || value instanceof Uint8Array) && value.length === 0;
}
