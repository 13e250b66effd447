import { suggestName } from "../../wire/text/suggest-name.ts";
import { type Compiled, type Evaluate, joinInputs, type Range, type Scope } from "./compiled.ts";
import { FilterFault } from "./filter-error.ts";
import { accepts, type FilterFunction, FUNCTIONS } from "./functions.ts";
import { isPresent } from "./presence.ts";
import { joinRanges, tokenRange, withClosing } from "./source-range.ts";
import type { Call, Expr } from "./syntax.ts";
import { formatType, type Value } from "./value.ts";

/** `x.f(y)` and `f(x, y)`. */
export function compileFunction(node: Expr, call: Call, scope: Scope): Compiled {
  const { text } = scope.tree;
  const position = scope.tree.positionOf(node);
  const nameStart = text.indexOf(call.function, Math.max(0, position - call.function.length));
  const name = { start: nameStart, end: nameStart + call.function.length };
  // The parser takes has() of a selection for a macro and leaves the rest to us: it may be any expression.
  if (call.function === "has" && call.target === undefined && call.args.length === 1)
    return isPresent(scope.compile(call.args[0]!, scope), scope);
  const overloads = Object.hasOwn(FUNCTIONS, call.function) ? FUNCTIONS[call.function]! : undefined;
  if (overloads === undefined) {
    const near = suggestName(call.function, Object.keys(FUNCTIONS));
    throw new FilterFault(
      `there is no function ${call.function}`,
      name.start,
      name.end,
      near && `did you mean ${near}?`,
    );
  }
  const nodes = call.target === undefined ? call.args : [call.target, ...call.args];
  const values = nodes.map((part) => scope.compile(part, scope));
  const chosen = overloads.find((candidate) => fits(candidate, values));
  const range = withClosing(text, joinRanges(tokenRange(text, nameStart), ...values.map((value) => value.range)), ")");
  if (chosen === undefined) throw wrongArguments(call.function, overloads, values, range);
  return { type: chosen.result, evaluate: bind(call.function, chosen, values), range, inputs: joinInputs(...values) };
}

function fits({ parameters, required }: FilterFunction, values: readonly Compiled[]): boolean {
  if (values.length > parameters.length || values.length < (required ?? parameters.length)) return false;
  return values.every(({ type }, i) => accepts(parameters[i]!, type));
}

function wrongArguments(
  name: string,
  overloads: readonly FilterFunction[],
  values: readonly Compiled[],
  range: Range,
): FilterFault {
  const forms = overloads.map(({ parameters }) => `${name}(${parameters.map((type) => describe(type)).join(", ")})`);
  const found = values.map(({ type }) => formatType(type)).join(", ");
  return new FilterFault(`${name} does not take (${found})`, range.start, range.end, `there is ${forms.join(" and ")}`);
}

function describe(parameter: FilterFunction["parameters"][number]): string {
  return parameter === "list" || parameter === "map" ? parameter : formatType(parameter);
}

function bind(name: string, { call, prepare }: FilterFunction, values: readonly Compiled[]): Evaluate {
  const [first, second, third] = values as [Compiled, Compiled | undefined, Compiled | undefined];
  if (prepare !== undefined) {
    const test = prepareLiteral(name, prepare, second!);
    return (subject) => {
      const value = first.evaluate(subject);
      return value === undefined ? undefined : test(value as never);
    };
  }
  const run = call!;
  const constants = values.map(({ constant }) => constant);
  if (constants.every((value) => value !== undefined)) {
    const result = run(...(constants as never[]));
    if (result === undefined)
      throw new FilterFault(`${name} has no value for this`, first.range.start, first.range.end, EXAMPLES[name]);
    return () => result;
  }
  return (subject) => {
    const a = first.evaluate(subject);
    if (a === undefined) return undefined;
    if (second === undefined) return run(a as never);
    const b = second.evaluate(subject);
    if (b === undefined) return undefined;
    if (third === undefined) return run(a as never, b as never);
    const c = third.evaluate(subject);
    return c === undefined ? undefined : run(a as never, b as never, c as never);
  };
}

const EXAMPLES: Readonly<Record<string, string>> = {
  duration: "for example: duration('250ms')",
  timestamp: "for example: timestamp('2026-01-31T12:00:00Z')",
};

function prepareLiteral(
  name: string,
  prepare: NonNullable<FilterFunction["prepare"]>,
  pattern: Compiled,
): (value: never) => Value | undefined {
  const { start, end } = pattern.range;
  if (typeof pattern.constant !== "string")
    throw new FilterFault(
      `${name} takes a literal text here`,
      start,
      end,
      "it is prepared once, before anything is read",
    );
  try {
    return prepare(pattern.constant);
  } catch (error) {
    throw new FilterFault(error instanceof Error ? error.message : String(error), start, end);
  }
}
