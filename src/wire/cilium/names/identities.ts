import { type Dialect, isAtLeast } from "../dialect.ts";

/** The name of a reserved identity in that version; undefined for any other, and in v1.9, which prints their numbers. */
export function reservedIdentity(identity: number, dialect: Dialect): string | undefined {
  if (!isAtLeast(dialect, "v1.19")) return undefined;
  const current = isAtLeast(dialect, "v1.20") ? AGGREGATE_IDENTITIES[identity] : undefined;
  return current ?? RESERVED_IDENTITIES[identity];
}

/** Numbers with a meaning of their own in v1.19 and later. */
export const RESERVED_IDENTITIES: Readonly<Record<number, string>> = {
  0: "unknown",
  1: "host",
  2: "world",
  3: "unmanaged",
  4: "health",
  5: "init",
  6: "remote-node",
  7: "kube-apiserver",
  8: "ingress",
  9: "world-ipv4",
  10: "world-ipv6",
};

/** Since v1.20, for policies alone: no packet has them. v1.19 sends 11 for what it encrypts, and prints the number. */
const AGGREGATE_IDENTITIES: Readonly<Record<number, string>> = {
  11: "aggregate-cluster",
  12: "aggregate-cluster-mesh",
  13: "aggregate-world",
  14: "aggregate-remote-node",
};
