import { encodeBase64 } from "../text/content-text.ts";
import { addressText } from "./address-data.ts";
import { DnsReader } from "./dns-reader.ts";
import { quotedText, rawText } from "./quoted-text.ts";

/** The parameters of SVCB and HTTPS records (RFC 9460 §2.1, §14.3.2): `alpn="h2,h3" port=8443`. */
export function serviceParameters(reader: DnsReader): string {
  const parameters: string[] = [];
  while (reader.rest > 0) {
    const key = reader.uint16();
    const size = reader.uint16();
    const at = reader.advance(size);
    if (at < 0) break;
    const value = new DnsReader(reader.bytes, at, at + size);
    const name = KEYS[key] ?? `key${key}`;
    const text = (VALUES[name] ?? opaqueValue)(value);
    if (value.problem !== undefined || value.rest > 0) reader.fail("malformed-dns-record");
    parameters.push(text === "" ? name : `${name}=${text}`);
  }
  return parameters.join(" ");
}

const KEYS: readonly string[] = [
  "mandatory",
  "alpn",
  "no-default-alpn",
  "port",
  "ipv4hint",
  "ech",
  "ipv6hint",
  "dohpath",
  "ohttp",
];

const VALUES: Readonly<Record<string, (value: DnsReader) => string>> = {
  mandatory: (value) =>
    list(value, () => {
      const key = value.uint16();
      return KEYS[key] ?? `key${key}`;
    }),
  alpn: (value) => `"${list(value, () => rawText(value.take(value.uint8())))}"`,
  port: (value) => String(value.uint16()),
  ipv4hint: (value) => list(value, () => addressText(value, 4)),
  ech: (value) => encodeBase64(value.take(value.rest)),
  ipv6hint: (value) => list(value, () => addressText(value, 16)),
};

function opaqueValue(value: DnsReader): string {
  return value.rest === 0 ? "" : quotedText(value.take(value.rest));
}

function list(value: DnsReader, next: () => string): string {
  const items: string[] = [];
  while (value.rest > 0) items.push(next());
  return items.join(",");
}
