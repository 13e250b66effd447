import { commandName, wordText } from "../command-words.ts";
import type { RedisCommand, RedisValue } from "../redis-exchange.ts";

/** How many replies a command gets: a subscription one for each channel, whatever it is about. */
export function countExpectedReplies(command: RedisCommand): number {
  const name = commandName(command);
  if (!SUBSCRIPTIONS.has(name)) return 1;
  return Math.max(1, command.count - 1);
}

/** Whether a command is answered by messages that name it: `["subscribe", channel, count]`. */
export function isSubscription(command: RedisCommand): boolean {
  return SUBSCRIPTIONS.has(commandName(command));
}

/** The kind that the value names, where it is the message of a subscription or a push: its first element, in lower case. */
export function messageKind(value: RedisValue): string | undefined {
  if (!("values" in value)) return undefined;
  const [first] = value.values;
  return first === undefined || "values" in first ? undefined : wordText(first)?.toLowerCase();
}

/** The second element of a message: a channel. */
export function messageChannel(value: RedisValue): string | undefined {
  if (!("values" in value)) return undefined;
  const second = value.values[1];
  return second === undefined || "values" in second ? undefined : latin1(second.bytes);
}

/** The channels that the command names, as `messageChannel` gives them. */
export function namesChannel({ words, count }: RedisCommand, channel: string | undefined): boolean {
  if (count === 1 || words.length < count || channel === undefined) return true;
  return words.some((word, at) => at > 0 && latin1(word.bytes) === channel);
}

/** Messages in a subscribed connection of RESP2 besides answers. */
export const PUBLISHED: ReadonlySet<string> = new Set(["message", "pmessage", "smessage"]);

/** Whether a reply can be one to that command; true wherever that is not known. */
export function fitsCommand(command: RedisCommand, value: RedisValue): boolean {
  const { type } = value;
  if (type === "error" || type === "bulk-error" || isQueued(value)) return true;
  const name = commandName(command);
  if (isSubscription(command)) return messageKind(value) === name.toLowerCase();
  const shape = SHAPES.get(name);
  return shape === undefined || shape.has(type);
}

/** The reply to a command in a transaction. */
export function isQueued(value: RedisValue): boolean {
  return value.type === "simple" && wordText(value) === "QUEUED";
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

const SUBSCRIPTIONS: ReadonlySet<string> = new Set([
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "PSUBSCRIBE",
  "PUNSUBSCRIBE",
  "SSUBSCRIBE",
  "SUNSUBSCRIBE",
]);

/** Types of replies (`COMMAND DOCS`), of commands that have few. */
const SHAPES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...shapes(
    "simple",
    "MSET SELECT FLUSHALL FLUSHDB AUTH MULTI WATCH UNWATCH DISCARD LSET LTRIM RENAME TYPE HMSET SETEX PSETEX QUIT",
  ),
  ...shapes("simple bulk null", "SET"),
  ...shapes("simple bulk array push", "PING"),
  ...shapes(
    "integer",
    `APPEND BITCOUNT DBSIZE DECR DECRBY DEL EXISTS EXPIRE EXPIREAT HDEL HEXISTS HINCRBY HLEN HSET HSETNX HSTRLEN INCR INCRBY LLEN
    LPUSH LPUSHX LREM MOVE MSETNX PERSIST PEXPIRE PEXPIREAT PFADD PFCOUNT PTTL PUBLISH RPUSH RPUSHX SADD SCARD SDIFFSTORE
    SETBIT SETNX SETRANGE SINTERSTORE SISMEMBER SMOVE SREM STRLEN SUNIONSTORE TOUCH TTL UNLINK XACK XDEL XLEN ZCARD ZCOUNT ZREM
    ZREMRANGEBYSCORE`,
  ),
  ...shapes("bulk null", "GET GETDEL GETEX GETSET HGET LINDEX RANDOMKEY"),
  ...shapes("bulk", "ECHO GETRANGE INCRBYFLOAT"),
  ...shapes("bulk verbatim", "INFO"),
  ...shapes("array", "LRANGE MGET HMGET HKEYS HVALS KEYS SCAN SSCAN HSCAN ZSCAN TIME"),
  ...shapes("array set", "SMEMBERS SUNION SINTER SDIFF"),
  ...shapes("array map", "HGETALL HELLO"),
  ...shapes("array null", "EXEC BLPOP BRPOP"),
]);

function shapes(types: string, names: string): [string, ReadonlySet<string>][] {
  const shape = new Set(types.split(" "));
  return names.split(/\s+/).map((name) => [name, shape]);
}
