import { type ConversationMessage, SERVER_SENT_EVENTS } from "../../src/model/index.ts";
import type { ExchangeParts } from "./build-exchange.ts";

export const JSON_TYPE = { "Content-Type": "application/json" };

/** A POST of JSON that is answered with JSON. */
export function post(asked: unknown, answered?: unknown, more: ExchangeParts = {}): ExchangeParts {
  return {
    method: "POST",
    requestBody: typeof asked === "string" ? asked : JSON.stringify(asked),
    ...(answered !== undefined && { responseBody: JSON.stringify(answered) }),
    ...more,
    requestHeaders: { ...JSON_TYPE, ...more.requestHeaders },
    responseHeaders: { ...JSON_TYPE, ...more.responseHeaders },
  };
}

/** A POST of JSON that is answered with events. */
export function streamed(
  asked: unknown,
  events: readonly (object | string)[],
  more: ExchangeParts = {},
): ExchangeParts {
  const text = events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");
  return {
    ...post(asked, undefined, more),
    responseBody: text,
    responseHeaders: { "Content-Type": "text/event-stream; charset=utf-8" },
    exchange: { application: SERVER_SENT_EVENTS },
  };
}

export function textMessage(from: "client" | "server", value: unknown): ConversationMessage {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { from, time: { seconds: 0, nanos: 0 }, kind: "text", bytes, size: bytes.length, truncated: false };
}

export const USER = [{ role: "user", content: "Where is my order?" }];
