/**
 * How Go prints things. All texts here and in the formatter are byte strings: one character (U+0000 to U+00FF) a byte, because
 * Go's strings are bytes and not all of them are UTF-8 (see byte-string.ts).
 */

/** net.IP.String of 4 or 16 bytes. Unlike RFC 5952, an IPv4-mapped address is printed as the IPv4 address alone. */
export function ipText(bytes: Uint8Array, at: number, size: number): string {
  return size === 4 ? ipv4Text(bytes, at) : ipv6Text(bytes, at);
}

/** The same by netip.Addr.String: IPv4 addresses of 16 bytes are told apart from those of 4. */
export function netipText(bytes: Uint8Array, at: number, length: 4 | 16): string {
  const text = ipText(bytes, at, length);
  return length === 16 && !text.includes(":") ? `::ffff:${text}` : text;
}

export function ipv4Text(bytes: Uint8Array, at: number): string {
  const a = bytes[at]!;
  const b = bytes[at + 1]!;
  const c = bytes[at + 2]!;
  const d = bytes[at + 3]!;
  const key = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const slot = (Math.imul(key, 0x9e3779b1) >>> 22) & (CACHE_SIZE - 1);
  if (IPV4_KEYS[slot] === key) return IPV4_TEXTS[slot]!;
  const text = `${a}.${b}.${c}.${d}`;
  IPV4_KEYS[slot] = key;
  IPV4_TEXTS[slot] = text;
  return text;
}

export function ipv6Text(bytes: Uint8Array, at: number): string {
  const k0 = word(bytes, at);
  const k1 = word(bytes, at + 4);
  const k2 = word(bytes, at + 8);
  const k3 = word(bytes, at + 12);
  const slot = (Math.imul(k0 ^ Math.imul(k1, 31) ^ Math.imul(k2, 17) ^ k3, 0x9e3779b1) >>> 22) & (CACHE_SIZE - 1);
  const known = IPV6_ENTRIES[slot];
  if (known !== undefined && known.k3 === k3 && known.k2 === k2 && known.k1 === k1 && known.k0 === k0)
    return known.text;
  const text = k0 === 0 && k1 === 0 && k2 === 0xffff ? ipv4Text(bytes, at + 12) : formatGroups(bytes, at);
  IPV6_ENTRIES[slot] = { k0, k1, k2, k3, text };
  return text;
}

/** net.HardwareAddr.String of 6 bytes. */
export function macText(bytes: Uint8Array, at: number): string {
  return `${HEX[bytes[at]!]}:${HEX[bytes[at + 1]!]}:${HEX[bytes[at + 2]!]}:${HEX[bytes[at + 3]!]}:${HEX[bytes[at + 4]!]}:${HEX[bytes[at + 5]!]}`;
}

/** net.JoinHostPort. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** hex.EncodeToString. */
export function hexText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += HEX[bytes[at]!];
  return text;
}

/** time.Duration.String of a whole number of tenths of a second, given in milliseconds, below a minute. */
export function durationText(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  return milliseconds < 1000 ? `${milliseconds}ms` : `${milliseconds / 1000}s`;
}

/** hex.Dump: lines of an offset, 16 bytes, and the bytes that are printable ASCII. */
export function hexDump(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let line = start; line < end; line += 16) {
    let hex = "";
    let ascii = "";
    for (let i = 0; i < 16; i++) {
      const at = line + i;
      if (at < end) {
        const byte = bytes[at]!;
        hex += `${HEX[byte]} `;
        ascii += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : ".";
      } else hex += "   ";
      if (i === 7) hex += " ";
    }
    text += `${(line - start).toString(16).padStart(8, "0")}  ${hex} |${ascii}|\n`;
  }
  return text;
}

/** `%02d` of a CPU's number, with its sign. */
export function twoDigits(value: number): string {
  if (value >= 0) return value < 10 ? `0${value}` : `${value}`;
  return `${value}`;
}

/** `%#x`. */
export function hexNumber(value: number): string {
  return `0x${value.toString(16)}`;
}

const CACHE_SIZE = 1024;
const IPV4_KEYS = new Float64Array(CACHE_SIZE).fill(-1);
const IPV4_TEXTS: string[] = new Array<string>(CACHE_SIZE).fill("");
const IPV6_ENTRIES: ({ k0: number; k1: number; k2: number; k3: number; text: string } | undefined)[] = new Array(
  CACHE_SIZE,
).fill(undefined);
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function formatGroups(bytes: Uint8Array, at: number): string {
  // The first of the longest runs of at least two zero groups.
  let zeroStart = 255;
  let zeroEnd = 255;
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && group(bytes, at, j) === 0) j++;
    if (j - i >= 2 && j - i > zeroEnd - zeroStart) {
      zeroStart = i;
      zeroEnd = j;
    }
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i === zeroStart) {
      text += "::";
      i = zeroEnd;
      if (i >= 8) break;
    } else if (i > 0) text += ":";
    text += group(bytes, at, i).toString(16);
  }
  return text;
}

function group(bytes: Uint8Array, at: number, index: number): number {
  return (bytes[at + 2 * index]! << 8) | bytes[at + 2 * index + 1]!;
}
