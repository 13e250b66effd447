import { isIP, isIPv6 } from "node:net";
import type { IpEndpoint } from "../../../model/index.ts";
import type { DnsLookupFamily } from "../../dial/cluster-config.ts";

/**
 * Name and port of an authority (RFC 3986 §3.2 without user information). The address of what it gives is a name or an IP address,
 * without brackets.
 *
 * @returns undefined where it is none: an empty or too large port, a bare IPv6 address
 */
export function splitAuthority(authority: string, defaultPort: number): IpEndpoint | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\][]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(authority) ?? [];
  const address = bracketed ?? plain;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (address === undefined || port > 65_535) return undefined;
  return bracketed !== undefined && !isIPv6(bracketed) ? undefined : { kind: "ip", address, port };
}

/** Whether DNS may know a name: labels of letters, digits, `-` and `_`, the last of which is no number (RFC 1123 §2.1, WHATWG URL). */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  return (
    text.length <= MAX_NAME &&
    labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)) &&
    !/^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1)!)
  );
}

/** Whether an IP address is of a family that `dns_lookup_family` wants; Envoy takes an address of IPv4 with `V6_ONLY`, too. */
export function isOfFamily(address: string, family: DnsLookupFamily): boolean {
  return isIP(address) === 4 || family !== "V4_ONLY";
}

/** RFC 1035 §2.3.4, in its text form. */
const MAX_NAME = 254;
