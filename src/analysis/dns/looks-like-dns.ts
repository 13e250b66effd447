import { DNS_HEADER_BYTES, type DnsMessage, decodeDnsMessage } from "../../wire/dns/index.ts";

/**
 * Whether `bytes[start, end)` is a DNS message, by its content alone: a header that somebody sends, one question (RFC 9619) with
 * the class of the Internet or Chaosnet, and records that are right to the last byte.
 */
export function looksLikeDns(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  if (!hasPlausibleHeader(bytes, start, end)) return false;
  const message = decodeDnsMessage(bytes, start, end);
  return message !== undefined && message.problem === undefined && hasPlausibleQuestion(message);
}

/** Told by the first 12 bytes: most of what is no DNS is not looked at further. */
export function hasPlausibleHeader(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < DNS_HEADER_BYTES) return false;
  const upper = bytes[start + 2]!;
  const lower = bytes[start + 3]!;
  const opcode = (upper >> 3) & 15;
  const isResponse = (upper & 0x80) !== 0;
  // RFC 1035 §4.1.1: Z is zero; a query has no answer's flags, and no rcode.
  if ((lower & 0x40) !== 0 || !OPCODES.has(opcode)) return false;
  if (!isResponse && ((lower & 0x8f) !== 0 || (upper & 0x02) !== 0)) return false;
  const questions = readUint16(bytes, start + 4);
  const answers = readUint16(bytes, start + 6);
  const authorities = readUint16(bytes, start + 8);
  const additionals = readUint16(bytes, start + 10);
  // The zone that an incremental transfer starts from stands in the second section after the question (RFC 1995 §3).
  const isPlainQuery = !isResponse && opcode === 0;
  return questions === 1 && (!isPlainQuery || (answers === 0 && authorities <= 1 && additionals <= MAX_ADDITIONALS));
}

function hasPlausibleQuestion({ questions }: DnsMessage): boolean {
  const [question] = questions;
  return question !== undefined && CLASSES.has(question.class) && !question.type.startsWith("TYPE");
}

/** QUERY, IQUERY, STATUS, NOTIFY, UPDATE. */
const OPCODES: ReadonlySet<number> = new Set([0, 1, 2, 4, 5]);
/** In a query: OPT, TSIG, SIG(0), and one to spare. */
const MAX_ADDITIONALS = 4;
const CLASSES: ReadonlySet<string> = new Set(["IN", "CH", "HS", "NONE", "ANY"]);

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
