import { bytesToHex } from "../bytes/hex.ts";
import type { DnsMessage, DnsQuestion, DnsRecord, Edns } from "./dns-message.ts";
import { dnsClassName, dnsTypeName, ednsOptionName } from "./dns-names.ts";
import { DnsReader } from "./dns-reader.ts";
import { genericRecordData, readRecordData } from "./record-data.ts";

/** Bytes of a message's header (RFC 1035 §4.1.1). */
export const DNS_HEADER_BYTES = 12;

/**
 * Decodes the DNS message in `bytes[start, end)` (RFC 1035 §4.1). It never throws: where the message is cut or wrong, what came
 * before is given, with `problem` set. Undefined where not even a header is there.
 *
 * Records beyond `maxRecords` of a section are counted, not kept (default 256); costs are linear in the message's size.
 */
export function decodeDnsMessage(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
  maxRecords = DEFAULT_MAX_RECORDS,
): DnsMessage | undefined {
  if (end - start < DNS_HEADER_BYTES) return undefined;
  const reader = new DnsReader(bytes, start, end);
  const id = reader.uint16();
  const flags = reader.uint16();
  const questionCount = reader.uint16();
  const counts = { answers: reader.uint16(), authorities: reader.uint16(), additionals: reader.uint16() };
  const questions: DnsQuestion[] = [];
  for (let at = 0; at < questionCount && reader.problem === undefined; at++) {
    const question = readQuestion(reader);
    if (reader.problem === undefined && questions.length < maxRecords) questions.push(question);
  }
  const opt: OptionalFacts = { upperRcode: 0 };
  const answers = readSection(reader, counts.answers, maxRecords, opt);
  const authorities = readSection(reader, counts.authorities, maxRecords, opt);
  const additionals = readSection(reader, counts.additionals, maxRecords, opt);
  if (reader.rest > 0) reader.fail("trailing-dns-bytes");
  const problem = reader.problem ?? opt.problem;
  return {
    id,
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: (opt.upperRcode << 4) | (flags & 15),
    questions,
    answers,
    authorities,
    additionals,
    ...(opt.edns && { edns: opt.edns }),
    counts,
    ...(problem !== undefined && { problem }),
  };
}

const DEFAULT_MAX_RECORDS = 256;

/** Facts that the sections tell about the whole message. */
interface OptionalFacts {
  edns?: Edns;
  upperRcode: number;
  /** Belongs to the first record whose data is wrong. */
  problem?: string | undefined;
}

function readQuestion(reader: DnsReader): DnsQuestion {
  return { name: reader.name(), type: dnsTypeName(reader.uint16()), class: dnsClassName(reader.uint16()) };
}

function readSection(reader: DnsReader, count: number, maxRecords: number, opt: OptionalFacts): DnsRecord[] {
  const records: DnsRecord[] = [];
  for (let at = 0; at < count && reader.problem === undefined; at++) {
    const name = reader.name();
    const type = reader.uint16();
    const classNumber = reader.uint16();
    const ttl = reader.uint32();
    const size = reader.uint16();
    if (size > reader.rest) reader.fail("short-dns-message");
    if (reader.problem !== undefined) break;
    const { end } = reader;
    const next = reader.position + size;
    if (type !== OPT && records.length >= maxRecords) {
      reader.position = next;
      continue;
    }
    reader.end = next;
    if (type === OPT) {
      const { edns, upperRcode } = readOpt(reader, classNumber, ttl);
      opt.edns = edns;
      opt.upperRcode = upperRcode;
    } else {
      records.push({
        name,
        type: dnsTypeName(type),
        class: dnsClassName(classNumber),
        ttl,
        data: recordData(reader, type),
      });
    }
    // Data that is wrong does not hide the records after it: their places are known.
    opt.problem ??= reader.problem;
    reader.problem = undefined;
    reader.end = end;
    reader.position = next;
  }
  return records;
}

/** In presentation form; the bare bytes where they are not what the type has. */
function recordData(reader: DnsReader, type: number): string {
  const start = reader.position;
  const data = readRecordData(reader, type);
  return reader.problem === undefined ? data : genericRecordData(reader.bytes.subarray(start, reader.end));
}

const OPT = 41;

/** RFC 6891 §6.1.2: the class is the sender's size of datagrams, the TTL holds the upper bits of the rcode, the version and flags. */
function readOpt(reader: DnsReader, udpSize: number, ttl: number): { edns: Edns; upperRcode: number } {
  const options: Edns["options"][number][] = [];
  while (reader.rest > 0 && options.length < MAX_OPTIONS) {
    const code = reader.uint16();
    const data = bytesToHex(reader.take(reader.uint16()));
    if (reader.problem === undefined) options.push({ code, name: ednsOptionName(code), data });
  }
  return {
    edns: { udpSize, version: Math.floor(ttl / 0x10000) & 0xff, dnssecOk: (ttl & 0x8000) !== 0, options },
    upperRcode: Math.floor(ttl / 0x1000000),
  };
}

const MAX_OPTIONS = 64;
