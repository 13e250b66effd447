import type { Compiled, Evaluate, Subject } from "./compile/compiled.ts";
import type { Node, ShortFormNode } from "./syntax/node.ts";
import { formatLiteral, type Value, type ValueType } from "./value.ts";

/** Why a filter did or did not match: the value of every condition in it, and of what each one looked at. */
export interface Explanation {
  /** The condition, as it was written. */
  readonly text: string;
  /** Undefined when it could not be decided, since something it needs is missing. */
  readonly value: boolean | undefined;
  readonly conditions: readonly Explanation[];
  /** The values that a condition without further conditions looked at. */
  readonly inputs: readonly { readonly text: string; readonly type: ValueType; readonly value: Value | undefined }[];
}

/** @param shown whose values are told: the subject, or what may be shown of it */
export function explain(
  root: Compiled,
  text: string,
  subject: Subject,
  shown: Subject,
  run: (evaluate: Evaluate, subject: Subject) => Value | undefined,
): Explanation {
  const { node, conditions, inputs } = root;
  const value = run(root.evaluate, subject);
  return {
    text: textOf(node, text),
    value: typeof value === "boolean" ? value : undefined,
    conditions: (conditions ?? []).map((part) => explain(part, text, subject, shown, run)),
    inputs:
      conditions === undefined
        ? inputs.map((input) => ({ text: input.label ?? "", type: input.type, value: run(input.evaluate, shown) }))
        : [],
  };
}

/** A condition as it was written; with the `port` that it had from the one before it, without which it means something else. */
function textOf(node: Node, text: string): string {
  const written = text.slice(node.start, node.end);
  const { keyword, start } = firstShortForm(node) ?? {};
  return keyword === undefined || start !== node.start ? written : `${keyword} ${written}`;
}

function firstShortForm(node: Node): ShortFormNode | undefined {
  if (node.kind === "short") return node;
  return node.kind === "and" || node.kind === "or" ? firstShortForm(node.parts[0]!) : undefined;
}

/** Characters of a condition that are shown. */
const MAX_SHOWN = 2000;

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
    `${indent}${verdict} ${shorten(onOneLine(explanation.text))}`,
    ...explanation.inputs.map(
      (input) => `${indent}          ${input.text}: ${shorten(formatLiteral(input.value, input.type))}`,
    ),
    ...explanation.conditions.flatMap((condition) => formatExplanation(condition, `${indent}  `)),
  ];
}

/** White space outside of texts becomes one space each; comments are left out; what is in texts stays. */
function onOneLine(text: string): string {
  return text
    .replace(TEXT_OR_SPACE, (written, comment, space) => (comment !== undefined || space !== undefined ? " " : written))
    .replace(/\r?\n/g, "\\n")
    .trim();
}

const TEXT_OR_SPACE =
  /[rRbB]{0,2}(?:'''[\s\S]*?'''|"""[\s\S]*?"""|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*")|((?:\s|\/\/[^\n]*(?=\n|$))*\s\/\/[^\n]*(?:\n\s*|$)|^\/\/[^\n]*\n)|(\s+)/g;

function shorten(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`;
}
