import ipaddr from "ipaddr.js";

/** An IPv4 or IPv6 address as ipaddr.js has it. */
export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * The text of the address in `bytes[start, start + size)`: dotted decimal for 4 bytes, RFC 5952 for 16 (lower case, the
 * longest run of zero groups shortened, IPv4-mapped addresses with their last 32 bits dotted).
 */
export function formatIpAddress(bytes: Uint8Array, start: number, size: 4 | 16): string {
  if (size === 4) return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
  const address = new ipaddr.IPv6(Array.from(bytes.subarray(start, start + 16)));
  return address.isIPv4MappedAddress() ? `::ffff:${address.toIPv4Address()}` : address.toRFC5952String();
}

/** The 4 or 16 bytes of an IP literal, or undefined where `text` is none. A zone (`%eth0`) is not part of an address. */
export function parseIpAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  const address = text.includes("%") ? undefined : readIpAddress(text);
  return address && Uint8Array.from(address.toByteArray());
}

/**
 * An IP literal, with its zone where it has one; undefined where `text` is none. Four decimal numbers without leading zeros make
 * an IPv4 address: other spellings (`127.1`, `0x7f000001`) are read differently by different programs (RFC 6943 section 3.1.1).
 */
export function readIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(":")) return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : undefined;
  const plain = text.includes(".") ? withoutDots(text) : text;
  return plain !== undefined && ipaddr.IPv6.isValid(plain) ? ipaddr.IPv6.parse(plain) : undefined;
}

/** The IPv4 address at the end as two groups: ipaddr.js takes the deprecated `::10.0.0.1` for `::ffff:10.0.0.1`. */
function withoutDots(text: string): string | undefined {
  const [, head, dotted, zone] = /^(.*:)([\d.]+)(%.*)?$/.exec(text) ?? [];
  if (dotted === undefined || !ipaddr.IPv4.isValidFourPartDecimal(dotted)) return undefined;
  const [a, b, c, d] = ipaddr.IPv4.parse(dotted).octets;
  return `${head}${((a! << 8) | b!).toString(16)}:${((c! << 8) | d!).toString(16)}${zone ?? ""}`;
}

/** The IPv4 address that an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) stands for; any other address itself. */
export function unmapIpAddress(address: IpAddress): IpAddress {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
