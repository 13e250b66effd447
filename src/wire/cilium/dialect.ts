/**
 * Whose messages and texts: `v1.9` is the release whose package is documented, and what a recording is that does not say
 * otherwise; `v1.19` the current one. Messages of the versions in between decode in both.
 */
export type Dialect = "v1.9" | "v1.19";

export const DIALECTS: readonly Dialect[] = ["v1.9", "v1.19"];
export const DEFAULT_DIALECT: Dialect = "v1.9";
