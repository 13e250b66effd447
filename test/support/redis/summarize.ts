/** Redis on the wire, and its exchanges in a line each. */

import type { RedisExchange } from "../../../src/analysis/redis/redis-exchange.ts";
import { commandText, shortValueText } from "../../../src/analysis/redis/value-text.ts";
import type { Exchange } from "../../../src/model/index.ts";

/** A command as clients send it. */
export function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}

export const redisOf = (exchanges: readonly Exchange[]): readonly RedisExchange[] =>
  exchanges.filter((exchange): exchange is RedisExchange => exchange.kind === "redis");

export const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** `SET k v → OK | complete problems`. */
export function summarize(exchange: Exchange): string {
  if (exchange.kind !== "redis") return `${exchange.kind} | ${exchange.quality}`;
  const { request, response, quality, problems, pushed, unanswered, protocol } = exchange;
  const answer = response === undefined ? "?" : shortValueText(response.value);
  const more = response !== undefined && response.replies > 1 ? ` x${response.replies}` : "";
  const facts = [
    protocol === "resp2" ? "" : protocol,
    quality,
    ...problems,
    pushed ? "pushed" : "",
    unanswered ? "unanswered" : "",
  ];
  return `${request === undefined ? "?" : commandText(request)} → ${answer}${more} | ${facts.filter(Boolean).join(" ")}`;
}
