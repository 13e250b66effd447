import { concatenate } from "../../wire/bytes/concatenate.ts";
import { splitInline } from "../../wire/redis/index.ts";
import type { Redactor } from "../redaction/index.ts";
import { commandName, fullCommandName, wordText } from "./command-words.ts";
import { isQueued } from "./expected-replies.ts";
import type { QueuedCommand, RedisAggregate, RedisExchange, RedisText, RedisValue } from "./redis-exchange.ts";
import { plainText, quotedText } from "./value-text.ts";

/**
 * A copy without credentials: those that commands are for (AUTH, HELLO, ACL SETUSER, CONFIG SET, MIGRATE), values of keys, fields and
 * settings that are called like secrets, whether they are set or asked for, and whatever is found in any value.
 */
export function redactRedisExchange(exchange: RedisExchange, redactor: Redactor): RedisExchange {
  const { request, response, queued } = exchange;
  return {
    ...exchange,
    ...(request && { request: { ...request, ...redactCommand(request, redactor) } }),
    ...(queued && { queued: queued.map((command) => ({ ...command, ...redactCommand(command, redactor) })) }),
    ...(response && { response: { ...response, value: redactResponse(response.value, exchange, redactor) } }),
  };
}

function redactResponse(value: RedisValue, exchange: RedisExchange, redactor: Redactor): RedisValue {
  const { request, queued } = exchange;
  if (exchange.pushed === true) return redactPushed(value, redactor);
  if (queued !== undefined && "values" in value)
    return withValues(value, (item, at) => redactReply(item, queued[at], redactor));
  return redactReply(value, request, redactor);
}

/** A message is called as its channel is; a line of MONITOR shows a command. */
function redactPushed(value: RedisValue, redactor: Redactor): RedisValue {
  if ("values" in value) {
    const channel = value.values[1];
    return redactValue(value, channel === undefined || "values" in channel ? undefined : plainText(channel), redactor);
  }
  const place = String.fromCharCode(...value.bytes.subarray(0, MAX_NAME)).indexOf("] ");
  const words = place < 0 ? undefined : splitInline(value.bytes.subarray(place + 2));
  if (words === undefined) return redactValue(value, undefined, redactor);
  const command = { words: words.map((bytes) => ({ bytes, size: bytes.length })), count: words.length };
  const redacted = redactCommand(command, redactor).words;
  if (redacted.every((word, at) => word === command.words[at])) return value;
  const text = redacted.map(quotedText).join(" ");
  const bytes = concatenate([value.bytes.subarray(0, place + 2), new TextEncoder().encode(text)]);
  return { ...value, bytes, size: sizeOf(value, bytes) };
}

/** Names of the words of a command and the values of its reply. */
interface Names {
  /** By the word's position. */
  readonly words: ReadonlyMap<number, string>;
  /** Words that are secrets whatever they are called, and what kind of secret. */
  readonly secrets: ReadonlyMap<number, string>;
  /** The reply is the value of this, or the values of these in their order. */
  readonly reply: string | readonly string[] | undefined;
  /** The reply has names and values in turn. */
  readonly replyIsPaired: boolean;
  /** The reply is a secret as a whole. */
  readonly replyIsSecret: boolean;
}

