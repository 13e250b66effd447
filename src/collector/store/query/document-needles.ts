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
  if (node.kind === "binary" && node.operator === "==") {
    const [header, other] = isHeader(node.left) ? [node.left, node.right] : [node.right, node.left];
    return isHeader(header) ? constantOf(other, endsOf(header, WHOLE)) : [];
  }
  if (node.kind !== "call" || node.target === undefined || !isHeader(node.target)) return [];
  const ends = TESTS.get(node.name);
  return ends !== undefined && node.args.length === 1 ? constantOf(node.args[0]!, endsOf(node.target, ends)) : [];
}

/** Characters before and behind it in the document: a value begins and ends with a quotation mark. */
type Ends = readonly [before: string, behind: string];
const WHOLE: Ends = ['"', '"'];
const TESTS: ReadonlyMap<string, Ends> = new Map<string, Ends>([
  ["contains", ["", ""]],
  ["startsWith", ['"', ""]],
  ["endsWith", ["", '"']],
]);

/** `:status` and its like are fields of their own, some of them numbers. */
function endsOf(header: Node, ends: Ends): Ends {
  const name = header.kind === "index" && header.index.kind === "literal" ? header.index.value : undefined;
  return typeof name === "string" && !name.startsWith(":") ? ends : ["", ""];
}

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

function constantOf(node: Node, [before, behind]: Ends): string[] {
  const value = node.kind === "literal" ? node.value : undefined;
  return typeof value === "string" && /^[\w.:/-]+$/.test(value) ? [`${before}${value}${behind}`] : [];
}
