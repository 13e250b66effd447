import type { Node } from "../../../analysis/filter/syntax/node.ts";
import { parseFilter } from "../../../analysis/filter/syntax/parser.ts";

/**
 * Texts that the document of everything that matches has in it, as they stand: a document without one need not be understood. Only of
 * conditions on headers that have to hold, and only of characters that JSON leaves as they are and that no list of values has between
 * two of them.
 * @param text a filter that `compileFilter` took
 */
export function needlesOf(text: string): string[] {
  return needlesIn(parseFilter(text));
}

function needlesIn(node: Node): string[] {
  if (node.kind === "and") return node.parts.flatMap(needlesIn);
  if (node.kind === "binary" && node.operator === "==")
    return isHeader(node.left) ? constantOf(node.right) : isHeader(node.right) ? constantOf(node.left) : [];
  if (node.kind !== "call" || node.target === undefined || !TESTS.has(node.name) || !isHeader(node.target)) return [];
  return node.args.length === 1 ? constantOf(node.args[0]!) : [];
}

const TESTS: ReadonlySet<string> = new Set(["contains", "startsWith", "endsWith"]);

/** `request.headers['name']`, `response.headers['name']`. */
function isHeader(node: Node): boolean {
  if (node.kind !== "index" || node.optional || node.operand.kind !== "select") return false;
  const { operand, field, optional } = node.operand;
  return (
    field === "headers" &&
    !optional &&
    operand.kind === "name" &&
    (operand.name === "request" || operand.name === "response")
  );
}

function constantOf(node: Node): string[] {
  const value = node.kind === "literal" ? node.value : undefined;
  return typeof value === "string" && /^[\w.:/-]+$/.test(value) ? [value] : [];
}
