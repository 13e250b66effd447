import { FilterFault } from "./filter-error.ts";
import { TOKEN } from "./token.ts";

/**
 * Short forms stand where a condition may stand, and each means a condition in CEL that is never missing:
 *
 *     5xx   404   GET   GET /users*   /users*   host 10.0.0.1   src host …   dst port …   port 8080   port 8000-8010
 *     net 10.0.0.0/8   http   http1   h2   grpc   websocket   sse   tls   tcp   error   and or not
 *
 * Each is replaced by an identifier of the same length (underscores), so that offsets stay those of the text that the
 * user wrote; `expansions` says what stands at an offset.
 */
export interface ExpandedText {
  readonly cel: string;
  readonly expansions: ReadonlyMap<number, Expansion>;
}

export interface Expansion {
  /** What was written. */
  readonly text: string;
  /** What it means. */
  readonly cel: string;
}

export function expandShortForms(text: string): ExpandedText {
  const expansions = new Map<number, Expansion>();
  const groups: ("group" | "call")[] = [];
  let cel = "";
  let expectsTerm = true;
  let position = 0;
  const copy = (length: number, nextExpectsTerm: boolean): void => {
    cel += text.slice(position, position + length);
    position += length;
    expectsTerm = nextExpectsTerm;
  };
  while (position < text.length) {
    const rest = text.slice(position);
    const skipped = /^\s+/.exec(rest);
    if (skipped !== null) {
      copy(skipped[0].length, expectsTerm);
      continue;
    }
    const word = WORD_OPERATOR.exec(rest);
    if (word !== null) {
      const operator = OPERATORS[word[0].toLowerCase()]!;
      const fits = operator === "!" ? expectsTerm : !expectsTerm;
      if (fits && !groups.includes("call")) {
        cel += operator.padEnd(word[0].length);
        position += word[0].length;
        expectsTerm = true;
        continue;
      }
    }
    if (expectsTerm && !groups.includes("call")) {
      const form = readShortForm(rest, position);
      if (form !== undefined) {
        expansions.set(position, form);
        cel += "_".repeat(form.text.length);
        position += form.text.length;
        expectsTerm = false;
        continue;
      }
    }
    const token = TOKEN.exec(rest)?.[0] ?? rest[0]!;
    if (token === "(" || token === "[" || token === "{") {
      groups.push(token === "(" && expectsTerm ? "group" : "call");
      copy(1, true);
    } else if (token === ")" || token === "]" || token === "}") {
      groups.pop();
      copy(1, false);
    } else copy(token.length, /^(?:&&|\|\||!|\?|:)$/.test(token));
  }
  return { cel, expansions };
}

