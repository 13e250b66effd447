import type { DnsReader } from "./dns-reader.ts";

/** A LOC record (RFC 1876 §3): `51 30 12.748 N 0 7 39.611 W 0.00m 1m 10000m 10m`; empty where its version is not 0. */
export function locationText(reader: DnsReader): string {
  const version = reader.uint8();
  const [size, horizontal, vertical] = [reader.uint8(), reader.uint8(), reader.uint8()].map(precisionText);
  const latitude = angleText(reader.uint32() - EQUATOR, "N", "S");
  const longitude = angleText(reader.uint32() - EQUATOR, "E", "W");
  const altitude = (reader.uint32() - ALTITUDE_BASE) / 100;
  if (version !== 0) reader.fail("malformed-dns-record");
  return `${latitude} ${longitude} ${altitude.toFixed(2)}m ${size} ${horizontal} ${vertical}`;
}

/** Thousandths of a second of arc, from the equator or the prime meridian. */
function angleText(value: number, positive: string, negative: string): string {
  const size = Math.abs(value);
  const seconds = (size % 60_000) / 1000;
  const minutes = Math.floor(size / 60_000) % 60;
  return `${Math.floor(size / 3_600_000)} ${minutes} ${seconds.toFixed(3)} ${value < 0 ? negative : positive}`;
}

/** Four bits each: a digit, and the power of ten it is multiplied with, in centimetres. */
function precisionText(byte: number): string {
  const centimetres = (byte >> 4) * 10 ** (byte & 15);
  return `${centimetres % 100 === 0 ? centimetres / 100 : (centimetres / 100).toFixed(2)}m`;
}

const EQUATOR = 2 ** 31;
/** The base is 100 000 m below the reference spheroid. */
const ALTITUDE_BASE = 10_000_000;
