import { bytesToHex } from "../bytes/hex.ts";
import { encodeBase64 } from "../text/content-text.ts";
import {
  addressText,
  hostIdentity,
  ipsecKey,
  multicastRelay,
  prefixedAddress,
  prefixLists,
  wellKnownServices,
} from "./address-data.ts";
import { dnsTypeName } from "./dns-names.ts";
import type { DnsReader } from "./dns-reader.ts";
import { locationText } from "./location.ts";
import { quotedText, rawText } from "./quoted-text.ts";
import { serviceParameters } from "./service-parameters.ts";

/**
 * The data of a record in presentation form: the rest of `reader`, whose end is that of the record. A type that is not known
 * gives RFC 3597's `\# 4 0a000001`.
 */
export function readRecordData(reader: DnsReader, type: number): string {
  const layout = LAYOUTS[dnsTypeName(type)];
  if (layout === undefined || reader.rest === 0) return genericRecordData(reader.take(reader.rest));
  const fields: string[] = [];
  for (const field of layout.split(" ")) {
    const text = FIELDS[field]!(reader);
    if (text !== "") fields.push(text);
  }
  if (reader.rest > 0) reader.fail("malformed-dns-record");
  return fields.join(" ");
}

/** The form of data that is not understood (RFC 3597 §5). */
export function genericRecordData(bytes: Uint8Array): string {
  return bytes.length === 0 ? "\\# 0" : `\\# ${bytes.length} ${bytesToHex(bytes)}`;
}

/** The fields of each type's data, as the RFC that is named beside them has it. */
const LAYOUTS: Readonly<Record<string, string>> = {
  // RFC 1035 §3.3 and §3.4.
  A: "ipv4",
  NS: "name",
  MD: "name",
  MF: "name",
  CNAME: "name",
  SOA: "name name u32 u32 u32 u32 u32",
  MB: "name",
  MG: "name",
  MR: "name",
  PTR: "name",
  HINFO: "string string",
  MINFO: "name name",
  MX: "u16 name",
  TXT: "strings",
  // RFC 1183, 1706, 2163, 1712.
  RP: "name name",
  AFSDB: "u16 name",
  X25: "string",
  ISDN: "strings",
  RT: "u16 name",
  PX: "u16 name name",
  GPOS: "string string string",
  // RFC 3596, 1876, 2782, 3403, 2230, 4398, 6672.
  AAAA: "ipv6",
  LOC: "location",
  SRV: "u16 u16 u16 name",
  NAPTR: "u16 u16 string string string name",
  KX: "u16 name",
  CERT: "u16 u16 u8 rest-base64",
  DNAME: "name",
  // RFC 4034, 5155, 7344, 7477, 8976.
  DS: "u16 u8 u8 rest-hex",
  CDS: "u16 u8 u8 rest-hex",
  DLV: "u16 u8 u8 rest-hex",
  TA: "u16 u8 u8 rest-hex",
  RRSIG: "type u8 u8 u32 date date u16 name rest-base64",
  SIG: "type u8 u8 u32 date date u16 name rest-base64",
  NSEC: "name types",
  DNSKEY: "u16 u8 u8 rest-base64",
  CDNSKEY: "u16 u8 u8 rest-base64",
  KEY: "u16 u8 u8 rest-base64",
  NSEC3: "u8 u8 u16 salt hash types",
  NSEC3PARAM: "u8 u8 u16 salt",
  CSYNC: "u32 u16 types",
  ZONEMD: "u32 u8 u8 rest-hex",
  // RFC 4255, 6698, 8162, 7929, 4701.
  SSHFP: "u8 u8 rest-hex",
  TLSA: "u8 u8 u8 rest-hex",
  SMIMEA: "u8 u8 u8 rest-hex",
  OPENPGPKEY: "rest-base64",
  DHCID: "rest-base64",
  // RFC 9460, 7553, 8659, 7043, 6742; SPF is RFC 7208's.
  SVCB: "u16 name service-parameters",
  HTTPS: "u16 name service-parameters",
  URI: "u16 u16 rest-quoted",
  CAA: "u8 tag rest-quoted",
  EUI48: "eui48",
  EUI64: "eui64",
  NID: "u16 node",
  L32: "u16 ipv4",
  L64: "u16 node",
  LP: "u16 name",
  SPF: "strings",
  AVC: "strings",
  RESINFO: "strings",
  WALLET: "strings",
  NINFO: "strings",
  TALINK: "name name",
  // RFC 1035 §3.4.2, 1706, 2535 §5.2, 2874, 3123, 4025, 8005, 8777, 9859; the last ones have none but IANA's templates.
  WKS: "well-known-services",
  NSAP: "nsap",
  "NSAP-PTR": "name",
  NXT: "name next-types",
  A6: "prefixed-address",
  APL: "prefix-lists",
  IPSECKEY: "ipsec-key",
  HIP: "host-identity",
  AMTRELAY: "multicast-relay",
  DSYNC: "type u8 u16 name",
  EID: "rest-hex",
  NIMLOC: "rest-hex",
  SINK: "u8 u8 u8 rest-base64",
  RKEY: "u16 u8 u8 rest-base64",
  DOA: "u32 u32 u8 string rest-base64",
  // RFC 8945 §4.2: algorithm, time, fudge, MAC, original identifier, error, other data.
  TSIG: "name u48 u16 counted-base64 u16 u16 counted-base64",
};

