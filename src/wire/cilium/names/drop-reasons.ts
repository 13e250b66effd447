import { type Dialect, isAtLeast } from "../dialect.ts";

/** Reasons below this are no drops. */
export const DropMin = 130;
export const DropInvalid = 2;

/** The text of a drop reason, or its number. */
export function dropReason(reason: number, dialect: Dialect = "v1.9"): string {
  return knownReason(reason, dialect) ?? (isAtLeast(dialect, "v1.19") ? `${reason}, 0` : String(reason));
}

/** v1.13 and later: the reason with its extended error, where there is one. An unknown reason always shows both numbers. */
export function dropReasonExt(reason: number, extError: number, dialect: Dialect = "v1.19"): string {
  const text = knownReason(reason, dialect);
  if (text === undefined) return `${reason}, ${extError}`;
  return extError === 0 ? text : `${text}, ${extError}`;
}

/** Every text that some version has, without extended errors. */
export function listDropReasons(): readonly string[] {
  const tables = [CURRENT_DROP_REASONS, LATER_DROP_REASONS, DROP_REASONS];
  return [...new Set(tables.flatMap((table) => Object.values(table)))];
}

function knownReason(reason: number, dialect: Dialect): string | undefined {
  if (!isAtLeast(dialect, "v1.19")) return DROP_REASONS[reason];
  const current = isAtLeast(dialect, "v1.20") ? CURRENT_DROP_REASONS[reason] : undefined;
  return current ?? LATER_DROP_REASONS[reason] ?? DROP_REASONS[reason];
}

/** Why the datapath dropped a packet, by number, as of v1.9 (9 and 10 since v1.9.1). */
const DROP_REASONS: Readonly<Record<number, string>> = {
  0: "Success",
  2: "Invalid packet",
  3: "Interface",
  4: "Interface Decrypted",
  5: "LB, sock cgroup: No backend slot entry found",
  6: "LB, sock cgroup: No backend entry found",
  7: "LB, sock cgroup: Reverse entry update failed",
  8: "LB, sock cgroup: Reverse entry stale",
  9: "Fragmented packet",
  10: "Fragmented packet entry update failed",
  130: "Invalid source mac",
  131: "Invalid destination mac",
  132: "Invalid source ip",
  133: "Policy denied",
  134: "Invalid packet",
  135: "CT: Truncated or invalid header",
  136: "CT: Missing TCP ACK flag",
  137: "CT: Unknown L4 protocol",
  138: "CT: Can't create entry from packet",
  139: "Unsupported L3 protocol",
  140: "Missed tail call",
  141: "Error writing to packet",
  142: "Unknown L4 protocol",
  143: "Unknown ICMPv4 code",
  144: "Unknown ICMPv4 type",
  145: "Unknown ICMPv6 code",
  146: "Unknown ICMPv6 type",
  147: "Error retrieving tunnel key",
  148: "Error retrieving tunnel options",
  149: "Invalid Geneve option",
  150: "Unknown L3 target address",
  151: "Stale or unroutable IP",
  152: "No matching local container found",
  153: "Error while correcting L3 checksum",
  154: "Error while correcting L4 checksum",
  155: "CT: Map insertion failed",
  156: "Invalid IPv6 extension header",
  157: "IP fragmentation not supported",
  158: "Service backend not found",
  160: "No tunnel/encapsulation endpoint (datapath BUG!)",
  161: "Failed to insert into proxymap",
  162: "Reached EDT rate-limiting drop horizon",
  163: "Unknown connection tracking state",
  164: "Local host is unreachable",
  165: "No configuration available to perform policy decision",
  166: "Unsupported L2 protocol",
  167: "No mapping for NAT masquerade",
  168: "Unsupported protocol for NAT masquerade",
  169: "FIB lookup failed",
  170: "Encapsulation traffic is prohibited",
  171: "Invalid identity",
  172: "Unknown sender",
  173: "NAT not needed",
  174: "Is a ClusterIP",
  175: "First logical datagram fragment not found",
  176: "Forbidden ICMPv6 message",
  177: "Denied by LB src range check",
  178: "Socket lookup failed",
  179: "Socket assign failed",
  180: "Proxy redirection not supported for protocol",
  181: "Policy denied by denylist",
};

/** Names that differ in v1.19. */
const LATER_DROP_REASONS: Readonly<Record<number, string>> = {
  11: "Missed tail call to custom program",
  12: "Interface Decrypting",
  13: "Interface Encrypting",
  14: "LB: sock cgroup: Reverse entry delete succeeded",
  15: "MTU error message",
  136: "Fragmentation needed",
  161: "NAT 46/64 not enabled",
  182: "VLAN traffic disallowed by VLAN filter",
  183: "Incorrect VNI from VTEP",
  184: "Failed to update or lookup TC buffer",
  185: "No SID was found for the IP address",
  186: "SRv6 state was removed during tail call",
  187: "L3 translation from IPv4 to IPv6 failed (NAT46)",
  188: "L3 translation from IPv6 to IPv4 failed (NAT64)",
  189: "Authentication required",
  190: "No conntrack map found",
  191: "No nat map found",
  192: "Invalid ClusterID",
  193: "Unsupported packet protocol for DSR encapsulation",
  194: "No egress gateway found",
  195: "Traffic is unencrypted",
  196: "TTL exceeded",
  197: "No node ID found",
  198: "Rate limited",
  199: "IGMP handled",
  200: "IGMP subscribed",
  201: "Multicast handled",
  202: "Host datapath not ready",
  203: "Endpoint policy program not available",
  204: "No Egress IP configured",
  205: "Punt to proxy",
};

/** Names that differ in v1.20. */
const CURRENT_DROP_REASONS: Readonly<Record<number, string>> = {
  206: "No device",
  207: "First logical datagram fragment not found from world",
};
