import type { RedisCommand, RedisReply, RedisText } from "./redis-exchange.ts";
import type { StreamMessage } from "./redis-stream.ts";

/** The command that a client's message is; undefined of an empty line or list, which is none. */
export function commandOf(message: StreamMessage): RedisCommand | undefined {
  const { value, isInline, size, cutBy, started, finished } = message;
  const facts = { isInline, size, truncated: cutBy !== undefined, started, finished };
  if (value === undefined) return { words: [], count: 0, ...facts };
  if (!("values" in value) || value.count === 0) return undefined;
  // The parser takes nothing but strings in a command.
  const words = (value.values as readonly RedisText[]).map(({ bytes, size: length }) => ({ bytes, size: length }));
  return { words, count: value.count, ...facts };
}

/** The reply that a server's message is. */
export function replyOf({ value, size, cutBy, started, finished }: StreamMessage): RedisReply {
  return { value: value!, replies: 1, size, truncated: cutBy !== undefined, started, finished };
}

/** `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"` */
export function isMonitorLine({ bytes }: RedisText): boolean {
  return /^\d+\.\d{6} \[/.test(String.fromCharCode(...bytes.subarray(0, 32)));
}

/** How many channels the connection is subscribed to, at the end of a confirmation. */
export function lastCount(value: Exclude<RedisReply["value"], RedisText>): number | undefined {
  const last = value.values.at(-1);
  return last?.type === "integer" && !("values" in last) ? Number(String.fromCharCode(...last.bytes)) : undefined;
}
