import type { Outcome } from "../../model/index.ts";
import { unansweredOutcome } from "../connection-end.ts";
import type { ExchangeCells } from "../protocols/exchange-cells.ts";
import type { DetailOptions, ExchangeDetail } from "../protocols/exchange-details.ts";
import type { ExchangeSizes, ProtocolRow } from "../protocols/protocol-row.ts";
import { REDIS_ATTRIBUTES } from "./attributes.ts";
import { firstKey, fullCommandName } from "./command-words.ts";
import { REDIS_DETECTOR } from "./detection/detector.ts";
import { REDIS_DOCUMENT } from "./document.ts";
import { redactRedisExchange } from "./redaction/redact-redis.ts";
import type { RedisExchange } from "./redis-exchange.ts";
import { commandText, errorWord, pushName, shortValueText, valueText, wordText } from "./value-text.ts";

/** The Redis serialization protocol, whichever server speaks it. */
export const REDIS: ProtocolRow<"redis"> = {
  kind: "redis",
  doc: "commands of Redis (RESP2, RESP3) and their replies, and what a server pushes",
  protocols: /^resp[23]$/,
  detectors: [REDIS_DETECTOR],
  shortForms: {},
  attributes: REDIS_ATTRIBUTES,
  operation,
  outcome,
  sizes,
  evidence: () => ({}),
  cells,
  details,
  facts: () => [],
  present: (exchange, { redactor }) => (redactor === undefined ? exchange : redactRedisExchange(exchange, redactor)),
  document: REDIS_DOCUMENT,
  har: "HAR has no place for anything but HTTP",
};

/** `SET key`; `message news` of what a server sends unasked; `-` for a command that was not seen. */
function operation({ request, response, pushed }: RedisExchange): string {
  if (request === undefined) return pushed && response !== undefined ? pushName(response.value) : "-";
  const key = firstKey(request);
  const name = fullCommandName(request) || "-";
  return key === undefined ? name : `${name} ${wordText(key)}`;
}

/** An error of a command in a transaction stands in the array that EXEC gets: EXEC itself was answered. */
function outcome({ response, unanswered, problems }: RedisExchange): Outcome | undefined {
  if (unanswered) return undefined;
  if (response === undefined) return unansweredOutcome(problems);
  const word = errorWord(response.value);
  return word === undefined ? { result: "ok" } : { result: "error", reason: word };
}

function sizes({ request, response }: RedisExchange): ExchangeSizes {
  return { ...(request && { request: request.size }), ...(response && { response: response.size }) };
}

function cells(exchange: RedisExchange): ExchangeCells {
  const { request, response, pushed } = exchange;
  const word = errorWord(response?.value);
  const key = request && firstKey(request);
  const target = pushed && response !== undefined ? pushName(response.value) : key && wordText(key);
  return {
    verb: request === undefined ? (pushed ? "PUSH" : "-") : fullCommandName(request) || "-",
    ...(target !== undefined && { target }),
    ...(response && { status: word ?? "OK", tone: word === undefined ? "good" : "bad" }),
    type: response === undefined ? "redis" : response.value.type,
    sizes: { request: request?.size ?? 0, response: response?.size ?? 0 },
  };
}

/** The command and the reply, each in a line; with bodies, the whole of them. */
function details({ request, response }: RedisExchange, { bodies }: DetailOptions): ExchangeDetail[] {
  const found: ExchangeDetail[] = [];
  if (request !== undefined) {
    const text = commandText(request);
    found.push({ part: "head", from: "client", line: bodies ? text : shorten(text), fields: [] });
  }
  if (response === undefined) return found;
  const { value, replies, size, truncated } = response;
  const line = `${shorten(shortValueText(value))}${replies > 1 ? ` and ${replies - 1} more` : ""}`;
  found.push({ part: "head", from: "server", line, fields: [] });
  if (bodies)
    found.push({
      part: "message",
      from: "server",
      label: value.type,
      size,
      notes: truncated ? ["cut"] : [],
      content: valueText(value),
    });
  return found;
}

function shorten(text: string): string {
  return text.length <= MAX_LINE ? text : `${text.slice(0, MAX_LINE)}…`;
}

const MAX_LINE = 200;
