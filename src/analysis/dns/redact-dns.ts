import type { DnsMessage, DnsRecord } from "../../wire/dns/index.ts";
import type { Redactor } from "../redaction/index.ts";
import type { DnsExchange, DnsSide } from "./dns-exchange.ts";

/** A copy without what looks like a credential, in the data of records (TXT records hold all sorts of things) or in a name. */
export function redactDnsExchange(exchange: DnsExchange, redactor: Redactor): DnsExchange {
  const { request, response } = exchange;
  return {
    ...exchange,
    ...(request && { request: redactSide(request, redactor) }),
    ...(response && { response: redactSide(response, redactor) }),
  };
}

function redactSide(side: DnsSide, redactor: Redactor): DnsSide {
  return { ...side, message: redactMessage(side.message, redactor) };
}

function redactMessage(message: DnsMessage, redactor: Redactor): DnsMessage {
  const redactRecord = (record: DnsRecord): DnsRecord => ({
    ...record,
    name: redactor.text(record.name),
    data: redactor.text(record.data),
  });
  return {
    ...message,
    questions: message.questions.map((question) => ({ ...question, name: redactor.text(question.name) })),
    answers: message.answers.map(redactRecord),
    authorities: message.authorities.map(redactRecord),
    additionals: message.additionals.map(redactRecord),
  };
}