function namesIn(command: QueuedCommand): Names {
  const texts = command.words.map((word) => (word.size <= MAX_NAME ? plainText(word) : undefined));
  const upper = texts.map((text) => text?.toUpperCase());
  const words = new Map<number, string>();
  const secrets = new Map<number, string>();
  const name = commandName(command);
  const name2 = fullCommandName(command);
  const at = (position: number): string => texts[position] ?? "";
  if (name === "AUTH") secrets.set(command.count - 1, "password");
  const credentials = upper.findIndex((word, position) => position > 0 && (word === "AUTH" || word === "AUTH2"));
  if (credentials > 0 && (name === "HELLO" || name === "MIGRATE"))
    secrets.set(credentials + (upper[credentials] === "AUTH" && name === "MIGRATE" ? 1 : 2), "password");
  if (name2 === "ACL SETUSER")
    texts.forEach((text, position) => {
      if (position > 2 && text !== undefined && /^[><#!]/.test(text)) secrets.set(position, "password");
    });
  if (name === "CONFIG" || name === "HSET" || name === "HMSET" || name === "HSETNX")
    for (let position = 2; position < texts.length; position += 2) words.set(position + 1, at(position));
  if (name === "SENTINEL" && upper[1] === "SET")
    for (let position = 3; position < texts.length; position += 2) words.set(position + 1, at(position));
  if (name === "XADD") {
    const id = texts.findIndex((text, position) => position > 1 && text !== undefined && STREAM_ID.test(text));
    for (let position = id + 1; id > 0 && position < texts.length; position += 2) words.set(position + 1, at(position));
  }
  if (name === "MSET" || name === "MSETNX")
    for (let position = 1; position < texts.length; position += 2) words.set(position + 1, at(position));
  if (VALUE_LAST.has(name)) for (let position = 2; position < texts.length; position++) words.set(position, at(1));
  return { words, secrets, ...namesOfReply(name, name2, texts) };
}

function namesOfReply(
  name: string,
  fullName: string,
  texts: readonly (string | undefined)[],
): Pick<Names, "reply" | "replyIsPaired" | "replyIsSecret"> {
  const rest = (from: number): string[] => texts.slice(from).map((text) => text ?? "");
  const reply =
    name === "MGET"
      ? rest(1)
      : name === "HMGET"
        ? rest(2)
        : name === "HGET"
          ? texts[2]
          : VALUE_ASKED.has(name) || VALUE_LAST.has(name)
            ? texts[1]
            : undefined;
  return {
    reply,
    replyIsPaired: name === "HGETALL" || fullName === "CONFIG GET" || fullName === "ACL GETUSER",
    replyIsSecret: fullName === "ACL GENPASS",
  };
}

function redactCommand(command: QueuedCommand, redactor: Redactor): Pick<QueuedCommand, "words"> {
  const names = namesIn(command);
  return {
    words: command.words.map((word, at) => {
      const secret = names.secrets.get(at);
      if (secret !== undefined) return marked(word, secret, redactor);
      // Names of commands are short, and no secrets.
      return at === 0 && wordText(word) !== undefined ? word : redactText(word, names.words.get(at), redactor);
    }),
  };
}

function redactReply(value: RedisValue, command: QueuedCommand | undefined, redactor: Redactor): RedisValue {
  if (command === undefined || isQueued(value)) return redactValue(value, undefined, redactor);
  const { reply, replyIsPaired, replyIsSecret } = namesIn(command);
  if (STREAM_READ.has(commandName(command))) return redactEntries(value, redactor);
  if (replyIsSecret && !("values" in value)) return { ...value, ...marked(value, "password", redactor) };
  if ("values" in value) {
    if (replyIsPaired || value.type === "map") return redactPairs(value, redactor);
    if (reply !== undefined && typeof reply !== "string")
      return withValues(value, (item, at) => redactValue(item, reply[at], redactor));
  }
  return redactValue(value, typeof reply === "string" ? reply : undefined, redactor);
}

/** @param name what it is the value of */
function redactValue(value: RedisValue, name: string | undefined, redactor: Redactor): RedisValue {
  if (!("values" in value)) return { ...value, ...redactText(value, name, redactor) };
  if (value.type === "map" || value.type === "attribute") return redactPairs(value, redactor);
  return withValues(value, (item) => redactValue(item, name, redactor));
}

/** Entries of streams: each has its fields and their values in turn, in a list of its own. */
function redactEntries(value: RedisValue, redactor: Redactor): RedisValue {
  if (!("values" in value)) return redactValue(value, undefined, redactor);
  const isFlat = value.values.length % 2 === 0 && value.values.every((item) => !("values" in item));
  return isFlat ? redactPairs(value, redactor) : withValues(value, (item) => redactEntries(item, redactor));
}

function redactPairs(value: RedisAggregate, redactor: Redactor): RedisAggregate {
  let name: string | undefined;
  return withValues(value, (item, at) => {
    if (at % 2 === 1) return redactValue(item, name, redactor);
    name = "values" in item ? undefined : plainText(item);
    return item;
  });
}

function withValues(value: RedisAggregate, change: (item: RedisValue, at: number) => RedisValue): RedisAggregate {
  const attributes = value.attributes;
  return { ...value, values: value.values.map(change), ...(attributes && { attributes }) };
}

function redactText(text: RedisText, name: string | undefined, redactor: Redactor): RedisText {
  if (text.bytes.length === 0) return text;
  const bytes = name === undefined ? redactor.content(text.bytes, "") : redactor.named(nameParts(name), text.bytes);
  return bytes === text.bytes ? text : { bytes, size: sizeOf(text, bytes) };
}

function marked(text: RedisText, kind: string, redactor: Redactor): RedisText {
  const bytes = redactor.secret(kind, text.bytes);
  return { bytes, size: sizeOf(text, bytes) };
}

/** A mark is no cut text: what is whole stays whole, whatever the mark's length. */
function sizeOf(text: RedisText, bytes: Uint8Array): number {
  return text.bytes.length < text.size ? Math.max(text.size, bytes.length + 1) : bytes.length;
}

/** The parts of a key: `user:17:password` is the password of something. */
function nameParts(name: string): readonly string[] {
  return [name, ...name.split(/[:/|]/)];
}

/** A longer word is no name. */
const MAX_NAME = 512;
/** Where an entry goes in a stream; its fields follow. */
const STREAM_ID = /^(?:\*|\d{1,20}-(?:\d{1,20}|\*))$/;
const STREAM_READ: ReadonlySet<string> = new Set("XAUTOCLAIM XCLAIM XRANGE XREAD XREADGROUP XREVRANGE".split(" "));
/** After the key, everything is its value. */
const VALUE_LAST: ReadonlySet<string> = new Set(
  "APPEND GETSET LPUSH LPUSHX PSETEX PUBLISH RPUSH RPUSHX SADD SET SETEX SETNX SETRANGE SPUBLISH".split(" "),
);
const VALUE_ASKED: ReadonlySet<string> = new Set(
  "GET GETDEL GETEX GETRANGE LINDEX LPOP LRANGE RPOP SMEMBERS SPOP SRANDMEMBER SUBSTR".split(" "),
);
