import type { ConversationMessage, HttpExchange, RequestMessage, ResponseMessage } from "../../model/index.ts";
import { octetsToText } from "../../wire/text/octets-to-text.ts";
import { applicationsOf } from "../applications/applications-of.ts";
import { describeApplication } from "../applications/table.ts";
import type { DescribedMessage } from "../content/grpc-payloads.ts";
import type { BodyDetail, DetailOptions, ExchangeDetail, Fact, MessageDetail } from "../protocols/exchange-details.ts";
import { headerValue } from "./header-value.ts";
import { httpVersion } from "./http-version.ts";

/** Both heads as curl shows them, bodies, the messages of a conversation, and what is known of what runs inside. */
export function httpDetails(exchange: HttpExchange, { bodies, describeMessage }: DetailOptions): ExchangeDetail[] {
  const details: ExchangeDetail[] = [];
  const { request, response, informational = [], messages = [] } = exchange;
  const version = httpVersion(exchange.protocol);
  if (request !== undefined) {
    const { method, target, headers } = request;
    // A message that was joined in its middle has no head to show.
    if (method !== undefined || target !== undefined || headers.length > 0) {
      const line = `${method ?? UNKNOWN} ${target === undefined ? UNKNOWN : octetsToText(target)} ${version}`;
      details.push({ part: "head", from: "client", line, fields: headers });
    }
    if (bodies) details.push(bodyDetail(request, "client"));
  }
  for (const { status, headers } of informational)
    details.push({ part: "head", from: "server", line: `${version} ${status}`, fields: headers });
  if (response !== undefined) {
    const { status, reason, headers } = response;
    if (status !== undefined || headers.length > 0) {
      const line = `${version} ${status ?? UNKNOWN}${reason ? ` ${reason}` : ""}`;
      details.push({ part: "head", from: "server", line, fields: headers });
    }
    if (bodies) details.push(bodyDetail(response, "server"));
  }
  if (bodies)
    for (const message of messages) details.push(messageDetail(message, describeMessage?.(exchange, message)));
  for (const application of applicationsOf(exchange)) {
    const text = describeApplication(application);
    if (text !== undefined) details.push({ part: "note", text });
  }
  return details;
}

export function httpFacts({ streamId }: HttpExchange): readonly Fact[] {
  return streamId === 0 ? [] : [["stream", String(streamId)]];
}

const UNKNOWN = "‹unknown›";

function bodyDetail(message: RequestMessage | ResponseMessage, from: "client" | "server"): BodyDetail {
  const { body, trailers, headers } = message;
  return { part: "body", from, body, type: headerValue(headers, "content-type"), trailers };
}

function messageDetail(message: ConversationMessage, described: DescribedMessage | undefined): MessageDetail {
  const { from, kind, bytes, size, truncated, compressed } = message;
  const notes = [...(compressed ? ["compressed"] : []), ...(truncated ? ["cut"] : [])];
  for (const note of [described?.type, described?.error]) if (note !== undefined) notes.push(note);
  return { part: "message", from, label: kind, size, notes, content: described?.json ?? bytes };
}
