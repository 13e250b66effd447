import { formatIpAddress, parseIpAddress } from "../packet/ip-address.ts";

/** A header of the PROXY protocol (haproxy's doc/proxy-protocol.txt, versions 1 and 2). */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** Bytes that it takes. */
  readonly length: number;
  /** Absent with `UNKNOWN`, `LOCAL` and families without ports: the connection's own ends hold. */
  readonly ends?: { readonly source: ProxyEnd; readonly destination: ProxyEnd };
}

export interface ProxyEnd {
  readonly address: string;
  readonly port: number;
}

export const LONGEST_VERSION_1 = 107;
export const SIGNATURE_2 = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const SIGNATURE_1 = new TextEncoder().encode("PROXY ");
const HEAD_2 = 16;

/** `more`: it may be one, and is not whole yet; `none`: it is none; `invalid`: it begins as one, and is wrong. */
export function parseProxyHeader(data: Uint8Array): ProxyHeader | "more" | "none" | "invalid" {
  if (data.length === 0) return "more";
  const signature = data[0] === SIGNATURE_2[0] ? SIGNATURE_2 : SIGNATURE_1;
  const seen = Math.min(data.length, signature.length);
  for (let at = 0; at < seen; at++) if (data[at] !== signature[at]) return "none";
  if (seen < signature.length) return "more";
  return signature === SIGNATURE_2 ? parseVersion2(data) : parseVersion1(data);
}

function parseVersion1(data: Uint8Array): ProxyHeader | "more" | "invalid" {
  const end = data.subarray(0, LONGEST_VERSION_1).indexOf(0x0a);
  if (end < 0) return data.length < LONGEST_VERSION_1 ? "more" : "invalid";
  if (data[end - 1] !== 0x0d) return "invalid";
  const [, family, source, destination, sourcePort, destinationPort, ...rest] = new TextDecoder("latin1")
    .decode(data.subarray(0, end - 1))
    .split(" ");
  const length = end + 1;
  if (family === "UNKNOWN") return { version: 1, length };
  if ((family !== "TCP4" && family !== "TCP6") || rest.length > 0) return "invalid";
  const from = readEnd(source, sourcePort, family);
  const to = readEnd(destination, destinationPort, family);
  return from && to ? { version: 1, length, ends: { source: from, destination: to } } : "invalid";
}

function readEnd(text = "", portText = "", family: "TCP4" | "TCP6"): ProxyEnd | undefined {
  const bytes = parseIpAddress(text);
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : -1;
  if (bytes === undefined || bytes.length !== (family === "TCP4" ? 4 : 16) || port < 0 || port > 65_535)
    return undefined;
  return { address: formatIpAddress(bytes, 0, bytes.length as 4 | 16), port };
}

function parseVersion2(data: Uint8Array): ProxyHeader | "more" | "invalid" {
  if (data.length < HEAD_2) return "more";
  const length = HEAD_2 + data[14]! * 256 + data[15]!;
  const [version, command] = [data[12]! >> 4, data[12]! & 15];
  if (version !== 2 || command > 1) return "invalid";
  if (data.length < length) return "more";
  const [family, transport] = [data[13]! >> 4, data[13]! & 15];
  if (command === 0 || family === 0 || family === 3) return { version: 2, length };
  const size = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (size === 0 || transport !== 1 || length < HEAD_2 + 2 * size + 4) return "invalid";
  const portAt = (at: number) => data[at]! * 256 + data[at + 1]!;
  const ports = HEAD_2 + 2 * size;
  return {
    version: 2,
    length,
    ends: {
      source: { address: formatIpAddress(data, HEAD_2, size), port: portAt(ports) },
      destination: { address: formatIpAddress(data, HEAD_2 + size, size), port: portAt(ports + 2) },
    },
  };
}