const OPERATORS: Readonly<Record<string, string>> = { and: "&&", or: "||", not: "!" };
const WORD_OPERATOR = /^(?:and|or|not)(?![\w.'"([])|^(?:and|or|not)(?=\()/i;
/** Where a short form ends: at the end, a closing parenthesis, or an operator between conditions. */
const END = String.raw`(?=\s*(?:$|\)|&&|\|\|)|\s+(?:and|or)\b)`;
const METHODS =
  "GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|SEARCH|REPORT|QUERY|PRI";

const FORMS: readonly { pattern: RegExp; expand: (match: RegExpExecArray, position: number) => string }[] = [
  {
    pattern: /^([1-5])xx(?!\w)/i,
    expand: ([, hundreds]) => has("response.code", `response.code / 100 == ${hundreds}`),
  },
  {
    pattern: new RegExp(`^([1-9]\\d\\d)${END}`),
    expand: ([, code]) => has("response.code", `response.code == ${code}`),
  },
  {
    pattern: new RegExp(`^(${METHODS})(?:\\s+([/*][^\\s)]*))?${END}`, "i"),
    expand: ([, method, path]) =>
      has("request.method", `request.method == ${quote(method!.toUpperCase())}`) +
      (path === undefined ? "" : ` && ${pathIs(path)}`),
  },
  { pattern: new RegExp(`^(/[^\\s)]*)${END}`), expand: ([, path]) => pathIs(path!) },
  { pattern: new RegExp(`^(?:(src|dst)\\s+)?host\\s+(${operand()})${END}`, "i"), expand: expandHost },
  { pattern: new RegExp(`^(?:(src|dst)\\s+)?net\\s+(${operand()})${END}`, "i"), expand: expandNet },
  { pattern: new RegExp(`^(?:(src|dst)\\s+)?port\\s+(${operand()})${END}`, "i"), expand: expandPort },
  {
    pattern: new RegExp(`^(http1|http2|http|h2|grpc|websocket|ws|sse|tls|tcp|error)${END}`),
    expand: ([, name]) => PROTOCOLS[name!]!,
  },
];

const PROTOCOLS: Readonly<Record<string, string>> = {
  http: "has(protocol) && (protocol.startsWith('http') || protocol == 'h2')",
  http1: "has(protocol) && protocol.startsWith('http/1')",
  http2: "has(protocol) && protocol == 'h2'",
  h2: "has(protocol) && protocol == 'h2'",
  tcp: "has(protocol) && protocol == 'tcp'",
  grpc: "has(application) && application == 'grpc'",
  websocket: "has(application) && application == 'websocket'",
  ws: "has(application) && application == 'websocket'",
  sse: "has(application) && application == 'sse'",
  error: "has(outcome) && (outcome == 'error' || outcome == 'none')",
  tls: "has(connection.tls) && connection.tls",
};

function readShortForm(rest: string, position: number): Expansion | undefined {
  for (const { pattern, expand } of FORMS) {
    const match = pattern.exec(rest);
    if (match !== null) return { text: match[0], cel: expand(match, position) };
  }
  return undefined;
}

/** What `host`, `net` and `port` may be followed by: a word that is no operator of CEL. */
function operand(): string {
  return String.raw`[\w.:[\]*%/-]+`;
}

function expandHost([text, side, host]: RegExpExecArray, position: number): string {
  const bare = host!.replace(/^\[(.*)\]$/, "$1");
  if (/^[\d.]+$/.test(bare) && !/^\d+(?:\.\d+){3}$/.test(bare))
    throw faultIn(text, host!, position, "is no IP address", "four numbers make one: host 10.0.0.1");
  if (/^\d+(?:\.\d+){3}$/.test(bare) || bare.includes(":"))
    return sides(side, (end) => has(`${end}.address`, `inNetwork(${end}.address, ${quote(bare)})`));
  if (bare.includes("/")) throw faultIn(text, host!, position, "is a network", `write net ${host}`);
  if (side !== undefined)
    throw faultIn(
      text,
      host!,
      position,
      `is a name: ${side} host takes an address`,
      `host ${host} asks for the Host header`,
    );
  return has("request.host", `(glob(request.host, ${quote(bare)}) || glob(request.host, ${quote(`${bare}:*`)}))`);
}

function expandNet([, side, network]: RegExpExecArray): string {
  return sides(side, (end) => has(`${end}.address`, `inNetwork(${end}.address, ${quote(network!)})`));
}

function expandPort([text, side, port]: RegExpExecArray, position: number): string {
  const [, low, high] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(port!) ?? [];
  if (low === undefined || Number(low) > 65535 || Number(high ?? 0) > 65535)
    throw faultIn(text, port!, position, "is no port", "a number from 0 to 65535, or a range: port 8000-8010");
  return sides(side, (end) =>
    has(
      `${end}.port`,
      high === undefined
        ? `${end}.port == ${Number(low)}`
        : `${end}.port >= ${Number(low)} && ${end}.port <= ${Number(high)}`,
    ),
  );
}

function sides(side: string | undefined, condition: (end: string) => string): string {
  if (side === undefined) return `(${condition("source")}) || (${condition("destination")})`;
  return condition(side.toLowerCase() === "src" ? "source" : "destination");
}

/** Without `*` the path itself; with a query in the pattern, path and query. */
function pathIs(pattern: string): string {
  const attribute = pattern.includes("?") ? "request.path" : "request.url_path";
  return has(attribute, `glob(${attribute}, ${quote(pattern)})`);
}

function has(attribute: string, condition: string): string {
  return `has(${attribute}) && ${condition}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function faultIn(text: string, part: string, position: number, what: string, hint: string): FilterFault {
  const start = position + text.lastIndexOf(part);
  return new FilterFault(`${part} ${what}`, start, start + part.length, hint);
}
