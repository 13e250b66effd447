import { bytesToHex } from "../bytes/hex.ts";
import { formatIpAddress } from "../packet/index.ts";
import { encodeBase64 } from "../text/content-text.ts";
import type { DnsReader } from "./dns-reader.ts";

/** Lists of address prefixes (RFC 3123 §4): `1:192.168.32.0/21 !2:2001:db8::/32`; zeros at an address' end are not sent. */
export function prefixLists(reader: DnsReader): string {
  const items: string[] = [];
  while (reader.rest > 0 && reader.problem === undefined) {
    const family = reader.uint16();
    const prefix = reader.uint8();
    const sizeAndSign = reader.uint8();
    const bytes = reader.take(sizeAndSign & 0x7f);
    const size = ADDRESS_SIZES.get(family);
    if (size === undefined || bytes.length > size || prefix > 8 * size) reader.fail("malformed-dns-record");
    else items.push(`${sizeAndSign & 0x80 ? "!" : ""}${family}:${paddedAddress(bytes, size)}/${prefix}`);
  }
  return items.join(" ");
}

/** RFC 4025 §2, §3.1: precedence, type of gateway, algorithm, gateway, key. */
export function ipsecKey(reader: DnsReader): string {
  const [precedence, type, algorithm] = [reader.uint8(), reader.uint8(), reader.uint8()];
  const gateway = gatewayText(reader, type);
  return `${precedence} ${type} ${algorithm} ${gateway} ${encodeBase64(reader.take(reader.rest))}`.trimEnd();
}

/** RFC 8777 §4.2, §4.3.1: precedence, whether discovery may be left out, type of relay, relay. */
export function multicastRelay(reader: DnsReader): string {
  const precedence = reader.uint8();
  const flagAndType = reader.uint8();
  const type = flagAndType & 0x7f;
  return `${precedence} ${flagAndType >> 7} ${type} ${gatewayText(reader, type)}`;
}

/** RFC 8005 §5, §6: algorithm, host identity tag, public key, names of rendezvous servers. */
export function hostIdentity(reader: DnsReader): string {
  const tagSize = reader.uint8();
  const algorithm = reader.uint8();
  const keySize = reader.uint16();
  const tag = bytesToHex(reader.take(tagSize)).toUpperCase();
  const fields = [String(algorithm), tag, encodeBase64(reader.take(keySize))];
  while (reader.rest > 0 && reader.problem === undefined) fields.push(reader.name());
  return fields.join(" ");
}

/** RFC 1035 §3.4.2: address, protocol, and the ports whose bits are set. */
export function wellKnownServices(reader: DnsReader): string {
  const fields = [addressText(reader, 4), String(reader.uint8())];
  if (reader.rest > MAX_PORT_BYTES) reader.fail("malformed-dns-record");
  else
    reader.take(reader.rest).forEach((byte, at) => {
      for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >> bit)) fields.push(String(8 * at + bit));
    });
  return fields.join(" ");
}

/** A bit for each port. */
const MAX_PORT_BYTES = 65_536 / 8;

/** RFC 2874 §3.1: length of the prefix, the address' other bits, the name that has the prefix. */
export function prefixedAddress(reader: DnsReader): string {
  const prefix = reader.uint8();
  const fields = [String(prefix)];
  if (prefix > 128) reader.fail("malformed-dns-record");
  else if (prefix < 128) {
    const suffix = reader.take(Math.ceil((128 - prefix) / 8));
    const address = new Uint8Array(16);
    address.set(suffix, 16 - suffix.length);
    fields.push(formatIpAddress(address, 0, 16));
  }
  if (prefix > 0) fields.push(reader.name());
  return fields.join(" ");
}

/** An address of `size` bytes; empty where it is not there. */
export function addressText(reader: DnsReader, size: 4 | 16): string {
  const at = reader.advance(size);
  return at < 0 ? "" : formatIpAddress(reader.bytes, at, size);
}

function gatewayText(reader: DnsReader, type: number): string {
  switch (type) {
    case 0:
      return ".";
    case 1:
      return addressText(reader, 4);
    case 2:
      return addressText(reader, 16);
    case 3:
      return reader.name();
    default:
      reader.fail("malformed-dns-record");
      return "";
  }
}

/** By IANA's "Address Family Numbers". */
const ADDRESS_SIZES: ReadonlyMap<number, 4 | 16> = new Map([
  [1, 4],
  [2, 16],
]);

function paddedAddress(bytes: Uint8Array, size: 4 | 16): string {
  const whole = new Uint8Array(size);
  whole.set(bytes);
  return formatIpAddress(whole, 0, size);
}
