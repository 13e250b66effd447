import { readIpAddress } from "../../../wire/packet/ip-address.ts";
import { compileNetwork } from "../../../wire/packet/ip-network.ts";
import { APPLICATIONS } from "../../applications/table.ts";
import { ROWS } from "../../protocols/table.ts";
import { FilterFault } from "../filter-error.ts";

/**
 * Short forms stand where a term may stand, and each means a condition in CEL that is never missing:
 *
 *     5xx   404   GET   GET /users*   /users*   host 10.0.0.1   src host …   dst port …   port 8080   port 8000-8010
 *     net 10.0.0.0/8   http   http1   h2   grpc   websocket   sse   tls   tcp   error
 *
 * A number by itself (`404`) and a name by itself (`h2`) are CEL too: they are short forms where the compiler wants a
 * condition (`statusForm`, `nameForm`).
 */
export interface ShortForm {
  /** As it was written. */
  readonly text: string;
  /** In CEL. */
  readonly cel: string;
}

/** @param place where the form stands in the filter, for what is wrong in it */
export function readShortForm(text: string, at: number, place: number): ShortForm | undefined {
  for (const [pattern, expand] of FORMS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const path = pattern === PATH || pattern === METHOD_PATH ? readPath(text, at + match[0].length) : "";
    const written = match[0] + path;
    return { text: written, cel: expand([written, ...match.slice(1), path] as unknown as string[], place) };
  }
  return undefined;
}

/** `404` where a condition has to stand. */
export function statusForm(code: bigint): string | undefined {
  return code >= 100n && code <= 999n ? has("response.code", `response.code == ${code}`) : undefined;
}

/** `h2`, `GET` where a condition has to stand. */
export function nameForm(name: string): string | undefined {
  if (METHODS.has(name.toUpperCase())) return has("request.method", `request.method == ${quote(name.toUpperCase())}`);
  return Object.hasOwn(NAMES, name.toLowerCase()) ? NAMES[name.toLowerCase()] : undefined;
}

const METHODS = new Set(
  "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH REPORT QUERY PRI".split(
    " ",
  ),
);

/** The kinds of exchanges, what their protocols' rows add, and what runs inside. */
const NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(ROWS.map(({ kind }) => [kind, `has(kind) && kind == '${kind}'`])),
  ...Object.assign({}, ...ROWS.map(({ shortForms }) => shortForms)),
  // Every exchange has applications: to ask for them all would be to look into bodies.
  ...Object.fromEntries(Object.keys(APPLICATIONS).map((name) => [name, `has(kind) && '${name}' in applications`])),
  ws: "has(kind) && 'websocket' in applications",
  error: "has(outcome) && (outcome == 'error' || outcome == 'none')",
  tls: "has(connection.tls) && connection.tls",
};

const METHOD_PATH = new RegExp(`(${[...METHODS].join("|")})\\s+(?=/(?!/)|\\*(?:\\s|$|\\)))`, "iy");
const PATH = /(?=\/(?!\/))/y;
/** Addresses, names and numbers: no operator of CEL stands in them. */
const OPERAND = String.raw`[\w.:[\]*%/-]+`;

const FORMS: readonly (readonly [RegExp, (match: string[], place: number) => string])[] = [
  [/([1-5])xx(?!\w)/iy, ([, hundreds]) => has("response.code", `response.code / 100 == ${hundreds}`)],
  [
    METHOD_PATH,
    ([, method, path]) =>
      has("request.method", `request.method == ${quote(method!.toUpperCase())} && ${pathIs(path!)}`),
  ],
  [PATH, ([path]) => pathIs(path!)],
  [new RegExp(`(?:(src|dst)\\s+)?host\\s+(?!in\\b)(${OPERAND})`, "iy"), expandHost],
  [new RegExp(`(?:(src|dst)\\s+)?net\\s+(?!in\\b)(${OPERAND})`, "iy"), expandNet],
  [new RegExp(`(?:(src|dst)\\s+)?port\\s+(?!in\\b)(${OPERAND})`, "iy"), expandPort],
];

/** Up to white space, an operator between conditions, or a bracket that closes what is not opened in it. */
function readPath(text: string, at: number): string {
  const open: string[] = [];
  let end = at;
  for (; end < text.length; end++) {
    const char = text[end]!;
    if (/\s/.test(char) || text.startsWith("&&", end) || text.startsWith("||", end)) break;
    if (char === "," && /^,(?:\s|$)/.test(text.slice(end, end + 2))) break;
    if (char === "(" || char === "[" || char === "{") open.push(char);
    else if (char === ")" || char === "]" || char === "}") if (open.pop() === undefined) break;
  }
  return text.slice(at, end);
}

function expandHost([text, side, host]: string[], place: number): string {
  const [, withoutPort, port] = /^(\[.*\]|[^:]*):(\d{1,5})$/.exec(host!) ?? [];
  const bare = (withoutPort ?? host!).replace(/^\[(.*)\]$/, "$1");
  if (port !== undefined && Number(port) > 65535)
    throw faultIn(text!, port, place, "is no port", "a number from 0 to 65535");
  if (readIpAddress(bare) !== undefined)
    return sides(side, (end) => {
      const address = has(`${end}.address`, `inNetwork(${end}.address, ${quote(bare)})`);
      return port === undefined ? address : `${address} && ${has(`${end}.port`, `${end}.port == ${Number(port)}`)}`;
    });
  if (/^[\d.]+$/.test(bare) || bare.includes("::"))
    throw faultIn(text!, host!, place, "is no IP address", "four numbers make one: host 10.0.0.1");
  if (bare.includes("/")) throw faultIn(text!, host!, place, "is a network", `write net ${host}`);
  if (side !== undefined)
    throw faultIn(
      text!,
      host!,
      place,
      `is a name: ${side} host takes an address`,
      `host ${host} asks for the Host header`,
    );
  const header = (pattern: string): string => `glob(request.host.lowerAscii(), ${quote(pattern.toLowerCase())})`;
  if (port === undefined) return has("request.host", `(${header(bare)} || ${header(`${bare}:*`)})`);
  // The header leaves out the port that a scheme usually has.
  const named = `${header(bare)} && ${has("destination.port", `destination.port == ${Number(port)}`)}`;
  return has("request.host", `(${header(`${bare}:${Number(port)}`)} || (${named}))`);
}

function expandNet([text, side, network]: string[], place: number): string {
  try {
    compileNetwork(network!);
  } catch (error) {
    throw new FilterFault((error as Error).message, place, place + text!.length);
  }
  return sides(side, (end) => has(`${end}.address`, `inNetwork(${end}.address, ${quote(network!)})`));
}

function expandPort([text, side, port]: string[], place: number): string {
  const [, low, high] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(port!) ?? [];
  if (low === undefined || Number(low) > 65535 || Number(high ?? 0) > 65535)
    throw faultIn(text!, port!, place, "is no port", "a number from 0 to 65535, or a range: port 8000-8010");
  if (high !== undefined && Number(high) < Number(low))
    throw faultIn(text!, port!, place, "is an empty range", `write port ${high}-${low}`);
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

function faultIn(text: string, part: string, place: number, message: string, hint: string): FilterFault {
  const start = place + text.lastIndexOf(part);
  return new FilterFault(`${part} ${message}`, start, start + part.length, hint);
}
