import type { SqlDialect } from "../query/sql-dialect.ts";
import { FLAG_IMPRECISE, FLAG_UNTIMED } from "../record/columns.ts";

/** ClickHouse's SQL. All columns are written whole there, none is implied by others: what is alike compresses to nothing. */
export const CLICKHOUSE: SqlDialect = {
  column: ({ name }) => name,
  time: `if(bitAnd(flags, ${FLAG_UNTIMED}) != 0, NULL, toUnixTimestamp64Micro(at) * 1000 + nanos)`,
  contains: (text) => `(position(${text}, ?) > 0)`,
  startsWith: (text) => `startsWith(${text}, ?)`,
  endsWith: (text) => `endsWith(${text}, ?)`,
  divide: (value) => `intDiv(${value}, ?)`,
  remainder: (value) => `(${value} % ?)`,
  // `NULL IN (…)` may be 0 there, by a setting.
  isOneOf: (value, count) => `(${new Array(count).fill(`${value} = ?`).join(" OR ")})`,
};

/** Rows whose columns do not say all: they are few, and looked into one by one. */
export const IMPRECISE: string = `(bitAnd(flags, ${FLAG_IMPRECISE}) != 0)`;

/**
 * Numbers of exchanges, to stand in a statement: as parameters they would stand in its address, which servers and proxies bound (ClickHouse to 1 MiB,
 * others to a hundredth of that).
 */
export function listNumbers(ids: readonly number[]): string {
  return ids.map(Math.trunc).join(", ");
}
