import { parseIpAddress } from "../packet/ip-address.ts";
import { type ProxyEnd, SIGNATURE_2 } from "./parse-proxy-header.ts";

const LOCAL = Uint8Array.of(...SIGNATURE_2, 0x20, 0, 0, 0);
const UNKNOWN = new TextEncoder().encode("PROXY UNKNOWN\r\n");

/**
 * Writes a header of the PROXY protocol.
 *
 * @param ends of the client's connection, of one family; undefined where it has no addresses (a Unix socket): `UNKNOWN` or `LOCAL`
 */
export function writeProxyHeader(
  version: 1 | 2,
  ends: { readonly source: ProxyEnd; readonly destination: ProxyEnd } | undefined,
): Uint8Array {
  const source = ends && parseIpAddress(ends.source.address);
  const destination = ends && parseIpAddress(ends.destination.address);
  if (ends === undefined || source === undefined || source.length !== destination?.length)
    return version === 1 ? UNKNOWN : LOCAL;
  const { source: from, destination: to } = ends;
  if (version === 1) {
    const family = source.length === 4 ? "TCP4" : "TCP6";
    return new TextEncoder().encode(`PROXY ${family} ${from.address} ${to.address} ${from.port} ${to.port}\r\n`);
  }
  const length = 2 * source.length + 4;
  const family = source.length === 4 ? 0x11 : 0x21;
  const ports = [from.port, to.port].flatMap((port) => [port >> 8, port & 255]);
  return Uint8Array.of(...SIGNATURE_2, 0x21, family, length >> 8, length & 255, ...source, ...destination, ...ports);
}
