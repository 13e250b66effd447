import type { Dialect } from "../dialect.ts";

export const PolicyMatchNone = 0;
export const PolicyMatchL3Only = 1;
export const PolicyMatchL3L4 = 2;
export const PolicyMatchL4Only = 3;
export const PolicyMatchAll = 4;
/** v1.14 and later. */
export const PolicyMatchL3Proto = 5;
export const PolicyMatchProtoOnly = 6;

/** `audit`, else `deny` (negative), `redirect` (positive) or `allow`. */
export function getPolicyActionString(verdict: number, audit: boolean): string {
  if (audit) return "audit";
  return verdict < 0 ? "deny" : verdict > 0 ? "redirect" : "allow";
}

const MATCH_TYPES: readonly string[] = ["none", "L3-Only", "L3-L4", "L4-Only", "all", "L3-Proto", "Proto-Only"];

/** The name of a match type, `unknown` where it has none. */
export function policyMatchTypeName(type: number, dialect: Dialect = "v1.9"): string {
  return (type < (dialect === "v1.9" ? 5 : 7) ? MATCH_TYPES[type] : undefined) ?? "unknown";
}

/** v1.14 and later: the name of an authentication type. */
export function authTypeName(type: number): string {
  return ["disabled", "spire", "test-always-fail"][type] ?? `Unknown-auth-type-${type}`;
}
