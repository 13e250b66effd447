import { type Connection, type Endpoint, formatEndpoint } from "../../../../model/index.ts";
import type { StringMatcher } from "../../../../tap/config/match-predicate.ts";
import { compileStringMatcher } from "../../../../tap/match/compile-header-matcher.ts";
import type { HeaderMutationFilterConfig } from "../../config/config.ts";
import type {
  HasEdits,
  HeaderAddition,
  HeaderEdits,
  HeaderMutation,
  HeaderTemplate,
  Mutations,
  TemplateCommand,
} from "../../config/routes/route-table.ts";
import { isSwitchedOn } from "../../config/routes/settle-routing.ts";
import { appendHeader, type HeaderList, headerValue, removeAll, removeHeaders, setHeader } from "./header-list.ts";
import { JOINED_IN_REQUESTS, JOINED_IN_RESPONSES } from "./joined-headers.ts";

/** Known where values of headers are made. */
export interface TemplateContext {
  readonly connection: Connection;
  /** Where the client is, if not where it connected from. */
  readonly client: string | undefined;
  readonly protocol: string;
  readonly cluster: string | undefined;
  readonly pseudo: HeaderList;
  readonly request: HeaderList;
  readonly response: HeaderList;
}

/**
 * Edits headers as the levels of a route table say, from the most specific one on, or to it where it is to win.
 *
 * @param levels the weighted cluster's, then the route's and so on to the table's
 * @param context called where there is something to edit
 */
export function applyEdits(
  headers: HeaderList,
  side: "requestEdits" | "responseEdits",
  levels: readonly (HasEdits | undefined)[],
  mostSpecificWins: boolean,
  context: () => TemplateContext,
): void {
  if (!levels.some((level) => level !== undefined && level[side].remove.length + level[side].add.length > 0)) return;
  const [cluster, ...rest] = levels;
  // The edits of a weighted cluster are made first, whichever is to win.
  const joined = side === "requestEdits" ? JOINED_IN_REQUESTS : JOINED_IN_RESPONSES;
  for (const level of [cluster, ...(mostSpecificWins ? rest.reverse() : rest)])
    if (level !== undefined) applyLevel(headers, level[side], context(), joined);
}

/**
 * Changes a part of an exchange as the filters `header_mutation` say: requests pass them in their order, answers the other way. What a
 * filter does itself is done first, then what the levels of the route table say.
 *
 * @param levels from the weighted cluster's to the table's; none where no route was found
 * @param context called where there is something to change
 */
export function mutateHeaders(
  headers: HeaderList,
  part: keyof Mutations,
  filters: readonly HeaderMutationFilterConfig[],
  levels: readonly (HasEdits | undefined)[],
  context: () => TemplateContext,
): void {
  for (const filter of part.startsWith("request") ? filters : filters.toReversed()) {
    if (!isSwitchedOn(filter.name, filter.isDisabled, levels)) continue;
    const said = levels.map((level) => level?.mutations?.get(filter.name)?.[part] ?? []);
    for (const mutation of [filter.mutations[part], ...(filter.mostSpecificWins ? said.reverse() : said)].flat())
      applyMutation(headers, mutation, context, JOINED[part]);
  }
}

const JOINED: Readonly<Partial<Record<keyof Mutations, ReadonlySet<string>>>> = {
  requestHeaders: JOINED_IN_REQUESTS,
  responseHeaders: JOINED_IN_RESPONSES,
};

function applyMutation(
  headers: HeaderList,
  mutation: HeaderMutation,
  context: () => TemplateContext,
  joined: ReadonlySet<string> | undefined,
): void {
  if (mutation.kind === "add") applyAddition(headers, mutation.addition, context(), joined);
  else if (mutation.kind === "remove") removeHeaders(headers, mutation.name);
  else removeAll(headers, compiled(mutation.names));
}

function compiled(names: StringMatcher): (name: string) => boolean {
  let matches = matchers.get(names);
  if (matches === undefined) {
    matches = compileStringMatcher(names);
    matchers.set(names, matches);
  }
  return matches;
}

const matchers = new WeakMap<StringMatcher, (name: string) => boolean>();

function applyLevel(
  headers: HeaderList,
  { remove, add }: HeaderEdits,
  context: TemplateContext,
  joined: ReadonlySet<string>,
): void {
  if (remove.length > 0) removeHeaders(headers, ...remove);
  for (const addition of add) applyAddition(headers, addition, context, joined);
}

function applyAddition(
  headers: HeaderList,
  { name, value, action, keepsEmpty }: HeaderAddition,
  context: TemplateContext,
  joined: ReadonlySet<string> | undefined,
): void {
  const text = fill(value, context);
  if (text === "" && !keepsEmpty) return;
  const isThere = headerValue(headers, name) !== undefined;
  if (action === "APPEND_IF_EXISTS_OR_ADD") appendHeader(headers, name, text, joined);
  else if (action === "ADD_IF_ABSENT" ? !isThere : action === "OVERWRITE_IF_EXISTS_OR_ADD" || isThere)
    setHeader(headers, name, text);
}

function fill(template: HeaderTemplate, context: TemplateContext): string {
  return template
    .map((part) => {
      if (typeof part === "string") return part;
      const value = readCommand(part.command, part.headers, context) ?? "";
      return part.maxLength === undefined ? value : value.slice(0, part.maxLength);
    })
    .join("");
}

function readCommand(
  command: TemplateCommand,
  headers: readonly string[],
  { connection, client, protocol, cluster, pseudo, request, response }: TemplateContext,
): string | undefined {
  switch (command) {
    case "DOWNSTREAM_REMOTE_ADDRESS":
      // No port is told of a client behind a proxy.
      if (client !== undefined) return formatEndpoint({ kind: "ip", address: client, port: 0 });
      return connection.remote && formatEndpoint(connection.remote);
    case "DOWNSTREAM_LOCAL_ADDRESS":
      return connection.local && formatEndpoint(connection.local);
    case "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT":
      return client ?? addressOf(connection.remote);
    case "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT":
      return addressOf(connection.local);
    case "DOWNSTREAM_REMOTE_PORT":
      return client === undefined ? portOf(connection.remote) : "0";
    case "DOWNSTREAM_LOCAL_PORT":
      return portOf(connection.local);
    case "PROTOCOL":
      return protocol;
    case "UPSTREAM_CLUSTER":
      return cluster;
    case "REQ":
    case "RESP":
      return headers
        .map((name) => {
          if (command === "RESP") return headerValue(response, name);
          return name === "host"
            ? headerValue(pseudo, ":authority")
            : headerValue(name.startsWith(":") ? pseudo : request, name);
        })
        .find((value) => value !== undefined);
  }
}

export function addressOf(endpoint: Endpoint | undefined): string | undefined {
  return endpoint?.kind === "ip" ? endpoint.address : endpoint?.path;
}

function portOf(endpoint: Endpoint | undefined): string | undefined {
  return endpoint?.kind === "ip" ? String(endpoint.port) : undefined;
}
