import type { Compiled } from "./compiled.ts";
import { withClosing } from "./source-range.ts";

/** `has(x)`: whether `x` has a value. Never missing itself. */
export function isPresent(value: Compiled, text: string): Compiled {
  const { evaluate } = value;
  const start = text.lastIndexOf("has", value.range.start);
  const range = withClosing(text, { start: start < 0 ? value.range.start : start, end: value.range.end }, ")");
  return { type: "bool", evaluate: (subject) => evaluate(subject) !== undefined, range, inputs: value.inputs };
}
