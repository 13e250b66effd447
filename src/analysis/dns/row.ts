import type { Outcome } from "../../model/index.ts";
import { dnsRcodeName } from "../../wire/dns/index.ts";
import { unansweredOutcome } from "../connection-end.ts";
import type { ExchangeCells } from "../protocols/exchange-cells.ts";
import type { ExchangeSizes, ProtocolRow } from "../protocols/protocol-row.ts";
import { DNS_ATTRIBUTES } from "./attributes.ts";
import { dnsDetails } from "./details.ts";
import { DNS_DETECTOR } from "./detector.ts";
import type { DnsExchange } from "./dns-exchange.ts";
import { DNS_DOCUMENT } from "./document.ts";
import { answerOf, questionOf, verbOf } from "./message-text.ts";
import { redactDnsExchange } from "./redact-dns.ts";

/** The Domain Name System, in datagrams and over TCP. */
export const DNS: ProtocolRow<"dns"> = {
  kind: "dns",
  doc: "queries of DNS, over UDP and TCP, and their answers; a zone transfer is one exchange",
  protocols: /^dns\/(?:udp|tcp)$/,
  detectors: [DNS_DETECTOR],
  shortForms: {},
  attributes: DNS_ATTRIBUTES,
  operation,
  outcome,
  sizes,
  evidence: () => ({}),
  cells,
  details: dnsDetails,
  facts: (exchange) => {
    const id = (exchange.request ?? exchange.response)?.message.id;
    return id === undefined ? [] : [["query", String(id)]];
  },
  present: (exchange, { redactor }) => (redactor === undefined ? exchange : redactDnsExchange(exchange, redactor)),
  document: DNS_DOCUMENT,
  har: "HAR has no place for anything but HTTP",
};

/** `A example.com`; of other messages `NOTIFY example.com`. */
function operation(exchange: DnsExchange): string {
  const name = questionOf(exchange)?.name;
  return name === undefined ? verbOf(exchange) : `${verbOf(exchange)} ${name}`;
}

/** An answer without records is an answer; one that says that the name does not exist is an error, with the rcode's name. */
function outcome({ response, problems }: DnsExchange): Outcome {
  if (response === undefined) return unansweredOutcome(problems, UNTELLING);
  const { rcode } = response.message;
  return rcode === 0 ? { result: "ok" } : { result: "error", reason: dnsRcodeName(rcode) };
}

const UNTELLING = ["retransmitted-query"];

function sizes({ request, response }: DnsExchange): ExchangeSizes {
  return { ...(request && { request: request.size }), ...(response && { response: response.size }) };
}

function cells(exchange: DnsExchange): ExchangeCells {
  const { request, response } = exchange;
  const target = questionOf(exchange)?.name;
  const rcode = response?.message.rcode;
  return {
    verb: verbOf(exchange),
    ...(target !== undefined && { target }),
    ...(rcode !== undefined && { status: dnsRcodeName(rcode), tone: rcode === 0 ? "good" : "bad" }),
    type: answerOf(exchange) ?? "dns",
    sizes: { request: request?.size ?? 0, response: response?.size ?? 0 },
  };
}
