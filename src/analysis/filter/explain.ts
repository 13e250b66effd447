import type { Compiled, Subject } from "./compiled.ts";
import { formatLiteral, type Value, type ValueType } from "./value.ts";

/** Why a filter did or did not match: the value of every condition in it, and of what each one looked at. */
export interface Explanation {
  /** The condition, as it was written. */
  readonly text: string;
  /** Undefined when it could not be decided, since something it needs is missing. */
  readonly value: boolean | undefined;
  readonly conditions: readonly Explanation[];
  /** What a condition without further conditions looked at. */
  readonly inputs: readonly { readonly text: string; readonly type: ValueType; readonly value: Value | undefined }[];
}

/** @param shown whose values are told: the subject, or what may be shown of it */
export function explain(root: Compiled, text: string, subject: Subject, shown: Subject): Explanation {
  const { range, conditions } = root;
  return {
    text: text.slice(range.start, range.end).trim(),
    value: root.evaluate(subject) as boolean | undefined,
    conditions: (conditions ?? []).map((part) => explain(part, text, subject, shown)),
    inputs:
      conditions === undefined
        ? root.inputs.map((input) => ({ text: input.label ?? "", type: input.type, value: input.evaluate(shown) }))
        : [],
  };
}

/**
 * One line a condition, what it looked at below it:
 *
 *     no      5xx && request.headers['x-user'] != ''
 *       no      5xx
 *                 response.code: 404
 *       missing request.headers['x-user'] != ''
 *                 request.headers['x-user']: (missing)
 */
export function formatExplanation(explanation: Explanation, indent = ""): string[] {
  const { value } = explanation;
  const verdict = (value === undefined ? "missing" : value ? "yes" : "no").padEnd(7);
  return [
    `${indent}${verdict} ${explanation.text.replace(/\s+/g, " ")}`,
    ...explanation.inputs.map((input) => `${indent}          ${input.text}: ${formatLiteral(input.value, input.type)}`),
    ...explanation.conditions.flatMap((condition) => formatExplanation(condition, `${indent}  `)),
  ];
}
