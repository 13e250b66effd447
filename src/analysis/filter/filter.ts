import { TaplineError } from "../../model/index.ts";
import type { SubjectKind, Subjects } from "./attributes/attribute.ts";
import { beginEvaluation, type FilterLimits, filterLimits, OverBudget } from "./budget.ts";
import { compileCondition, compileExpression } from "./compile/compile-expression.ts";
import { conditionHint } from "./compile/compile-logic.ts";
import type { Compiled, Evaluate, Scope, Variable } from "./compile/compiled.ts";
import { type Explanation, explain } from "./explain.ts";
import { FilterFault, toTaplineError } from "./filter-error.ts";
import { parseFilter } from "./syntax/parser.ts";
import { formatType, type Value, type ValueType } from "./value.ts";

/**
 * A filter, ready to run on exchanges, flows or socket events: CEL over the attributes of `ATTRIBUTES`, with short forms
 * (docs/filter.md). It is made once and costs some 100 ns a subject. Nothing that it is asked throws.
 *
 * Missing values are CEL's errors, as in Envoy: whatever needs one is missing too, `&&` and `||` take it up where the
 * other side decides, and a filter whose result is missing does not match.
 */
export interface Filter {
  readonly text: string;
  /** The names of the attributes that it reads. */
  readonly attributes: ReadonlySet<string>;
  /** Whether it looks at bodies, or at what they tell: they have to be decoded for it. */
  readonly looksAtBodies: boolean;
  /** Evaluations that went beyond the limits: they did not match. */
  readonly failures: FilterFailures;
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
  /** Bodies have to be readable for it. */
  readonly looksAtBodies: boolean;
  readonly failures: FilterFailures;
  evaluate<K extends SubjectKind>(kind: K, subject: Subjects[K]): Value | undefined;
}

export interface FilterFailures {
  readonly count: number;
  /** Why the last one failed, as a sentence's second half: `it takes more than 100000 steps`. */
  readonly reason: string | undefined;
}

export interface FilterOptions {
  /** Where the text stands, for messages about it: `-Y`, `--by`. Default `filter`. */
  readonly name?: string;
  /** The code of the error for a wrong filter: `usage` (the command line, the default) or `configuration`. */
  readonly code?: "usage" | "configuration";
  readonly limits?: FilterLimits;
  /** Called for each evaluation that fails: `bookFailures`. */
  readonly onFailure?: (failures: FilterFailures) => void;
  /** Names beside the attributes, with their types and values. */
  readonly variables?: ReadonlyMap<string, Variable>;
  /** Whether types that do not go together are refused before; if not, that has no result when it runs. Default true. */
  readonly isChecked?: boolean;
}

/** @throws TaplineError with the filter's line, carets under the place, and a suggestion. */
export function compileFilter(text: string, options: FilterOptions = {}): Filter {
  const attributes = new Set<string>();
  const bodies = { reads: 0 };
  const run = new Evaluations(options);
  const compiled = compileLazily(text, options, attributes, bodies, (node, scope) => {
    const root = compileCondition(node, scope);
    if (root.type !== "bool" && root.type !== "dyn")
      throw new FilterFault(
        `a condition is expected, this is ${formatType(root.type)}`,
        root.node.start,
        root.node.end,
        conditionHint(root, text),
      );
    return root;
  });
  const ofExchange = compiled("exchange").evaluate;
  const { limits = filterLimits() } = options;
  return {
    text,
    attributes,
    looksAtBodies: bodies.reads > 0,
    failures: run,
    // The hot path: it is what `run.evaluate` does, written out for filters that have not failed.
    matches: (kind, subject) => {
      const evaluate = kind === "exchange" ? ofExchange : compiled(kind).evaluate;
      if (run.hasFailed) return run.evaluate(evaluate, subject) === true;
      beginEvaluation(limits);
      try {
        return evaluate(subject) === true;
      } catch (error) {
        run.fail(error);
        return false;
      }
    },
    evaluate: (kind, subject) => {
      const value = run.evaluate(compiled(kind).evaluate, subject);
      return typeof value === "boolean" ? value : undefined;
    },
    explain: (kind, subject, shown = subject) =>
      explain(compiled(kind), text, subject, shown, (evaluate, of) => run.evaluate(evaluate, of)),
  };
}

