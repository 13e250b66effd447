import { DNS_HEADER_BYTES, type DnsMessage, decodeDnsMessage } from "../../wire/dns/index.ts";

/**
 * Whether `bytes[start, end)` is a DNS message, by its content alone: a header that somebody sends, questions of a known class
 * (one, says RFC 9619; some send two), and records that are right to the last byte.
 */
export function looksLikeDns(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  if (!hasPlausibleHeader(bytes, start, end)) return false;
  const message = decodeDnsMessage(bytes, start, end);
  return message !== undefined && message.problem === undefined && hasPlausibleQuestions(message);
}

/**
 * Whether it is DNS where DNS is expected, on its own port: a header that somebody sends will do, as the rest may be damaged or cut
 * off by the capture; so will any other header with whole records behind it.
 */
export function canBeDns(bytes: Uint8Array, start: number, end: number): boolean {
  if (hasPlausibleHeader(bytes, start, end)) return true;
  const message = decodeDnsMessage(bytes, start, end);
  if (message === undefined || message.problem !== undefined) return false;
  if (message.questions.length > 0 || message.edns !== undefined) return true;
  // A plain query for nothing is twelve bytes of almost anything, zeros among them.
  return OPCODES.has(message.opcode) && (message.isResponse || message.opcode !== 0);
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
  if (questions === 0 || questions > MAX_QUESTIONS) return false;
  return !isPlainQuery || (answers === 0 && authorities <= 1 && additionals <= MAX_ADDITIONALS);
}

function hasPlausibleQuestions({ questions }: DnsMessage): boolean {
  return questions.every((question) => CLASSES.has(question.class));
}

const MAX_QUESTIONS = 8;
/** QUERY, IQUERY, STATUS, NOTIFY, UPDATE. */
const OPCODES: ReadonlySet<number> = new Set([0, 1, 2, 4, 5]);
/** In a query: OPT, TSIG, SIG(0), and one to spare. */
const MAX_ADDITIONALS = 4;
const CLASSES: ReadonlySet<string> = new Set(["IN", "CH", "HS", "NONE", "ANY"]);

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
