import { fromDynamic, toDynamic } from "../dynamic/convert.ts";
import type { Dynamic } from "../dynamic/values.ts";
import { sameType, type ValueType } from "../value.ts";
import type { Compiled, Evaluate, Subject } from "./compiled.ts";

/** Gives an expression's value as a value of another type, where it turns out to be one. */
export function convertTo({ evaluate, type }: Pick<Compiled, "evaluate" | "type">, wanted: ValueType): Evaluate {
  if (sameType(type, wanted)) return evaluate;
  if (wanted === "dyn") return dynamicOf({ evaluate, type });
  return (subject) => {
    const value = evaluate(subject);
    return value === undefined ? undefined : fromDynamic(toDynamic(value, type), wanted);
  };
}

/** Gives an expression's value as one that tells its type itself. */
export function dynamicOf({
  evaluate,
  type,
}: Pick<Compiled, "evaluate" | "type">): (subject: Subject) => Dynamic | undefined {
  if (type === "dyn" || type === "string" || type === "bool" || type === "double")
    return evaluate as (subject: Subject) => Dynamic | undefined;
  return (subject) => {
    const value = evaluate(subject);
    return value === undefined ? undefined : toDynamic(value, type);
  };
}