const FIELDS: Readonly<Record<string, (reader: DnsReader) => string>> = {
  u8: (reader) => String(reader.uint8()),
  u16: (reader) => String(reader.uint16()),
  u32: (reader) => String(reader.uint32()),
  u48: (reader) => String(reader.uint16() * 2 ** 32 + reader.uint32()),
  name: (reader) => reader.name(),
  type: (reader) => dnsTypeName(reader.uint16()),
  ipv4: (reader) => addressText(reader, 4),
  ipv6: (reader) => addressText(reader, 16),
  string: (reader) => quotedText(reader.take(reader.uint8())),
  strings: readStrings,
  tag: (reader) => rawText(reader.take(reader.uint8())),
  date: readDate,
  types: readTypes,
  salt: (reader) => bytesToHex(reader.take(reader.uint8())).toUpperCase() || "-",
  hash: (reader) => base32(reader.take(reader.uint8())),
  location: locationText,
  "next-types": readNextTypes,
  "well-known-services": wellKnownServices,
  nsap: (reader) => `0x${bytesToHex(reader.take(reader.rest)).toUpperCase()}`,
  "prefixed-address": prefixedAddress,
  "prefix-lists": prefixLists,
  "ipsec-key": ipsecKey,
  "host-identity": hostIdentity,
  "multicast-relay": multicastRelay,
  "service-parameters": serviceParameters,
  eui48: (reader) => hexGroups(reader.take(6), 1, "-"),
  eui64: (reader) => hexGroups(reader.take(8), 1, "-"),
  node: (reader) => hexGroups(reader.take(8), 2, ":"),
  "counted-base64": (reader) => {
    const size = reader.uint16();
    return size === 0 ? "0" : `${size} ${encodeBase64(reader.take(size))}`;
  },
  "rest-hex": (reader) => bytesToHex(reader.take(reader.rest)).toUpperCase(),
  "rest-base64": (reader) => encodeBase64(reader.take(reader.rest)),
  "rest-quoted": (reader) => quotedText(reader.take(reader.rest)),
};

function readStrings(reader: DnsReader): string {
  const strings: string[] = [];
  while (reader.rest > 0) strings.push(quotedText(reader.take(reader.uint8())));
  return strings.join(" ");
}

/** RFC 4034 §3.2: `YYYYMMDDHHmmSS`. Seconds since 1970, 32 bits. */
function readDate(reader: DnsReader): string {
  return new Date(reader.uint32() * 1000).toISOString().replaceAll(/[-:T]|\..*/g, "");
}

/** Bit maps of types (RFC 4034 §4.1.2): windows of up to 32 bytes. */
function readTypes(reader: DnsReader): string {
  const types: string[] = [];
  while (reader.rest > 0) {
    const window = reader.uint8();
    const bits = reader.take(reader.uint8());
    if (bits.length > 32) reader.fail("malformed-dns-record");
    types.push(...typesOfBits(bits, window * 256));
  }
  return types.join(" ");
}

/** One bit map of the types up to 127 (RFC 2535 §5.2). */
function readNextTypes(reader: DnsReader): string {
  if (reader.rest > 16) reader.fail("malformed-dns-record");
  return typesOfBits(reader.take(Math.min(16, reader.rest)), 0).join(" ");
}

function typesOfBits(bits: Uint8Array, first: number): string[] {
  const types: string[] = [];
  bits.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >> bit)) types.push(dnsTypeName(first + at * 8 + bit));
  });
  return types;
}

/** RFC 4648 §7, "base32hex", without padding. */
function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32[(held >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

const BASE32 = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

function hexGroups(bytes: Uint8Array, size: number, separator: string): string {
  return (
    bytesToHex(bytes)
      .match(new RegExp(`.{${2 * size}}`, "g"))
      ?.join(separator) ?? ""
  );
}
