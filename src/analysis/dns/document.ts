import { EPOCH } from "../../model/index.ts";
import { type DnsMessage, type DnsQuestion, type DnsRecord, dnsRcodeName, type Edns } from "../../wire/dns/index.ts";
import { type Fields, fieldsOf } from "../../wire/json/fields.ts";
import { readTime } from "../../wire/json/read-values.ts";
import { FLAG, INTEGER, listOf, record, reference, TEXT, time } from "../../wire/ndjson/index.ts";
import type { DocumentCodec } from "../protocols/document-codec.ts";
import type { DnsExchange, DnsSide } from "./dns-exchange.ts";

const QUESTION = { name: TEXT, type: TEXT, class: TEXT };
const RECORDS = listOf(record({ ...QUESTION, ttl: INTEGER, data: TEXT }));
const SIDE = {
  id: INTEGER,
  isResponse: FLAG,
  opcode: INTEGER,
  authoritative: FLAG,
  truncated: FLAG,
  recursionDesired: FLAG,
  recursionAvailable: FLAG,
  authenticData: FLAG,
  checkingDisabled: FLAG,
  rcode: INTEGER,
  questions: listOf(record(QUESTION)),
  answers: RECORDS,
  authorities: RECORDS,
  additionals: RECORDS,
  counts: record({ answers: INTEGER, authorities: INTEGER, additionals: INTEGER }),
  messages: INTEGER,
  size: INTEGER,
  started: reference("timestamp"),
  finished: reference("timestamp"),
};
const EDNS = record({
  udpSize: INTEGER,
  version: INTEGER,
  dnssecOk: FLAG,
  options: listOf(record({ code: INTEGER, name: TEXT, data: TEXT })),
});

export const DNS_DOCUMENT: DocumentCodec<DnsExchange> = {
  schema: {
    request: record(SIDE, { edns: EDNS, problem: TEXT }),
    response: record({ ...SIDE, rcodeName: TEXT }, { edns: EDNS, problem: TEXT }),
  },
  write: ({ request, response }) => ({
    request: request && sideDocument(request),
    response: response && { ...sideDocument(response), rcodeName: dnsRcodeName(response.message.rcode) },
  }),
  read(document, base) {
    const request = document.optional("request");
    const response = document.optional("response");
    return {
      ...base,
      kind: "dns",
      ...(request && { request: readSide(request) }),
      ...(response && { response: readSide(response) }),
    };
  },
};

function sideDocument({ message, messages, size, started, finished }: DnsSide): object {
  return { ...message, messages, size, started: time(started), finished: time(finished) };
}

function readSide(fields: Fields): DnsSide {
  return {
    message: readMessage(fields),
    messages: fields.number("messages") ?? 1,
    size: fields.number("size") ?? 0,
    started: readTime(fields, "started") ?? EPOCH,
    finished: readTime(fields, "finished") ?? EPOCH,
  };
}

function readMessage(fields: Fields): DnsMessage {
  const flag = (name: string): boolean => fields.flag(name) ?? false;
  const counts = fields.object("counts");
  const answers = readRecords(fields, "answers");
  const authorities = readRecords(fields, "authorities");
  const additionals = readRecords(fields, "additionals");
  const edns = fields.optional("edns");
  return {
    id: fields.number("id") ?? 0,
    isResponse: flag("isResponse"),
    opcode: fields.number("opcode") ?? 0,
    authoritative: flag("authoritative"),
    truncated: flag("truncated"),
    recursionDesired: flag("recursionDesired"),
    recursionAvailable: flag("recursionAvailable"),
    authenticData: flag("authenticData"),
    checkingDisabled: flag("checkingDisabled"),
    rcode: fields.number("rcode") ?? 0,
    questions: (fields.list("questions") ?? []).map((question) => readQuestion(fieldsOf(question))),
    answers,
    authorities,
    additionals,
    ...(edns && { edns: readEdns(edns) }),
    counts: {
      answers: counts.number("answers") ?? answers.length,
      authorities: counts.number("authorities") ?? authorities.length,
      additionals: counts.number("additionals") ?? additionals.length,
    },
    ...fields.copyTexts("problem"),
  };
}

function readQuestion(fields: Fields): DnsQuestion {
  return {
    name: fields.text("name") ?? ".",
    type: fields.text("type") ?? "A",
    class: fields.text("class") ?? "IN",
  };
}

function readRecords(fields: Fields, name: string): DnsRecord[] {
  return (fields.list(name) ?? []).map(fieldsOf).map((record) => ({
    ...readQuestion(record),
    ttl: record.number("ttl") ?? 0,
    data: record.text("data") ?? "",
  }));
}

function readEdns(fields: Fields): Edns {
  return {
    udpSize: fields.number("udpSize") ?? 0,
    version: fields.number("version") ?? 0,
    dnssecOk: fields.flag("dnssecOk") ?? false,
    options: (fields.list("options") ?? []).map(fieldsOf).map((option) => ({
      code: option.number("code") ?? 0,
      name: option.text("name") ?? "",
      data: option.text("data") ?? "",
    })),
  };
}
