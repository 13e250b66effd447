import type { Variable } from "../../src/analysis/filter/compile/compiled.ts";
import { toDynamic } from "../../src/analysis/filter/dynamic/convert.ts";
import {
  type Dynamic,
  DynamicMap,
  Instant,
  Optional,
  Span,
  TypeValue,
  Uint,
} from "../../src/analysis/filter/dynamic/values.ts";
import type { Value, ValueType } from "../../src/analysis/filter/value.ts";

/** The same names with the same values as in cel-go/main.go. */
export const VARIABLES: ReadonlyMap<string, Variable> = new Map(
  (
    [
      ["text", "string", "a😀bé"],
      ["number", "int", 42],
      ["large", "int", 9_007_199_254_740_993n],
      ["flag", "bool", true],
      ["real", "double", 2.5],
      ["octets", "bytes", Uint8Array.of(0x61, 0x62, 0xff)],
      ["moment", "timestamp", { seconds: Date.UTC(2026, 2, 29, 0, 59, 59) / 1000, nanos: 500_000_000 }],
      ["span", "duration", 90_005_000_000],
      ["words", { list: "string" }, ["b", "a", "😀", ""]],
      ["numbers", { list: "int" }, [3, 1, 2]],
      [
        "fields",
        { map: "string" },
        new Map([
          ["x", "1"],
          ["y", "two"],
        ]),
      ],
      ["any", "dyn", 7n],
      ["count", "uint", new Uint(9n)],
      ["absent", { map: "string" }, new Map()],
    ] as readonly (readonly [string, ValueType, Value])[]
  ).map(([name, type, value]) => [name, { type, value }]),
);

/** A value with its type, as cel-go/main.go writes it. */
export function showCel(value: Value, type: ValueType): string {
  return show(toDynamic(value, type));
}

function show(value: Dynamic): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "boolean":
      return `bool ${value}`;
    case "bigint":
      return `int ${value}`;
    case "number":
      return Number.isNaN(value)
        ? "double NaN"
        : `double ${Buffer.from(new Float64Array([value]).buffer)
            .reverse()
            .toString("hex")}`;
    case "string":
      return `string "${Buffer.from(value).toString("base64")}"`;
  }
  if (value instanceof Uint) return `uint ${value.value}`;
  if (value instanceof Uint8Array) return `bytes "${Buffer.from(value).toString("base64")}"`;
  if (value instanceof Instant) return `timestamp ${value.seconds}.${String(value.nanos).padStart(9, "0")}`;
  if (value instanceof Span) return `duration ${value.nanos}`;
  if (value instanceof TypeValue) return `type ${value.name}`;
  if (value instanceof Optional) return value.value === undefined ? "none" : `some ${show(value.value)}`;
  if (value instanceof DynamicMap)
    return `map ${JSON.stringify([...value.entries()].map(([key, item]) => `${show(key)}: ${show(item)}`).sort())}`;
  return `list ${JSON.stringify((value as readonly Dynamic[]).map(show))}`;
}
