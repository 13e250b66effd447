/** Builds DNS messages for tests: bytes as numbers, names as text, nested at will. */
export type DnsPart = number | string | Uint8Array | readonly DnsPart[];

export interface DnsScript {
  readonly id?: number;
  /** The 16 bits after the identifier. */
  readonly flags?: number;
  readonly questions?: readonly DnsPart[];
  readonly answers?: readonly DnsPart[];
  readonly authorities?: readonly DnsPart[];
  readonly additionals?: readonly DnsPart[];
}

export function dnsMessage(script: DnsScript): Uint8Array {
  const { id = 0x1234, flags = 0x0100, questions = [], answers = [], authorities = [], additionals = [] } = script;
  return dnsBytes([
    ...u16(id),
    ...u16(flags),
    ...[questions, answers, authorities, additionals].flatMap(({ length }) => u16(length)),
    ...questions,
    ...answers,
    ...authorities,
    ...additionals,
  ]);
}

/** A question, or the first fields of a record. */
export function dnsQuestion(name: DnsPart, type: number, qclass = 1): DnsPart {
  return [typeof name === "string" ? dnsName(name) : name, ...u16(type), ...u16(qclass)];
}

export function dnsRecord(name: DnsPart, type: number, data: DnsPart, ttl = 300, rclass = 1): DnsPart {
  const bytes = dnsBytes(data);
  return [dnsQuestion(name, type, rclass), ...u32(ttl), ...u16(bytes.length), bytes];
}

/** A name without escapes, uncompressed. */
export function dnsName(name: string): DnsPart {
  const labels = name === "." ? [] : name.split(".");
  return [...labels.flatMap((label) => [label.length, label]), 0];
}

/** The message with its length before it, as over TCP. */
export function dnsFrame(message: Uint8Array): Uint8Array {
  return dnsBytes([...u16(message.length), message]);
}

export function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

export function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

export function dnsBytes(part: DnsPart): Uint8Array {
  const bytes: number[] = [];
  const add = (inner: DnsPart): void => {
    if (typeof inner === "number") bytes.push(inner);
    else if (typeof inner === "string") bytes.push(...Array.from(inner, (character) => character.charCodeAt(0)));
    else if (inner instanceof Uint8Array) bytes.push(...inner);
    else for (const each of inner) add(each);
  };
  add(part);
  return Uint8Array.from(bytes);
}
