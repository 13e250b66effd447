import { TaplineError } from "../../model/index.ts";
import type { SubjectKind, Subjects } from "./attributes/attribute.ts";
import { compileExpression } from "./compile-expression.ts";
import type { Compiled } from "./compiled.ts";
import { type Explanation, explain } from "./explain.ts";
import { FilterFault, toTaplineError } from "./filter-error.ts";
import { parseFilter, type SyntaxTree } from "./syntax.ts";
import { formatType, type Value, type ValueType } from "./value.ts";

/**
 * A filter, ready to run on exchanges, flows or socket events: CEL over the attributes of `ATTRIBUTES`, with short forms
 * (docs/filter.md). It is made once and costs some 100 ns a subject.
 *
 * Missing values are CEL's errors, as in Envoy: whatever needs one is missing too, `&&` and `||` take it up where the
 * other side decides, and a filter whose result is missing does not match.
 */
export interface Filter {
  readonly text: string;
  /** The names of the attributes that it reads. */
  readonly attributes: ReadonlySet<string>;
  matches<K extends SubjectKind>(kind: K, subject: Subjects[K]): boolean;
  /** Like `matches`, with `undefined` where what is missing decides: of a stream that goes on, "not known yet". */
  evaluate<K extends SubjectKind>(kind: K, subject: Subjects[K]): boolean | undefined;
  /** @param shown what may be shown of the subject (redacted): values are told of it, verdicts of the subject itself */
  explain<K extends SubjectKind>(kind: K, subject: Subjects[K], shown?: Subjects[K]): Explanation;
}

/** An expression of any type: what `-T fields -e` prints. */
export interface Field {
  readonly text: string;
  readonly type: ValueType;
  evaluate<K extends SubjectKind>(kind: K, subject: Subjects[K]): Value | undefined;
}

/**
 * @param code what a wrong filter is: of the command line (`usage`) or of a configuration.
 * @throws TaplineError with the filter's line, carets under the place, and a suggestion.
 */
export function compileFilter(text: string, code: "usage" | "configuration" = "usage"): Filter {
  const attributes = new Set<string>();
  const compiled = compileLazily(text, code, attributes, (root, tree) => {
    if (root.type !== "bool")
      throw new FilterFault(
        `a condition is expected, this is ${formatType(root.type)}`,
        root.range.start,
        root.range.end,
        conditionHint(root, tree),
      );
  });
  return {
    text,
    attributes,
    matches: (kind, subject) => compiled(kind).evaluate(subject) === true,
    evaluate: (kind, subject) => compiled(kind).evaluate(subject) as boolean | undefined,
    explain: (kind, subject, shown = subject) => explain(compiled(kind), text, subject, shown),
  };
}

/** An attribute's name, or any other expression. @throws TaplineError as `compileFilter` */
export function compileField(text: string, code: "usage" | "configuration" = "usage"): Field {
  const compiled = compileLazily(text, code, new Set(), () => {});
  return {
    text,
    type: compiled("exchange").type,
    evaluate: (kind, subject) => compiled(kind).evaluate(subject),
  };
}

/** Checked at once, on the way to exchanges; made for flows and events when one comes. */
function compileLazily(
  text: string,
  code: "usage" | "configuration",
  attributes: Set<string>,
  check: (root: Compiled, tree: SyntaxTree) => void,
): (kind: SubjectKind) => Compiled {
  try {
    const tree = parseFilter(text);
    const made: Partial<Record<SubjectKind, Compiled>> = {};
    const compile = (kind: SubjectKind): Compiled =>
      (made[kind] ??= compileExpression(tree.root, {
        tree,
        kind,
        variables: new Map(),
        depth: 0,
        attributes,
        compile: compileExpression,
      }));
    check(compile("exchange"), tree);
    return (kind) => made[kind] ?? compile(kind);
  } catch (error) {
    if (error instanceof FilterFault) throw toTaplineError(error, text, code);
    if (error instanceof RangeError) throw new TaplineError(code, "filter: it is nested too deep");
    throw error;
  }
}

function conditionHint(root: Compiled, tree: SyntaxTree): string | undefined {
  const written = tree.text.slice(root.range.start, root.range.end);
  if (root.constant !== undefined) return undefined;
  if (root.type === "string") return `for example: ${written} == '…', or has(${written})`;
  if (root.type === "int" || root.type === "double") return `for example: ${written} > 0`;
  if (root.type === "duration") return `for example: ${written} > duration('100ms')`;
  return undefined;
}
