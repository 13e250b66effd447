import type { ListAnswer, ListQuery, SortOrder } from "../exchange-store.ts";
import type { StoredValue } from "../record/columns.ts";
import type { ListItem } from "../record/list-item.ts";
import { OF_ANY_RUN_SQL } from "../segment/segment-schema.ts";
import { type Cursor, readCursor, writeCursor } from "./cursor.ts";
import { type PreparedFilter, prepareFilter } from "./prepared-filter.ts";
import { IMPRECISE_SQL, type RowPlace, type SegmentReader } from "./segment-reader.ts";
import type { SegmentSet } from "./segment-set.ts";
import type { SqlCondition, SqlParameter } from "./sql-condition.ts";

/** How long an answer may take that is found by looking into documents, in milliseconds: it goes on from its cursor. */
export const ANSWER_MILLIS = 400;

/** The column that each order sorts by, and where it begins. */
const ORDERS: Readonly<Record<SortOrder, { readonly key: string; readonly descending: boolean }>> = {
  newest: { key: "time", descending: true },
  oldest: { key: "time", descending: false },
  slowest: { key: "coalesce(duration, -1)", descending: true },
  largest: { key: "(coalesce(request_size, 0) + coalesce(response_size, 0))", descending: true },
};

/** @throws TaplineError `usage` for a wrong filter or cursor */
export function listExchanges(segments: SegmentSet, query: ListQuery, now: () => number): ListAnswer {
  const { limit, order = "newest" } = query;
  const prepared = prepareFilter(query.filter);
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const until = now() + ANSWER_MILLIS;
  const items: ListItem[] = [];
  let scanned = 0;
  let last: Cursor | undefined;
  for (const { row, segment } of mergedRows(segments, query, prepared, order, after)) {
    scanned++;
    last = { key: row["sort_key"] as number, id: row["id"] as number };
    if (segment.matches(prepared, row as unknown as RowPlace)) {
      const item = segment.item(last.id);
      if (item !== undefined) items.push(item);
    }
    const isFull = items.length >= limit;
    if (isFull || now() > until) return { items, scanned, cursor: writeCursor(last), isComplete: isFull };
  }
  return { items, scanned, isComplete: true };
}

type Row = Readonly<Record<string, StoredValue>>;

interface Head {
  readonly segment: SegmentReader;
  readonly rows: Iterator<Row>;
  row: Row;
}

/** The rows of all segments in their order. A segment is not looked into before its rows may be the next. */
function* mergedRows(
  segments: SegmentSet,
  query: ListQuery,
  prepared: PreparedFilter,
  order: SortOrder,
  after: Cursor | undefined,
): Generator<{ row: Row; segment: SegmentReader }> {
  const { descending } = ORDERS[order];
  const waiting = segments.within(query);
  const heads: Head[] = [];
  const open = (): void => {
    const { segment } = waiting.shift()!;
    segments.guard(segment, () => {
      for (const part of partsOf(segment, prepared)) {
        const rows = selectRows(segment, query, part, order, after);
        const first = rows.next();
        if (first.done !== true) heads.push({ segment, rows, row: first.value });
      }
    });
  };
  try {
    for (;;) {
      let best = bestOf(heads, descending);
      while (waiting.length > 0 && (order !== "newest" || best === undefined || waiting[0]!.last >= keyOf(best))) {
        open();
        best = bestOf(heads, descending);
      }
      if (best === undefined) return;
      const { segment, row, rows } = best;
      yield { row, segment };
      const next = segments.guard(segment, () => rows.next());
      if (next === undefined || next.done === true) heads.splice(heads.indexOf(best), 1);
      else best.row = next.value;
    }
  } finally {
    // A statement that is left open would hold the log of its segment.
    for (const { rows } of heads) rows.return?.();
  }
}

/** The parts of a segment that are selected: the rows that match by their columns, and those whose columns do not say all. */
function partsOf(segment: SegmentReader, { condition, filter }: PreparedFilter): SqlCondition[] {
  if (filter === undefined || !segment.hasImprecise) return [condition];
  return [
    { ...condition, sql: `NOT (${IMPRECISE_SQL}) AND ${condition.sql}` },
    { sql: IMPRECISE_SQL, parameters: [], isExact: false },
  ];
}

function selectRows(
  { database }: SegmentReader,
  { from, to, connection }: ListQuery,
  condition: SqlCondition,
  order: SortOrder,
  after: Cursor | undefined,
): Iterator<Row> {
  const { key, descending } = ORDERS[order];
  const [direction, sign] = descending ? ["DESC", "<"] : ["ASC", ">"];
  const conditions = ["tapline_goes_on()", condition.sql];
  const parameters: SqlParameter[] = [...condition.parameters];
  if (from !== undefined) {
    conditions.push("time >= ?");
    parameters.push(from);
  }
  if (to !== undefined) {
    conditions.push("time < ?");
    parameters.push(to);
  }
  if (connection !== undefined) {
    conditions.push(OF_ANY_RUN_SQL, "connection = ?");
    parameters.push(connection);
  }
  if (after !== undefined) {
    // Written out, so that the index on the key is used.
    conditions.push(`${key} ${sign}= ?`, `(${key} ${sign} ? OR id ${sign} ?)`);
    parameters.push(after.key, after.key, after.id);
  }
  const statement = database.prepare(
    `SELECT id, block, place, flags, ${key} AS sort_key FROM exchanges
     WHERE ${conditions.join(" AND ")} ORDER BY ${key} ${direction}, id ${direction}`,
  );
  return statement.iterate(...parameters) as Iterator<Row>;
}

function bestOf(heads: readonly Head[], descending: boolean): Head | undefined {
  let best: Head | undefined;
  for (const head of heads) if (best === undefined || isBefore(head, best, descending)) best = head;
  return best;
}

function isBefore(a: Head, b: Head, descending: boolean): boolean {
  const difference = keyOf(a) - keyOf(b) || Number(a.row["id"]) - Number(b.row["id"]);
  return descending ? difference > 0 : difference < 0;
}

function keyOf({ row }: Head): number {
  return row["sort_key"] as number;
}
