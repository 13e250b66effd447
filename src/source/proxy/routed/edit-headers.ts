import { type Connection, type Endpoint, formatEndpoint } from "../../../model/index.ts";
import type { HasEdits, HeaderEdits, HeaderTemplate, TemplateCommand } from "../config/routes/route-table.ts";
import { appendHeader, type HeaderList, headerValue, removeHeaders, setHeader } from "./header-list.ts";

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
  for (const level of [cluster, ...(mostSpecificWins ? rest.reverse() : rest)])
    if (level !== undefined) applyLevel(headers, level[side], context());
}

function applyLevel(headers: HeaderList, { remove, add }: HeaderEdits, context: TemplateContext): void {
  if (remove.length > 0) removeHeaders(headers, ...remove);
  for (const { name, value, action, keepsEmpty } of add) {
    const text = fill(value, context);
    if (text === "" && !keepsEmpty) continue;
    const isThere = headerValue(headers, name) !== undefined;
    if (action === "APPEND_IF_EXISTS_OR_ADD") appendHeader(headers, name, text);
    else if (action === "ADD_IF_ABSENT" ? !isThere : action === "OVERWRITE_IF_EXISTS_OR_ADD" || isThere)
      setHeader(headers, name, text);
  }
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
        .map((name) => headerValue(command === "RESP" ? response : name.startsWith(":") ? pseudo : request, name))
        .find((value) => value !== undefined);
  }
}

export function addressOf(endpoint: Endpoint | undefined): string | undefined {
  return endpoint?.kind === "ip" ? endpoint.address : endpoint?.path;
}

function portOf(endpoint: Endpoint | undefined): string | undefined {
  return endpoint?.kind === "ip" ? String(endpoint.port) : undefined;
}
