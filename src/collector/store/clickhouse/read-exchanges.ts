import type { ListAnswer, ListQuery, SortOrder, StoredExchange, StoreQuery } from "../exchange-store.ts";
import { type Cursor, readCursor, writeCursor } from "../query/cursor.ts";
import { ANSWER_MILLIS } from "../query/list-exchanges.ts";
import { DocumentMatcher, isDecided, type PreparedFilter, prepareFilter } from "../query/prepared-filter.ts";
import type { SqlCondition, SqlParameter } from "../query/sql-condition.ts";
import { ATTRIBUTE_COLUMNS, type StoredValue } from "../record/columns.ts";
import { type ListItem, listItem } from "../record/list-item.ts";
import type { ClickHouseConnection } from "./clickhouse-connection.ts";
import { CLICKHOUSE, IMPRECISE, listNumbers } from "./clickhouse-dialect.ts";

/** The columns that a list item is made of, under the names that `listItem` knows. */
export const ITEM_COLUMNS: string = [
  ...["id", "toUnixTimestamp64Micro(at) AS time", "flags", "counted", "connection", "type", "cells"],
  ...ATTRIBUTE_COLUMNS.map(({ name }) => name),
].join(", ");

/** The key of each order. */
const ORDERS: Readonly<
  Record<SortOrder, { readonly key: string; readonly parameter: string; readonly descending: boolean }>
> = {
  newest: { key: "at", parameter: "fromUnixTimestamp64Micro(?, 'UTC')", descending: true },
  oldest: { key: "at", parameter: "fromUnixTimestamp64Micro(?, 'UTC')", descending: false },
  slowest: { key: "coalesce(duration, -1)", parameter: "?", descending: true },
  largest: { key: "(coalesce(request_size, 0) + coalesce(response_size, 0))", parameter: "?", descending: true },
};

/** Rows that are looked at in one statement, where only a look into their documents tells whether they match. */
const FIRST_LOOK = 500;
const MOST_LOOK = 8000;

export type ItemRow = Readonly<Record<string, StoredValue>>;

/** @throws TaplineError `usage` for a wrong filter or cursor */
export async function listExchanges(
  connection: ClickHouseConnection,
  query: ListQuery,
  now: () => number,
  signal?: AbortSignal,
): Promise<ListAnswer> {
  const { limit, order = "newest" } = query;
  const prepared = prepareFilter(query.filter, CLICKHOUSE);
  const until = now() + ANSWER_MILLIS;
  const found: ItemRow[] = [];
  let after = query.cursor === undefined ? undefined : readCursor(query.cursor);
  let scanned = 0;
  const answer = async (isComplete: boolean, cursor?: Cursor): Promise<ListAnswer> => ({
    items: await itemsOf(connection, found, signal),
    scanned,
    isComplete,
    ...(cursor && { cursor: writeCursor(cursor) }),
  });
  for (let look = FIRST_LOOK; ; look = Math.min(MOST_LOOK, 2 * look)) {
    const wanted = prepared.condition.isExact ? limit - found.length : look;
    const rows = await selectRows(connection, query, { prepared, order, after, limit: wanted }, signal);
    for (const { row, matches } of await judgeRows(connection, rows, prepared, signal)) {
      scanned++;
      after = { key: Number(row["sort_key"]), id: Number(row["id"]) };
      if (matches) found.push(row);
      if (found.length >= limit) return answer(true, after);
    }
    if (rows.length < wanted) return answer(true);
    if (now() > until) return answer(false, after);
  }
}

interface Selection {
  readonly prepared: PreparedFilter;
  readonly order: SortOrder;
  readonly after: Cursor | undefined;
  readonly limit: number;
}

