import type { IpEndpoint } from "../../../model/index.ts";
import { formatIpAddress } from "../../../wire/packet/index.ts";
import { FAMILY } from "./record.ts";

/** An address as the kernel has it. IPv6 sockets that carry IPv4 (`::ffff:10.0.0.1`) give IPv4. */
export function readEndpoint(bytes: Uint8Array, at: number, family: number, port: number): IpEndpoint {
  if (family === FAMILY.inet6 && !isMapped(bytes, at))
    return { kind: "ip", address: formatIpAddress(bytes, at, 16), port };
  const start = family === FAMILY.inet6 ? at + 12 : at;
  return { kind: "ip", address: formatIpAddress(bytes, start, 4), port };
}

function isMapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}
