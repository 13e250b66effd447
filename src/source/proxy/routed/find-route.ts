import { compileRegularExpression } from "../../../analysis/filter/regular-expression.ts";
import { compileHeaderMatcher, compileStringMatcher } from "../../../tap/match/compile-header-matcher.ts";
import type { QueryMatch, Route, RouteTable, VirtualHost } from "../config/routes/route-table.ts";
import { type HeaderList, headerValue } from "./headers/header-list.ts";

/** A request, as far as its route depends on it. */
export interface RoutedTarget {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** With the query. */
  readonly path: string;
  readonly headers: HeaderList;
}

export interface FoundRoute {
  readonly host: VirtualHost;
  readonly route: Route | undefined;
}

/** Finds routes as Envoy does: the virtual host by the domain that is closest, then its first route that matches. */
export class RouteFinder {
  readonly #exact = new Map<string, CompiledHost>();
  /** Longest first. */
  readonly #suffixes: [ending: string, CompiledHost][] = [];
  readonly #prefixes: [beginning: string, CompiledHost][] = [];
  #default: CompiledHost | undefined;
  readonly #ignoresPort: boolean;

  constructor(table: RouteTable) {
    this.#ignoresPort = table.ignoresPortInHost;
    for (const host of table.virtualHosts) {
      const compiled = { host, routes: host.routes.map((route) => ({ route, matches: compileMatch(route) })) };
      for (const domain of host.domains) {
        if (domain === "*") this.#default = compiled;
        else if (domain.startsWith("*")) this.#suffixes.push([domain.slice(1), compiled]);
        else if (domain.endsWith("*")) this.#prefixes.push([domain.slice(0, -1), compiled]);
        else this.#exact.set(domain, compiled);
      }
    }
    const byLength = ([one]: [string, unknown], [other]: [string, unknown]) => other.length - one.length;
    this.#suffixes.sort(byLength);
    this.#prefixes.sort(byLength);
  }

  /** Undefined where no virtual host takes it. */
  find(target: RoutedTarget): FoundRoute | undefined {
    const host = this.#findHost(target.authority);
    if (host === undefined) return undefined;
    const at = target.path.search(/[?#]/);
    const path = at < 0 ? target.path : target.path.slice(0, at);
    const view = new View(target, path);
    return { host: host.host, route: host.routes.find(({ matches }) => matches(view))?.route };
  }

  #findHost(authority: string): CompiledHost | undefined {
    const lower = authority.toLowerCase();
    const name = this.#ignoresPort ? lower.replace(/:\d+$/, "") : lower;
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    if (this.#suffixes.length + this.#prefixes.length === 0) return this.#default;
    // A wildcard stands for at least one character.
    const suffix = this.#suffixes.find(([ending]) => name.length > ending.length && name.endsWith(ending));
    const prefix = this.#prefixes.find(([beginning]) => name.length > beginning.length && name.startsWith(beginning));
    return suffix?.[1] ?? prefix?.[1] ?? this.#default;
  }
}

export const CONNECT = "CONNECT";

interface CompiledHost {
  readonly host: VirtualHost;
  readonly routes: readonly { readonly route: Route; readonly matches: (view: View) => boolean }[];
}

/** A request, as the matchers of routes see it. */
class View {
  readonly path: string;
  /** The path without its query. */
  readonly bare: string;
  readonly headers: HeaderList;
  readonly isConnect: boolean;
  readonly #target: RoutedTarget;
  #list: readonly { readonly name: string; readonly value: string }[] | undefined;

  constructor(target: RoutedTarget, bare: string) {
    this.#target = target;
    this.path = target.path;
    this.headers = target.headers;
    this.isConnect = target.method === CONNECT && target.path === "";
    this.bare = bare;
  }

  /** All headers, pseudo-headers first: few routes look at them. */
  get list(): readonly { readonly name: string; readonly value: string }[] {
    const { method, authority, path, scheme, headers } = this.#target;
    this.#list ??= [
      { name: ":method", value: method },
      { name: ":authority", value: authority },
      { name: ":path", value: path },
      { name: ":scheme", value: scheme },
      ...headers.map(([name, value]) => ({ name, value })),
    ];
    return this.#list;
  }
}

function compileMatch({ match }: Route): (view: View) => boolean {
  // A request of `CONNECT` has no path, and no other route takes it.
  const ofPath = match.path.kind === "connect" ? () => true : compilePath(match.path);
  const isConnect = match.path.kind === "connect";
  const path = (view: View) => view.isConnect === isConnect && ofPath(view);
  const headers = match.headers.map((matcher) => compileHeaderMatcher(matcher, "request-headers"));
  const query = match.query.map(compileQuery);
  const { perMillion } = match;
  return (view) =>
    path(view) &&
    (headers.length === 0 || headers.every((matches) => matches(view.list as never))) &&
    (query.length === 0 || query.every((matches) => matches(readQuery(view.path)))) &&
    (!match.isGrpc || isGrpc(view.headers)) &&
    (perMillion === undefined || Math.random() * 1_000_000 < perMillion);
}

function compilePath({ kind, value, ignoresCase }: Route["match"]["path"]): (view: View) => boolean {
  if (kind === "regex") {
    const expression = compileRegularExpression(value);
    return ({ bare }) => expression.isWhole(bare);
  }
  const fold = ignoresCase ? (text: string) => text.toLowerCase() : (text: string) => text;
  const wanted = fold(value);
  if (kind === "path") return ({ bare }) => fold(bare) === wanted;
  // The query counts as a part of the path where a prefix is asked for.
  if (kind === "prefix") return ({ path }) => fold(path).startsWith(wanted);
  return ({ bare }) => {
    const found = fold(bare);
    return found.startsWith(wanted) && (found.length === wanted.length || found[wanted.length] === "/");
  };
}

function compileQuery({ name, value, isAbsent = false }: QueryMatch): (query: ReadonlyMap<string, string>) => boolean {
  if (value === undefined) return (query) => query.has(name) !== isAbsent;
  const matches = compileStringMatcher(value);
  return (query) => {
    const found = query.get(name);
    return found !== undefined && matches(found);
  };
}

/** The first value of each parameter, undecoded, as Envoy takes them. */
function readQuery(path: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  const at = path.indexOf("?");
  if (at < 0) return query;
  for (const part of path
    .slice(at + 1)
    .split("#")[0]!
    .split("&")) {
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!query.has(name)) query.set(name, equals < 0 ? "" : part.slice(equals + 1));
  }
  return query;
}

export function isGrpc(headers: HeaderList): boolean {
  const type = headerValue(headers, "content-type") ?? "";
  return type === "application/grpc" || type.startsWith("application/grpc+");
}
