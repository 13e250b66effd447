/** A value in a text of JSON, or of what begins so: where it stands, and what is in it. */
export interface JsonNode {
  readonly start: number;
  end: number;
  readonly isText: boolean;
  readonly isList: boolean;
  /** The name of a member, without its quotes; empty where it has none. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** The values in a list or an object. */
  readonly items: JsonNode[] | undefined;
}

/**
 * All lists and objects of a text, and the texts and literals in them, in one pass. What is no JSON is passed over: brackets need not match, and
 * a text may be cut. Deeper than `MAX_DEPTH` brackets are not told apart.
 */
export function readNodes(text: string): readonly JsonNode[] {
  const found: JsonNode[] = [];
  const open: JsonNode[] = [];
  let nameStart = 0;
  let nameEnd = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [token] = match;
    const start = match.index;
    const end = start + token.length;
    const first = token[0]!;
    if (first === "]" || first === "}") {
      const closed = open.pop();
      if (closed !== undefined) closed.end = end;
    } else if (first === '"' && isName(text, end)) {
      nameStart = start + 1;
      nameEnd = end - 1;
      continue;
    } else {
      const isOpening = first === "[" || first === "{";
      const node = {
        start,
        end,
        isText: first === '"',
        isList: first === "[",
        nameStart,
        nameEnd,
        items: isOpening ? [] : undefined,
      };
      open.at(-1)?.items?.push(node);
      if (isOpening) {
        found.push(node);
        if (open.length < MAX_DEPTH) open.push(node);
      }
    }
    nameStart = nameEnd = 0;
  }
  return found;
}

function isName(text: string, end: number): boolean {
  let at = end;
  while (at < text.length && /\s/.test(text[at]!)) at++;
  return text[at] === ":";
}

const TOKEN = /"(?:[^"\\]|\\[\s\S])*(?:"|$)|[[\]{}]|[^\s"[\]{},:]+/g;
const MAX_DEPTH = 64;