/** An attribute's name, or any other expression. @throws TaplineError as `compileFilter` */
export function compileField(text: string, options: FilterOptions = {}): Field {
  const run = new Evaluations(options);
  const bodies = { reads: 0 };
  const compiled = compileLazily(text, options, new Set(), bodies, compileExpression);
  return {
    text,
    type: compiled("exchange").type,
    looksAtBodies: bodies.reads > 0,
    failures: run,
    evaluate: (kind, subject) => run.evaluate(compiled(kind).evaluate, subject),
  };
}

/** Failures one after the other, with none between them that did not fail, after which some are left out. */
const TRIES = 8;
/** How many are left out at most before it is tried again. */
const MAX_PAUSE = 1024;

/**
 * Runs within the limits, and keeps the books of what went beyond them. A filter that always does costs milliseconds each time:
 * it is tried less and less often, and what is left out counts as failed.
 */
class Evaluations implements FilterFailures {
  count = 0;
  reason: string | undefined;
  /** Whether the last one failed. */
  hasFailed = false;
  /** How many of the next ones are left out. */
  #left = 0;
  #inARow = 0;
  readonly #limits: FilterLimits;
  readonly #onFailure: FilterOptions["onFailure"];

  constructor({ limits = filterLimits(), onFailure }: FilterOptions) {
    this.#limits = limits;
    this.#onFailure = onFailure;
  }

  evaluate(evaluate: Evaluate, subject: Subjects[SubjectKind]): Value | undefined {
    if (this.#left > 0) {
      this.#left--;
      this.#count();
      return undefined;
    }
    beginEvaluation(this.#limits);
    try {
      const value = evaluate(subject);
      // With others between them that did not fail, failures are what came, and not the filter.
      this.hasFailed = false;
      this.#inARow = 0;
      return value;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** An evaluation that is left out counts as one that failed. */
  #count(): void {
    this.count++;
    this.#onFailure?.(this);
  }

  /** Books what was thrown, where it is the budget's; anything else is a bug, and goes on. */
  fail(error: unknown): void {
    if (!(error instanceof OverBudget) && !(error instanceof RangeError)) throw error;
    this.reason = error.message;
    this.hasFailed = true;
    this.#inARow++;
    if (this.#inARow > TRIES) this.#left = Math.min(MAX_PAUSE, 2 ** (this.#inARow - TRIES));
    this.#count();
  }
}

/** Checked at once, on the way to exchanges; made for flows and events when one comes. */
function compileLazily(
  text: string,
  { name = "filter", code = "usage", variables, isChecked = true, limits = filterLimits() }: FilterOptions,
  attributes: Set<string>,
  bodies: { reads: number },
  compileRoot: (node: ReturnType<typeof parseFilter>, scope: Scope) => Compiled,
): (kind: SubjectKind) => Compiled {
  try {
    const root = parseFilter(text);
    const made: Partial<Record<SubjectKind, Compiled>> = {};
    const compile = (kind: SubjectKind): Compiled => {
      beginEvaluation(limits);
      const compiled = compileRoot(root, {
        text,
        kind,
        variables: variables ?? new Map(),
        depth: 0,
        limits,
        isChecked,
        attributes,
        bodies,
        compile: compileExpression,
        compileCondition,
      });
      made[kind] = compiled;
      return compiled;
    };
    compile("exchange");
    return (kind) => made[kind] ?? compile(kind);
  } catch (error) {
    if (error instanceof FilterFault) throw toTaplineError(error, { name, text, code });
    if (error instanceof OverBudget) throw new TaplineError(code, `${name}: ${error.message}`);
    if (error instanceof RangeError) throw new TaplineError(code, `${name}: it is nested too deep`);
    throw error;
  }
}
