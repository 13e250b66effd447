import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Endpoint, type IpEndpoint, TaplineError } from "../../../model/index.ts";
import type { ClusterEndpoint, DnsLookupFamily } from "../../dial/cluster-config.ts";

/** An endpoint to connect to, and where to turn when nothing listens there. */
export interface Host {
  readonly address: Endpoint;
  /** Further addresses of the same name: tried in order within the same attempt. */
  readonly alternatives: readonly Endpoint[];
  /** As the configuration has it: weight, priority, health, locality, name. */
  readonly endpoint?: ClusterEndpoint;
}

export type Lookup = (name: string) => Promise<readonly { address: string; family: number }[]>;

/** The system's resolver (`/etc/hosts`, then DNS). */
export const lookupName: Lookup = (name) => lookup(name, { all: true, order: "verbatim" });

/**
 * The hosts that a name stands for, by `dns_lookup_family`: addresses of the family that is wanted, in the resolver's order.
 * With `AUTO` and `V4_PREFERRED` the addresses of the other family, which Envoy does not try, are alternatives: `localhost`
 * is often both while its service listens on one.
 *
 * @throws what `resolve` throws, and an error when no address is of a family that is wanted
 */
export async function resolveHosts(endpoint: IpEndpoint, family: DnsLookupFamily, resolve: Lookup): Promise<Host[]> {
  const { address: name, port } = endpoint;
  if (isIP(name) !== 0) return [{ address: endpoint, alternatives: [] }];
  const found = await resolve(name);
  const of = (version: number) =>
    found.filter((one) => one.family === version).map(({ address }): Endpoint => ({ kind: "ip", address, port }));
  const [wanted, others] = choose(family, of(4), of(6));
  if (wanted.length === 0)
    throw new TaplineError("connection", `${name} has no address of the family that is wanted (${family})`);
  return wanted.map((address) => ({ address, alternatives: others }));
}

function choose(family: DnsLookupFamily, v4: Endpoint[], v6: Endpoint[]): [wanted: Endpoint[], others: Endpoint[]] {
  switch (family) {
    case "V4_ONLY":
      return [v4, []];
    case "V6_ONLY":
      return [v6, []];
    case "ALL":
      return [[...v6, ...v4], []];
    case "AUTO":
      return v6.length > 0 ? [v6, v4] : [v4, []];
    case "V4_PREFERRED":
      return v4.length > 0 ? [v4, v6] : [v6, []];
  }
}

/** One host out of all that a name resolved to: the first address, the rest as alternatives. */
export function mergeHosts(hosts: readonly Host[]): Host {
  const [first, ...rest] = hosts as [Host, ...Host[]];
  return { ...first, alternatives: [...rest.map(({ address }) => address), ...first.alternatives] };
}
