import { type Getters, resolverOf, type SubjectKind } from "./attributes/attribute.ts";
import type { StreamPhase } from "./attributes/stream-phase.ts";
import { findAttribute } from "./attributes/table.ts";
import { compileCall } from "./compile-call.ts";
import { compileList, selectEntry } from "./compile-collection.ts";
import { compileMacro } from "./compile-macro.ts";
import type { Compiled, Evaluate, Range, Scope } from "./compiled.ts";
import { FilterFault } from "./filter-error.ts";
import { isPresent } from "./presence.ts";
import { tokenRange } from "./source-range.ts";
import { type Expr, parseFilter } from "./syntax.ts";
import { unknownName } from "./unknown-name.ts";
import type { Value, ValueType } from "./value.ts";

/** How deep expressions may be nested; chains of `&&` and `||` count once. */
const MAX_EXPRESSION_DEPTH = 200;

/** Checks the types of an expression and makes it a closure. @throws FilterFault */
export function compileExpression(node: Expr, outer: Scope): Compiled {
  if (outer.depth > MAX_EXPRESSION_DEPTH)
    throw new FilterFault("it is nested too deep", outer.tree.positionOf(node), outer.tree.positionOf(node) + 1);
  const scope = { ...outer, depth: outer.depth + 1 };
  const { tree } = scope;
  const start = tree.positionOf(node);
  const kind = node.exprKind;
  switch (kind.case) {
    case "constExpr":
      return compileLiteral(kind.value, tokenRange(tree.text, start));
    case "identExpr":
      return compileShortForm(node, scope) ?? compileName([kind.value.name], tokenRange(tree.text, start), scope);
    case "selectExpr":
      return compileSelection(node, scope);
    case "callExpr":
      return compileCall(node, scope);
    case "listExpr":
      return compileList(
        kind.value.elements.map((element) => compileExpression(element, scope)),
        tokenRange(tree.text, start),
        tree.text,
      );
    case "comprehensionExpr":
      return compileMacro(node, scope);
    case undefined:
      // A macro within a macro: the parser keeps what was written under the node's number only.
      return compileInnerMacro(node, scope);
    default:
      throw new FilterFault("this is not part of the filter language", start, start + 1);
  }
}

function compileInnerMacro(node: Expr, scope: Scope): Compiled {
  const written = scope.tree.macroOf(node)?.exprKind;
  if (written?.case !== "callExpr" || written.value.function !== "has") return compileMacro(node, scope);
  return isPresent(scope.compile(written.value.args[0]!, scope), scope);
}

type Literal = Extract<Expr["exprKind"], { case: "constExpr" }>["value"];

function compileLiteral({ constantKind }: Literal, range: Range): Compiled {
  switch (constantKind.case) {
    case "boolValue":
      return literal("bool", constantKind.value, range);
    case "int64Value":
    case "uint64Value": {
      const value = constantKind.value;
      const exact = value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
      return literal("int", exact ? Number(value) : value, range);
    }
    case "doubleValue":
      return literal("double", constantKind.value, range);
    case "stringValue":
      return literal("string", constantKind.value, range);
    case "bytesValue":
      return literal("bytes", constantKind.value, range);
    default:
      throw new FilterFault(
        "null is not part of the filter language",
        range.start,
        range.end,
        "has(x) asks whether x is there",
      );
  }
}

function literal(type: ValueType, value: Value, range: Range): Compiled {
  return { type, evaluate: () => value, constant: value, range, inputs: [] };
}

function compileShortForm(node: Expr, scope: Scope): Compiled | undefined {
  const start = scope.tree.positionOf(node);
  const form = scope.tree.expansions.get(start);
  if (form === undefined) return undefined;
  const range = { start, end: start + form.text.length };
  try {
    const tree = parseFilter(form.cel);
    const { type, evaluate, inputs } = compileExpression(tree.root, { ...scope, tree, variables: new Map() });
    return { type, evaluate, inputs, range };
  } catch (error) {
    // What is wrong is in the form's operand: tell it at the form.
    if (error instanceof FilterFault) throw new FilterFault(error.message, range.start, range.end, error.hint);
    throw error;
  }
}

/** `a.b.c`: a variable of a macro or the longest attribute name, and then entries of a map. */
function compileSelection(node: Expr, scope: Scope): Compiled {
  const names: string[] = [];
  const ends: number[] = [];
  let bottom = node;
  while (bottom.exprKind.case === "selectExpr") {
    const { field, operand } = bottom.exprKind.value;
    names.unshift(field);
    ends.unshift(fieldEnd(scope.tree.text, scope.tree.positionOf(bottom), field));
    bottom = operand!;
  }
  const asksPresence = node.exprKind.case === "selectExpr" && node.exprKind.value.testOnly;
  let value: Compiled;
  let used = 0;
  if (bottom.exprKind.case === "identExpr") {
    const first = tokenRange(scope.tree.text, scope.tree.positionOf(bottom));
    const all = [bottom.exprKind.value.name, ...names];
    for (used = names.length; used > 0 && findAttribute(all.slice(0, used + 1).join(".")) === undefined; ) used--;
    if (used === 0 && !scope.variables.has(all[0]!) && findAttribute(all[0]!) === undefined)
      used = Math.min(1, names.length);
    const end = used === 0 ? first.end : ends[used - 1]!;
    value = compileName(all.slice(0, used + 1), { start: first.start, end }, scope);
  } else value = compileExpression(bottom, scope);
  for (; used < names.length; used++)
    value = selectEntry(value, names[used]!, { start: value.range.start, end: ends[used]! }, scope);
  return asksPresence ? isPresent(value, scope) : value;
}

function fieldEnd(text: string, dot: number, field: string): number {
  return dot + 1 + /^\s*/.exec(text.slice(dot + 1))![0].length + field.length;
}

function compileName(names: readonly string[], range: Range, scope: Scope): Compiled {
  const name = names.join(".");
  const variable = scope.variables.get(name);
  if (variable !== undefined) return { type: variable.type, evaluate: () => variable.value, range, inputs: [] };
  const attribute = findAttribute(name);
  if (attribute === undefined) throw unknownName(name, range, scope.tree.text);
  scope.attributes.add(name);
  const { get, phase, withPort, entry } = attribute;
  const own: Compiled = {
    type: attribute.type,
    evaluate: evaluatorOf(get, scope.kind, phase),
    range,
    inputs: [],
    label: name,
    phase,
    ...(withPort === undefined ? {} : { withPort: evaluatorOf(withPort, scope.kind, phase) }),
    ...(entry === undefined ? {} : { entry: (key) => evaluatorOf(entry(key), scope.kind, phase) }),
  };
  return { ...own, inputs: [own] };
}

function evaluatorOf(getters: Getters, kind: SubjectKind, phase: StreamPhase): Evaluate {
  return (resolverOf(getters, kind, phase) as Evaluate | undefined) ?? (() => undefined);
}
