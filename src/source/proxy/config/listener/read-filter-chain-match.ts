import {
  type DocumentNode,
  MessageReader,
  readString,
  refuse,
  reportRefusal,
} from "../../../../wire/config-document/index.ts";
import type { FilterChainConfig, FilterChainMatch } from "../config.ts";
import { FILTER_CHAIN_MATCH } from "../fields/listener-fields.ts";
import { readAddressRange } from "./read-address-range.ts";

const SOURCE_TYPES = { 0: "ANY", 1: "SAME_IP_OR_LOOPBACK", 2: "EXTERNAL" } as const;

const EVERYTHING: FilterChainMatch = {
  destinationRanges: [],
  serverNames: [],
  applicationProtocols: [],
  directSourceRanges: [],
  sourceType: "ANY",
  sourceRanges: [],
  sourcePorts: [],
};

/** Reads `FilterChainMatch` of v2 or v3. Throws TaplineError (`configuration`). */
export function readFilterChainMatch(node: DocumentNode | undefined): FilterChainMatch {
  if (node === undefined) return EVERYTHING;
  const message = new MessageReader(node, FILTER_CHAIN_MATCH);
  const port = message.uint32("destination_port") ?? 0;
  const transportProtocol = message.string("transport_protocol") ?? "";
  return {
    ...(port !== 0 && { destinationPort: port }),
    destinationRanges: message.list("prefix_ranges").map(readAddressRange),
    serverNames: message.list("server_names").map(readServerName),
    ...(transportProtocol !== "" && { transportProtocol }),
    applicationProtocols: message.strings("application_protocols"),
    directSourceRanges: message.list("direct_source_prefix_ranges").map(readAddressRange),
    sourceType: message.enumeration("source_type", SOURCE_TYPES) ?? "ANY",
    sourceRanges: message.list("source_prefix_ranges").map(readAddressRange),
    sourcePorts: message.list("source_ports").map(readPort),
  };
}

/** Two chains that match the same: Envoy refuses them, as one would never be taken. */
export function refuseSameMatches(chains: readonly FilterChainConfig[], nodes: readonly DocumentNode[]): void {
  const seen = new Set<string>();
  for (const [index, { match }] of chains.entries()) {
    const names = match.serverNames.length === 0 ? [""] : match.serverNames;
    for (const name of names) {
      const key = JSON.stringify({ ...match, serverNames: name });
      if (seen.has(key))
        reportRefusal(
          nodes[index]?.place ?? nodes[0]!.place,
          "Listener: multiple filter chains with the same matching rules are defined",
          "give each a filter_chain_match of its own",
        );
      seen.add(key);
    }
  }
}

function readServerName(node: DocumentNode): string {
  const name = readString(node, "server_names");
  if (name.lastIndexOf("*") > 0 || (name.startsWith("*") && !name.startsWith("*.")))
    refuse(
      node.place,
      `server_names: partial wildcards are not supported: ${JSON.stringify(name)}`,
      'expected "*.example.org"',
    );
  return name.toLowerCase();
}

function readPort(node: DocumentNode): number {
  if (node.kind === "scalar" && typeof node.value === "bigint" && node.value >= 1n && node.value <= 65_535n)
    return Number(node.value);
  return refuse(node.place, "source_ports: expected a whole number from 1 to 65535");
}
