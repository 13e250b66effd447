/**
 * Whose messages and texts: `v1.9` is the release whose package is documented, and what a recording is that does not say
 * otherwise; `v1.20` the current one. Messages of the versions in between decode in each.
 */
export type Dialect = "v1.9" | "v1.19" | "v1.20";

/** From the oldest to the newest. */
export const DIALECTS: readonly Dialect[] = ["v1.9", "v1.19", "v1.20"];
export const DEFAULT_DIALECT: Dialect = "v1.9";

/** `auto`: found out from the messages themselves, as `DialectFinder` does. */
export type DialectChoice = Dialect | "auto";

/** Whether `dialect` is that of `version` or of a later one. */
export function isAtLeast(dialect: Dialect, version: Dialect): boolean {
  return DIALECTS.indexOf(dialect) >= DIALECTS.indexOf(version);
}
