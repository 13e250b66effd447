/**
 * The text of the address in `bytes[start, start + size)`: dotted decimal for 4 bytes, RFC 5952 for 16 (lower case, the
 * longest run of zero groups shortened, IPv4-mapped addresses with their last 32 bits dotted).
 */
export function formatIpAddress(bytes: Uint8Array, start: number, size: 4 | 16): string {
  return size === 4 ? formatIpv4(bytes, start) : formatIpv6(bytes, start);
}

/** The 4 or 16 bytes of an IP literal, or undefined where `text` is none. A zone (`%eth0`) is not part of an address. */
export function parseIpAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function formatIpv4(bytes: Uint8Array, start: number): string {
  return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
}

function formatIpv6(bytes: Uint8Array, start: number): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[start + i]! << 8) | bytes[start + i + 1]!);
  if (isIpv4Mapped(groups)) return `::ffff:${formatIpv4(bytes, start + 12)}`;
  const { first, length } = longestZeroRun(groups);
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  // A single zero group is not shortened (RFC 5952 section 4.2.2).
  return length < 2 ? text(0, 8) : `${text(0, first)}::${text(first + length, 8)}`;
}

function isIpv4Mapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

/** The first of the longest runs (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly number[]): { first: number; length: number } {
  let best = { first: 0, length: 0 };
  for (let first = 0; first < 8; first++) {
    let length = 0;
    while (groups[first + length] === 0) length++;
    if (length > best.length) best = { first, length };
  }
  return best;
}

function parseIpv4(text: string): Uint8Array<ArrayBuffer> | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array<ArrayBuffer> | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 1 ? [] : parseGroups(halves[1]!, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(16);
  [...head, ...new Array<number>(missing).fill(0), ...tail].forEach((group, i) => {
    bytes[2 * i] = group >>> 8;
    bytes[2 * i + 1] = group & 0xff;
  });
  return bytes;
}

/** The 16-bit groups of a part of an IPv6 literal; the last may be an IPv4 address where `mayEndDotted`. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const dotted = mayEndDotted && i === parts.length - 1 ? parseIpv4(part) : undefined;
      if (dotted === undefined) return undefined;
      groups.push((dotted[0]! << 8) | dotted[1]!, (dotted[2]! << 8) | dotted[3]!);
    }
  }
  return groups;
}