function selectRows(
  connection: ClickHouseConnection,
  query: ListQuery,
  { prepared, order, after, limit }: Selection,
  signal: AbortSignal | undefined,
): Promise<ItemRow[]> {
  const { key, parameter, descending } = ORDERS[order];
  const [direction, sign] = descending ? ["DESC", "<"] : ["ASC", ">"];
  const { sql, parameters } = whereOf(query, widened(prepared));
  const conditions = [sql];
  const values = [...parameters];
  if (query.connection !== undefined) {
    conditions.push("connection = ?");
    values.push(query.connection);
  }
  if (after !== undefined) {
    conditions.push(`${key} ${sign}= ${parameter} AND (${key} ${sign} ${parameter} OR id ${sign} ?)`);
    values.push(after.key, after.key, after.id);
  }
  const shown = key === "at" ? "time" : key;
  const document = prepared.condition.isExact ? "" : ", document";
  return connection.rows<ItemRow>(
    `SELECT ${ITEM_COLUMNS}${document}, ${shown} AS sort_key FROM exchanges
     WHERE ${conditions.join(" AND ")} ORDER BY ${key} ${direction}, id ${direction} LIMIT ?`,
    [...values, limit],
    signal,
  );
}

const matcher = new DocumentMatcher();

/** Which rows match. Documents that were not selected with them are asked for. */
export async function judgeRows<Row extends ItemRow>(
  connection: ClickHouseConnection,
  rows: readonly Row[],
  prepared: PreparedFilter,
  signal?: AbortSignal,
): Promise<{ row: Row; matches: boolean }[]> {
  const open = rows.filter((row) => !isDecided(prepared, Number(row["flags"])));
  const missing = open.filter((row) => row["document"] === undefined).map((row) => Number(row["id"]));
  const fetched = new Map<number, string>();
  if (missing.length > 0) {
    const sql = `SELECT id, document FROM exchanges WHERE id IN (${listNumbers(missing)})`;
    for (const { id, document } of await connection.rows<{ id: number; document: string }>(sql, [], signal))
      fetched.set(id, document);
  }
  const undecided = new Set<Row>(open);
  return rows.map((row) => {
    if (!undecided.has(row)) return { row, matches: true };
    const id = Number(row["id"]);
    const document = (row["document"] as string | undefined) ?? fetched.get(id) ?? "";
    return { row, matches: matcher.matches(prepared, document, id) };
  });
}

/** Items of rows: what was counted when it was written may count no longer. */
async function itemsOf(
  connection: ClickHouseConnection,
  rows: readonly ItemRow[],
  signal: AbortSignal | undefined,
): Promise<ListItem[]> {
  const counted = rows.filter((row) => row["counted"] === 1).map((row) => Number(row["id"]));
  const gone = new Set<number>();
  if (counted.length > 0) {
    const sql = `SELECT id FROM uncounted WHERE id IN (${listNumbers(counted)})`;
    for (const { id } of await connection.rows<{ id: number }>(sql, [], signal)) gone.add(id);
  }
  return rows.map((row) => listItem(gone.has(Number(row["id"])) ? { ...row, counted: 0 } : row));
}

export async function findExchange(
  connection: ClickHouseConnection,
  id: number,
  signal?: AbortSignal,
): Promise<StoredExchange | undefined> {
  const rows = await connection.rows<ItemRow>(
    `SELECT ${ITEM_COLUMNS}, document FROM exchanges WHERE id = ? LIMIT 1`,
    [id],
    signal,
  );
  const [item] = await itemsOf(connection, rows, signal);
  return item && { id, item, document: rows[0]!["document"] as string };
}

/** The condition with those rows whose columns do not say all. */
export function widened({ condition, filter }: PreparedFilter): SqlCondition {
  return filter === undefined ? condition : { ...condition, sql: `(${IMPRECISE} OR ${condition.sql})` };
}

/** A condition with the range of a query. */
export function whereOf(
  { from, to }: StoreQuery,
  condition: SqlCondition,
): { sql: string; parameters: SqlParameter[] } {
  const parts = [condition.sql];
  const parameters: SqlParameter[] = [...condition.parameters];
  if (from !== undefined) {
    parts.push("at >= fromUnixTimestamp64Micro(?, 'UTC')");
    parameters.push(from);
  }
  if (to !== undefined) {
    parts.push("at < fromUnixTimestamp64Micro(?, 'UTC')");
    parameters.push(to);
  }
  return { sql: parts.join(" AND "), parameters };
}
