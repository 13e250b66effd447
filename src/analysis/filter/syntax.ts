import { parse } from "@bufbuild/cel";
import { FilterFault } from "./filter-error.ts";
import { type Expansion, expandShortForms } from "./short-forms.ts";
import { TOKEN } from "./token.ts";

/** A node of the syntax tree (cel.expr.Expr of github.com/google/cel-spec, `proto/cel/expr/syntax.proto`). */
export type Expr = NonNullable<ReturnType<typeof parse>["expr"]>;

/** An operator or a function with what it is applied to. */
export type Call = Extract<Expr["exprKind"], { case: "callExpr" }>["value"];

export interface SyntaxTree {
  readonly text: string;
  readonly root: Expr;
  /** Offset in `text` of the place that the parser gives a node: the operator of a call, the dot of a selection. */
  positionOf(node: Expr): number;
  /** The macro call (`exists`, `has`, …) that was written where the node stands. */
  macroOf(node: Expr): Expr | undefined;
  readonly expansions: ReadonlyMap<number, Expansion>;
}

/** Characters of a filter, and how deep its brackets may be nested. */
const MAX_FILTER_LENGTH = 8192;
const MAX_FILTER_DEPTH = 64;

/** Parses a filter: CEL, and the short forms where a condition may stand. @throws FilterFault */
export function parseFilter(text: string): SyntaxTree {
  checkSize(text);
  if (text.trim() === "")
    throw new FilterFault("it is empty", 0, 0, "for example: 5xx, GET /users*, response.code >= 500");
  const { cel, expansions } = expandShortForms(text);
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(cel);
  } catch (error) {
    throw describeSyntaxError(text, cel, error);
  }
  const { expr, sourceInfo } = parsed;
  if (expr === undefined || sourceInfo === undefined) throw new FilterFault("nothing was found in it", 0, text.length);
  return {
    text,
    root: expr,
    positionOf: (node) => sourceInfo.positions[node.id.toString()] ?? 0,
    macroOf: (node) => sourceInfo.macroCalls[node.id.toString()],
    expansions,
  };
}

function checkSize(text: string): void {
  if (text.length > MAX_FILTER_LENGTH)
    throw new FilterFault(`it has ${text.length} characters, at most ${MAX_FILTER_LENGTH} are read`, 0, 0);
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if ("([{".includes(text[i]!)) depth++;
    else if (")]}".includes(text[i]!)) depth--;
    if (depth > MAX_FILTER_DEPTH)
      throw new FilterFault(`brackets are nested deeper than ${MAX_FILTER_DEPTH}`, i, i + 1, "write it flatter");
  }
  const chain = /(?:!\s*){65}|(?:-\s*){65}|(?:\?[^?]*){65}/.exec(text);
  if (chain !== null) throw new FilterFault("operators are nested too deep", chain.index, chain.index + 1);
}

/** The parser says where it stopped; what people usually did there is said in their words. */
function describeSyntaxError(text: string, cel: string, error: unknown): FilterFault {
  const location = (error as { location?: { start?: { offset?: number } } }).location;
  if (location?.start?.offset === undefined)
    return new FilterFault(error instanceof Error ? error.message : String(error), 0, text.length);
  const unclosed = findUnclosedString(cel);
  if (unclosed !== undefined)
    return new FilterFault("a string is not closed", unclosed, text.length, `add ${text[unclosed]} at its end`);
  let offset = location.start.offset;
  // Offsets of the parser stop at the last expression that was whole; what follows is white space, then the fault.
  while (/\s/.test(cel[offset] ?? "")) offset++;
  return explainPlace(text, cel, offset);
}

/** Where a quotation mark opens a string that nothing closes. */
function findUnclosedString(cel: string): number | undefined {
  for (let at = 0; at < cel.length; ) {
    const token = TOKEN.exec(cel.slice(at))![0];
    if (token === "'" || token === '"') return at;
    at += token.length;
  }
  return undefined;
}

function explainPlace(text: string, cel: string, offset: number): FilterFault {
  const rest = cel.slice(offset);
  const before = cel.slice(0, offset).trimEnd();
  if (/^=(?!=)/.test(rest)) return new FilterFault("= is no operator", offset, offset + 1, "== compares");
  if (/^=~/.test(rest)) return new FilterFault("=~ is no operator", offset, offset + 2, "write path.matches('…')");
  if (/^&(?!&)/.test(rest)) return new FilterFault("& is no operator", offset, offset + 1, "&& means and");
  if (/^\|(?!\|)/.test(rest)) return new FilterFault("| is no operator", offset, offset + 1, "|| means or");
  const dangling = /^(&&|\|\||[<>=!]=|[<>+*/%-])\s*(\)|$)/.exec(rest) ?? undefined;
  if (dangling !== undefined)
    return new FilterFault(`something is missing after ${dangling[1]}`, offset, offset + dangling[1]!.length);
  if (rest === "")
    return new FilterFault(
      `it ends after ${text.trimEnd().slice(-12).trim()}, where more is expected`,
      text.length,
      text.length + 1,
      unclosed(before),
    );
  if (rest.startsWith(")") || rest.startsWith("]"))
    return new FilterFault(`${rest[0]} closes nothing`, offset, offset + 1);
  const open = findUnclosedBracket(cel);
  if (open !== undefined && (open === offset || /^(?:&&|\|\|)/.test(rest)))
    return new FilterFault(`${cel[open]} is not closed`, open, open + 1, `add ${CLOSING[cel[open]!]}`);
  const word = /^[\w./'"-]+/.exec(text.slice(offset))?.[0] ?? text[offset]!;
  return new FilterFault(`${word} is not expected here`, offset, offset + word.length, hintFor(before, word));
}

/** The last bracket that nothing closes. */
function findUnclosedBracket(cel: string): number | undefined {
  const open: number[] = [];
  for (let at = 0; at < cel.length; ) {
    const token = TOKEN.exec(cel.slice(at))![0];
    if (token in CLOSING) open.push(at);
    else if (Object.values(CLOSING).includes(token)) open.pop();
    at += token.length;
  }
  return open.at(-1);
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

function unclosed(before: string): string | undefined {
  const opened = (before.match(/[([]/g)?.length ?? 0) - (before.match(/[)\]]/g)?.length ?? 0);
  return opened > 0 ? "a bracket is not closed" : undefined;
}

function hintFor(before: string, word: string): string | undefined {
  if (/[\w)\]'"]$/.test(before) && /^[\w'"]/.test(word)) return "join conditions with && (and) or || (or)";
  return undefined;
}
