import type { StoredValue } from "./columns.ts";
import { ATTRIBUTE_COLUMNS, LIST_MARK, RECORD_COLUMNS, withoutQuery } from "./columns.ts";
import type { ExchangeRecord } from "./exchange-record.ts";

/** A line of the list: enough to draw it and to filter by what stands in it. */
export interface ListItem {
  readonly id: number;
  /** Microseconds since the epoch. */
  readonly time: number;
  readonly kind: string;
  readonly protocol: string;
  readonly verb?: string;
  readonly host?: string;
  readonly target?: string;
  readonly status?: string;
  readonly type?: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Nanoseconds; absent: not known. */
  readonly duration?: number;
  readonly ttfb?: number;
  readonly outcome?: string;
  readonly reason?: string;
  readonly quality: string;
  readonly service?: string;
  readonly peer?: string;
  readonly route?: string;
  readonly operation?: string;
  readonly traceId?: string;
  readonly client?: string;
  readonly server?: string;
  readonly application?: string;
  readonly connection: string;
  /** Another view of the same request is the one that is counted. */
  readonly isCounted: boolean;
}

export type Columns = Readonly<Record<string, StoredValue>>;

/** The columns that a list item is made of, as SQL. */
export const LIST_COLUMNS: string = [
  "id",
  "time",
  "flags",
  "counted",
  "connection",
  "type",
  "cells",
  ...ATTRIBUTE_COLUMNS.map(({ name, sql }) => (sql === undefined ? name : `${sql} AS ${name}`)),
].join(", ");

/** @param columns the columns of `LIST_COLUMNS` */
export function listItem(columns: Columns): ListItem {
  const text = (name: string): string | undefined => (columns[name] as string | null) ?? undefined;
  const number = (name: string): number | undefined => (columns[name] as number | null) ?? undefined;
  const cells = columns["cells"] === null ? undefined : (JSON.parse(columns["cells"] as string) as Cells);
  const status = number("status");
  const item: { [Name in keyof ListItem]: ListItem[Name] | undefined } = {
    id: columns["id"] as number,
    time: columns["time"] as number,
    kind: text("kind") ?? "",
    protocol: text("protocol") ?? "",
    verb: cells === undefined ? text("method") : cells.verb,
    host: cells === undefined ? text("host") : cells.host,
    target: cells === undefined ? text("path") : cells.target,
    status: cells === undefined ? (status === undefined ? undefined : String(status)) : cells.status,
    type: text("type"),
    requestBytes: cells?.sizes.request ?? number("request_size") ?? 0,
    responseBytes: cells?.sizes.response ?? number("response_size") ?? 0,
    duration: number("duration"),
    ttfb: number("ttfb"),
    outcome: text("outcome"),
    reason: text("reason"),
    quality: text("quality") ?? "complete",
    service: text("service"),
    peer: text("peer"),
    route: text("route"),
    operation: text("operation"),
    traceId: text("trace"),
    client: address(text("source_address"), number("source_port")),
    server: address(text("destination_address"), number("destination_port")),
    application: text("applications")?.split(LIST_MARK).filter(Boolean).join(" ") || undefined,
    connection: text("connection") ?? "",
    isCounted: columns["counted"] === 1,
  };
  for (const name of Object.keys(item) as (keyof ListItem)[]) if (item[name] === undefined) delete item[name];
  return item as ListItem;
}

/** The item of a record that was just stored. */
export function listItemOf(id: number, { values }: ExchangeRecord): ListItem {
  const columns: Record<string, StoredValue> = { id };
  RECORD_COLUMNS.forEach((name, index) => {
    columns[name] = values[index] ?? null;
  });
  columns["url_path"] ??= withoutQuery(columns["path"] ?? null);
  columns["peer"] ??= columns["source_address"]!;
  columns["route"] ??= columns["url_path"]!;
  if (columns["operation"] === null && columns["method"] !== null)
    columns["operation"] = `${columns["method"]} ${columns["url_path"]}`;
  return listItem(columns);
}

interface Cells {
  readonly verb?: string;
  readonly host?: string;
  readonly target?: string;
  readonly status?: string;
  readonly sizes: { readonly request: number; readonly response: number };
}

function address(host: string | undefined, port: number | undefined): string | undefined {
  if (host === undefined || port === undefined) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
