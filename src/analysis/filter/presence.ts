import { hasReached, latestPhase, type StreamView } from "./attributes/stream-phase.ts";
import type { Compiled, Evaluate, Scope, Subject } from "./compiled.ts";
import { withClosing } from "./source-range.ts";

/** `has(x)`: whether `x` has a value. Missing itself only where a stream has not come so far yet. */
export function isPresent(value: Compiled, { kind, tree }: Pick<Scope, "kind" | "tree">): Compiled {
  const { evaluate, inputs } = value;
  const { text } = tree;
  const start = text.lastIndexOf("has", value.range.start);
  const range = withClosing(text, { start: start < 0 ? value.range.start : start, end: value.range.end }, ")");
  return {
    type: "bool",
    evaluate: onceKnown((subject) => evaluate(subject) !== undefined, inputs, kind),
    range,
    inputs,
  };
}

/** Of what makes a value out of a missing one: says nothing as long as its inputs may still come. */
export function onceKnown(evaluate: Evaluate, inputs: readonly Compiled[], kind: Scope["kind"]): Evaluate {
  if (kind !== "stream") return evaluate;
  const phase = latestPhase(inputs.map((input) => input.phase ?? "made"));
  return (subject: Subject) => (hasReached((subject as StreamView).phase, phase) ? evaluate(subject) : undefined);
}
