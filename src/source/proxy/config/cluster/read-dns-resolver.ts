import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  noteWithoutEffect,
  refuse,
} from "../../../../wire/config-document/index.ts";
import { type ExtensionNames, readExtension } from "../extension.ts";

const RESOLVERS = {
  system: {
    names: ["envoy.network.dns_resolver.getaddrinfo", "envoy.network.dns_resolver.apple"],
    types: [
      "envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig",
      "envoy.extensions.network.dns_resolver.apple.v3.AppleDnsResolverConfig",
    ],
  },
  cares: {
    names: ["envoy.network.dns_resolver.cares"],
    types: ["envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig"],
  },
} as const satisfies Record<string, ExtensionNames>;

const OWN_SERVERS = "the system's resolver is asked: name the servers in /etc/resolv.conf";

const ANY = "how names are asked for: the system's resolver is";
export const CARES = {
  name: "CaresDnsResolverConfig",
  fields: [],
  withoutEffect: {
    dns_resolver_options: [ANY, { use_tcp_for_dns_lookups: true }],
    filter_unroutable_families: [ANY, true],
    udp_max_queries: [ANY, 100],
    query_timeout_seconds: [ANY, 5],
    query_tries: [ANY, 4],
    rotate_nameservers: [ANY, true],
    edns0_max_payload_size: [ANY, 1232],
    max_udp_channel_duration: [ANY, "10s"],
    reinit_channel_on_timeout: [ANY, true],
  },
  unsupported: { resolvers: OWN_SERVERS, use_resolvers_as_fallback: OWN_SERVERS },
} as const satisfies MessageShape<string>;

/** Accepts resolvers that ask whom the system asks. Throws TaplineError (`configuration`) for others. */
export function checkDnsResolver(node: DocumentNode, owner: string): void {
  const { kind, config } = readExtension(node, "DNS resolver", RESOLVERS, {
    "envoy.network.dns_resolver.hickory": OWN_SERVERS,
  });
  if (kind === "cares") new MessageReader(config, CARES);
  else if (config.kind !== "mapping") refuse(config.place, "expected the fields of a DNS resolver");
  noteWithoutEffect(owner, "typed_dns_resolver_config");
}
