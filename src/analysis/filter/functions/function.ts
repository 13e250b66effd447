import type { Dynamic } from "../dynamic/values.ts";
import { isListType, isMapType, isOptionalType, mayBe, sameType, type Value, type ValueType } from "../value.ts";

/**
 * One form of a function. The receiver of `x.f(y)` is the first parameter, and `f(x, y)` means the same. A call gives
 * undefined where the values have no result (CEL's error), and pays for what it does (`budget.ts`) before it does it.
 */
export interface FilterFunction {
  readonly parameters: readonly Parameter[];
  /** The last ones may be left out from here on. */
  readonly required?: number;
  /** The last one may be repeated. */
  readonly repeated?: boolean;
  readonly result: ValueType | ((types: readonly ValueType[]) => ValueType);
  /** Takes and gives values of the types that are said. */
  readonly call?: (...values: never[]) => Value | undefined;
  /** Takes and gives values that tell their types themselves. */
  readonly dynamic?: (...values: never[]) => Dynamic | undefined;
  /** For a last parameter that is a literal: it is prepared once. Throws an Error that says what is wrong with it. */
  readonly prepare?: (literal: string, limits: { readonly maxProgram: number }) => (value: never) => Value | undefined;
  /** A literal that has no result is refused before anything is read. */
  readonly strict?: boolean;
}

export type Parameter = ValueType | "list" | "map" | "number" | "optional" | "ordered";
export type FunctionTable = Readonly<Record<string, readonly FilterFunction[]>>;

/** Whether a value of that type may be passed: `maybe` where only the value itself will tell. */
export function accepts(parameter: Parameter, type: ValueType): "yes" | "maybe" | "no" {
  if (parameter === "dyn") return "yes";
  if (type === "dyn") return "maybe";
  switch (parameter) {
    case "list":
      return isListType(type) ? "yes" : "no";
    case "map":
      return isMapType(type) ? "yes" : "no";
    case "optional":
      return isOptionalType(type) ? "yes" : "no";
    case "number":
      return type === "int" || type === "uint" || type === "double" ? "yes" : "no";
    case "ordered":
      return typeof type === "string" && type !== "null" && type !== "type" ? "yes" : "no";
  }
  if (sameType(parameter, type)) return "yes";
  return mayBe(parameter, type) ? "maybe" : "no";
}

/** A function of a text; the rest of its parameters follow. */
export function ofText(
  result: ValueType,
  call: (value: string, ...more: never[]) => Value | undefined,
  ...more: Parameter[]
): FilterFunction {
  return { parameters: ["string", ...more], result, call: call as (...values: never[]) => Value | undefined };
}
