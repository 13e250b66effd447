import { type DnsMessage, type DnsQuestion, dnsOpcodeName } from "../../wire/dns/index.ts";
import type { DnsExchange } from "./dns-exchange.ts";

/** The question; of an answer whose query was not seen, the question that it repeats. */
export function questionOf({ request, response }: DnsExchange): DnsQuestion | undefined {
  return request?.message.questions[0] ?? response?.message.questions[0];
}

/** The type that is asked for, or what else the message is: `A`, `AXFR`, `NOTIFY`. */
export function verbOf(exchange: DnsExchange): string {
  const message = (exchange.request ?? exchange.response)?.message;
  if (message === undefined) return "-";
  return message.opcode === QUERY ? (questionOf(exchange)?.type ?? "-") : dnsOpcodeName(message.opcode);
}

const QUERY = 0;

/** The first record of the answer that is what was asked for, and how many there are beside it: `192.0.2.1 +2`. */
export function answerOf(exchange: DnsExchange): string | undefined {
  const message = exchange.response?.message;
  if (message === undefined || message.answers.length === 0) return undefined;
  const asked = questionOf(exchange)?.type;
  const first = message.answers.find(({ type }) => type === asked) ?? message.answers[0]!;
  const others = message.counts.answers - 1;
  return others > 0 ? `${first.data} +${others}` : first.data;
}

/** The flags that are set, as dig names them. */
export function flagsOf(message: DnsMessage): readonly string[] {
  const flags: [string, boolean][] = [
    ["qr", message.isResponse],
    ["aa", message.authoritative],
    ["tc", message.truncated],
    ["rd", message.recursionDesired],
    ["ra", message.recursionAvailable],
    ["ad", message.authenticData],
    ["cd", message.checkingDisabled],
  ];
  return flags.filter(([, isSet]) => isSet).map(([name]) => name);
}
