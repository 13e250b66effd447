import { type DnsMessage, dnsOpcodeName, dnsRcodeName } from "../../wire/dns/index.ts";
import type { KindAttribute } from "../protocols/kind-attribute.ts";
import type { DnsExchange } from "./dns-exchange.ts";
import { flagsOf, questionOf } from "./message-text.ts";

export const DNS_ATTRIBUTES: readonly KindAttribute<DnsExchange>[] = [
  attribute(
    "dns.name",
    "string",
    "the name that is asked for, without a dot at its end",
    (exchange) => questionOf(exchange)?.name,
  ),
  attribute(
    "dns.type",
    "string",
    "the type of record that is asked for: `A`, `HTTPS`",
    (exchange) => questionOf(exchange)?.type,
  ),
  attribute("dns.class", "string", "the class that is asked for: `IN`", (exchange) => questionOf(exchange)?.class),
  attribute("dns.id", "int", "the query's identifier", (exchange) => messageOf(exchange)?.id),
  attribute("dns.opcode", "string", "`QUERY`, `NOTIFY`, `UPDATE`", (exchange) => {
    const message = messageOf(exchange);
    return message && dnsOpcodeName(message.opcode);
  }),
  attribute("dns.rcode_name", "string", "the answer's code: `NOERROR`, `NXDOMAIN`", ({ response }) =>
    response === undefined ? undefined : dnsRcodeName(response.message.rcode),
  ),
  attribute(
    "dns.answers",
    "int",
    "how many records the answer has",
    ({ response }) => response?.message.counts.answers,
  ),
  {
    name: "dns.answer",
    type: { list: "string" },
    phase: "end",
    get: ({ response }) => response?.message.answers.map(({ data }) => data),
    doc: "the data of the answer's records, as many as were kept: addresses, names",
  },
  attribute("dns.ttl", "int", "the shortest time to live of the answer's records, in seconds", ({ response }) => {
    const answers = response?.message.answers ?? [];
    return answers.length === 0 ? undefined : Math.min(...answers.map(({ ttl }) => ttl));
  }),
  {
    name: "dns.flags",
    type: { list: "string" },
    phase: "end",
    get: (exchange) => {
      const message = exchange.response?.message ?? exchange.request?.message;
      return message && flagsOf(message);
    },
    doc: "the flags of the answer (of the query where there is none), as dig has them: `aa`, `tc`, `rd`, `ra`, `ad`, `cd`",
  },
  attribute("dns.retransmissions", "int", "how often the query was sent again", ({ request }) =>
    request === undefined ? undefined : request.messages - 1,
  ),
  ...(["request", "response"] as const).flatMap((side) =>
    (["size", "total_size"] as const).map((name) =>
      attribute(`${side}.${name}`, "int", `bytes of the ${side} on the wire`, (exchange) => exchange[side]?.size),
    ),
  ),
];

function messageOf(exchange: DnsExchange): DnsMessage | undefined {
  return (exchange.request ?? exchange.response)?.message;
}

function attribute(
  name: string,
  type: "string" | "int",
  doc: string,
  get: KindAttribute<DnsExchange>["get"],
): KindAttribute<DnsExchange> {
  return { name, type, phase: "end", get, doc };
}
