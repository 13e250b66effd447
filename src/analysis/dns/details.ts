import type { Header } from "../../model/index.ts";
import { type DnsMessage, type DnsRecord, dnsOpcodeName, dnsRcodeName } from "../../wire/dns/index.ts";
import type { DetailOptions, ExchangeDetail } from "../protocols/exchange-details.ts";
import type { DnsExchange, DnsSide } from "./dns-exchange.ts";
import { flagsOf } from "./message-text.ts";

/** The question and the answer's records; with bodies the other sections too. */
export function dnsDetails({ request, response }: DnsExchange, { bodies }: DetailOptions): ExchangeDetail[] {
  return [
    ...(request === undefined ? [] : [sideDetail(request, "client", bodies)]),
    ...(response === undefined ? [] : [sideDetail(response, "server", bodies)]),
  ];
}

function sideDetail({ message, messages }: DnsSide, from: "client" | "server", bodies: boolean): ExchangeDetail {
  const { questions, answers, authorities, additionals, counts } = message;
  const what = message.isResponse ? dnsRcodeName(message.rcode) : dnsOpcodeName(message.opcode);
  const asked = questions.map(({ name, type, class: of }) => `${name} ${of} ${type}`).join(", ");
  const times = messages > 1 ? ` (${messages} messages)` : "";
  const fields = [
    field("flags", flagsOf(message).join(" ")),
    ...ednsFields(message),
    ...recordFields("answer", answers, counts.answers),
    ...(bodies ? recordFields("authority", authorities, counts.authorities) : []),
    ...(bodies ? recordFields("additional", additionals, additionals.length) : []),
  ];
  return { part: "head", from, line: `${what} ${asked}`.trimEnd() + times, fields };
}

function ednsFields({ edns }: DnsMessage): Header[] {
  if (edns === undefined) return [];
  const { version, udpSize, dnssecOk, options } = edns;
  const shown = options.map(({ name, data }) => (data === "" ? name : `${name} ${data}`));
  return [field("edns", [`version ${version}`, `size ${udpSize}`, ...(dnssecOk ? ["do"] : []), ...shown].join(", "))];
}

function recordFields(name: string, records: readonly DnsRecord[], count: number): Header[] {
  const missing = count - records.length;
  return [
    ...records.map((record) =>
      field(name, `${record.name} ${record.ttl} ${record.class} ${record.type} ${record.data}`),
    ),
    ...(missing > 0 ? [field(name, `… ${missing} more`)] : []),
  ];
}

function field(name: string, value: string): Header {
  return { name, value };
}
