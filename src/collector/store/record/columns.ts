import { findAttribute } from "../../../analysis/filter/index.ts";
import type { ExchangeFacts } from "../../../analysis/protocols/index.ts";
import type { Exchange } from "../../../model/index.ts";

/** Columns and documents are made of it, the exchange. */
export type RecordFacts = Required<ExchangeFacts>;

/** One column of a stored exchange that holds what an attribute of the filter language says. */
export interface AttributeColumn {
  readonly name: string;
  readonly type: "INTEGER" | "TEXT";
  readonly attribute: string;
  /** SQL that gives the attribute, where the column holds NULL for what follows from others. Default: the column. */
  readonly sql?: string;
  /** The value that the SQL gives where the column is NULL: it is not stored then. @param values of the columns before it, whole */
  readonly impliedBy?: (values: readonly StoredValue[]) => StoredValue;
  /** The attribute, where it is known already. */
  readonly known?: (facts: RecordFacts) => unknown;
}

export type StoredValue = string | number | null;

/** Some columns do not say all: whoever filters by them looks into the document. */
export const FLAG_IMPRECISE = 1;
/** It came without a time: it stands at that of its arrival. */
export const FLAG_UNTIMED = 2;

/** Between the items of a list, and at both ends: `\nsse\njsonrpc\n`. */
export const LIST_MARK = "\n";

/** The path without its query. */
const URL_PATH_SQL = "coalesce(url_path, substr(path, 1, instr(path || '?', '?') - 1))";
/** Where there is no route, the path stands for it. */
export const ROUTE_SQL = `coalesce(route, ${URL_PATH_SQL})`;

const text = (name: string, attribute: string, known?: (facts: RecordFacts) => unknown): AttributeColumn => ({
  name,
  type: "TEXT",
  attribute,
  ...(known && { known }),
});
const integer = (name: string, attribute: string): AttributeColumn => ({ name, type: "INTEGER", attribute });

/**
 * The attributes of an exchange that can be asked for without reading its document: filters over these are answered by SQL. In the order in
 * which they are computed: an implied value is made of those before it.
 */
export const ATTRIBUTE_COLUMNS: readonly AttributeColumn[] = [
  integer("duration", "duration"),
  integer("ttfb", "ttfb"),
  text("kind", "kind"),
  text("protocol", "protocol"),
  text("method", "request.method"),
  text("host", "request.host"),
  text("path", "request.path"),
  {
    ...text("url_path", "request.url_path"),
    sql: URL_PATH_SQL,
    impliedBy: (values) => withoutQuery(values[PATH] ?? null),
  },
  {
    ...text("route", "route"),
    sql: ROUTE_SQL,
    impliedBy: (values) => values[URL_PATH] ?? null,
  },
  {
    ...text("operation", "operation", ({ operation }) => operation),
    sql: `coalesce(operation, method || ' ' || ${URL_PATH_SQL})`,
    impliedBy: (values) => `${values[METHOD] ?? ""} ${values[URL_PATH] ?? ""}`,
  },
  integer("status", "response.code"),
  text("outcome", "outcome", ({ outcome }) => outcome?.result),
  text("reason", "outcome.reason", ({ outcome }) => outcome?.reason),
  text("service", "service.name", ({ service }) => service?.name),
  text("service_source", "service.source", ({ service }) => service?.source),
  text("source_address", "source.address"),
  {
    ...text("peer", "peer.name", ({ peer }) => peer?.name),
    sql: "coalesce(peer, source_address)",
    impliedBy: (values) => values[SOURCE_ADDRESS] ?? null,
  },
  text("peer_source", "peer.source", ({ peer }) => peer?.source),
  text("trace", "trace.id", ({ evidence }) => evidence.traceId),
  { ...text("quality", "quality"), sql: "coalesce(quality, 'complete')", impliedBy: () => "complete" },
  text("application", "application", ({ applications }) => applications[0]?.name),
  text("applications", "applications", ({ applications }) => applications.map(({ name }) => name)),
  text("problems", "problems"),
  integer("source_port", "source.port"),
  text("destination_address", "destination.address"),
  integer("destination_port", "destination.port"),
  integer("request_size", "request.size"),
  integer("response_size", "response.size"),
  integer("grpc_status", "response.grpc_status"),
  text("seen_at", "connection.source"),
];

const [METHOD, PATH, URL_PATH, SOURCE_ADDRESS] = ["method", "path", "url_path", "source_address"].map((wanted) =>
  ATTRIBUTE_COLUMNS.findIndex(({ name }) => name === wanted),
) as [number, number, number, number];

export function withoutQuery(path: StoredValue): StoredValue {
  if (typeof path !== "string") return path;
  const at = path.indexOf("?");
  return at < 0 ? path : path.slice(0, at);
}

/** Columns beside the attributes. */
export const PLAIN_COLUMNS = [
  { name: "time", type: "INTEGER NOT NULL" },
  { name: "nanos", type: "INTEGER NOT NULL" },
  { name: "arrived", type: "INTEGER NOT NULL" },
  { name: "flags", type: "INTEGER NOT NULL" },
  { name: "counted", type: "INTEGER NOT NULL" },
  { name: "connection", type: "TEXT" },
  { name: "type", type: "TEXT" },
  { name: "cells", type: "TEXT" },
] as const;

export type PlainColumn = (typeof PLAIN_COLUMNS)[number]["name"];

/** All columns that a record fills, in the order of its values. */
export const RECORD_COLUMNS: readonly string[] = [
  ...PLAIN_COLUMNS.map(({ name }) => name),
  ...ATTRIBUTE_COLUMNS.map(({ name }) => name),
];

const BY_ATTRIBUTE = new Map(ATTRIBUTE_COLUMNS.map((column) => [column.attribute, column]));

/** The column of an attribute; undefined where documents have to be read for it. */
export function columnOf(attribute: string): AttributeColumn | undefined {
  return BY_ATTRIBUTE.get(attribute);
}

const GETTERS: readonly ((exchange: Exchange, facts: RecordFacts) => unknown)[] = ATTRIBUTE_COLUMNS.map(
  ({ attribute, known }) => {
    const get = findAttribute(attribute)!.get.exchange!;
    return known === undefined ? get : (_, facts) => known(facts);
  },
);

/** The value of one of the columns for an exchange, as the filter language has it. */
export function attributeValue(index: number, exchange: Exchange, facts: RecordFacts): unknown {
  return GETTERS[index]!(exchange, facts);
}
