/**
 * One limit: its default, what that counts, and a line of documentation, which stands behind its name and before its default.
 * Documentation is made from these rows (`npm run docs`).
 */
export interface LimitRow {
  readonly default: number;
  readonly unit: "bytes" | "seconds" | "count";
  readonly doc: string;
}

export type LimitRows = Readonly<Record<string, LimitRow>>;

/** A value for each row of a table of limits. */
export type LimitsOf<Rows extends LimitRows> = { readonly [Name in keyof Rows]: number };

export function defaultLimits<Rows extends LimitRows>(rows: Rows): LimitsOf<Rows> {
  return Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, row.default])) as LimitsOf<Rows>;
}
