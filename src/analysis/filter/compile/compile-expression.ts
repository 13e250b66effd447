import { toInt } from "../dynamic/convert.ts";
import { Uint } from "../dynamic/values.ts";
import { FilterFault } from "../filter-error.ts";
import type { LiteralNode, Node, ShortFormNode } from "../syntax/node.ts";
import { parseFilter } from "../syntax/parser.ts";
import { nameForm, statusForm } from "../syntax/short-forms.ts";
import { compileBinary, compileNegation } from "./compile-binary.ts";
import { compileCall } from "./compile-call.ts";
import { compileList, compileMap } from "./compile-collection.ts";
import { compileIndex, compileSelection } from "./compile-entry.ts";
import { compileChain, compileConditional, compileNot } from "./compile-logic.ts";
import { compileName } from "./compile-name.ts";
import type { Compiled, Scope } from "./compiled.ts";

/** How deep expressions may be nested; chains of `&&` and `||` count once. */
const MAX_EXPRESSION_DEPTH = 150;

/** Checks the types of an expression and makes it a closure. @throws FilterFault */
export function compileExpression(node: Node, outer: Scope): Compiled {
  if (outer.depth > MAX_EXPRESSION_DEPTH) throw new FilterFault("it is nested too deep", node.start, node.start + 1);
  const scope = { ...outer, depth: outer.depth + 1 };
  switch (node.kind) {
    case "literal":
      return compileLiteral(node);
    case "name":
      return compileName([node.name], node, scope);
    case "select":
      return compileSelection(node, scope);
    case "index":
      return compileIndex(node, scope);
    case "call":
      return compileCall(node, scope);
    case "and":
    case "or":
      return compileChain(node, scope);
    case "not":
      return compileNot(node, scope);
    case "negate":
      return compileNegation(node, scope);
    case "conditional":
      return compileConditional(node, scope);
    case "binary":
      return compileBinary(node, scope);
    case "list":
      return compileList(node, scope);
    case "map":
      return compileMap(node, scope);
    case "short":
      return compileShortForm(node, node.cel, scope);
  }
}

/** Where a condition has to stand, `404` and `h2` are short forms. */
export function compileCondition(node: Node, scope: Scope): Compiled {
  const isNumber = node.kind === "literal" && node.type === "int";
  const cel = isNumber
    ? statusForm(node.value as bigint)
    : node.kind === "name" && !scope.variables.has(node.name)
      ? nameForm(node.name)
      : undefined;
  if (cel !== undefined) return compileShortForm(node, cel, scope);
  return node.kind === "conditional"
    ? compileConditional(node, scope, compileCondition)
    : compileExpression(node, scope);
}

function compileLiteral(node: LiteralNode): Compiled {
  const { type, value } = node;
  const constant = type === "int" ? toInt(value as bigint) : type === "uint" ? new Uint(value as bigint) : value;
  return { type, evaluate: () => constant, constant, node, inputs: [] };
}

/** Its expansions are few: they are parsed once. */
function compileShortForm(node: Node | ShortFormNode, cel: string, scope: Scope): Compiled {
  try {
    const root = parseFilter(cel);
    const { type, evaluate, inputs } = scope.compile(root, { ...scope, text: cel, variables: new Map() });
    return { type, evaluate, inputs, node };
  } catch (error) {
    // The fault is in the form's operand: it is told at the form.
    if (error instanceof FilterFault) throw new FilterFault(error.message, node.start, node.end, error.hint);
    throw error;
  }
}
