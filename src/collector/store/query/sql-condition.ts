/** A condition for SQLite that stands for a filter. */
export interface SqlCondition {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  /**
   * Everything that it lets pass matches the filter, and nothing else does. If not, it lets pass too much, and whoever reads
   * on asks the filter itself.
   */
  readonly isExact: boolean;
}

export type SqlParameter = string | number | bigint;

/** It lets everything pass. */
export const EVERYTHING: SqlCondition = { sql: "1", parameters: [], isExact: false };

/** `separator` is ` AND ` or ` OR `. */
export function joinConditions(conditions: readonly SqlCondition[], separator: " AND " | " OR "): SqlCondition {
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(separator)})`,
    parameters: conditions.flatMap(({ parameters }) => parameters),
    isExact: conditions.every(({ isExact }) => isExact),
  };
}
