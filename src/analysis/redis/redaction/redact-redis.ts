import { concatenate } from "../../../wire/bytes/concatenate.ts";
import { splitInline } from "../../../wire/redis/index.ts";
import type { Redactor } from "../../redaction/index.ts";
import { wordText } from "../command-words.ts";
import { isQueued, messageKind } from "../pairing/expected-replies.ts";
import type {
  QueuedCommand,
  RedisAggregate,
  RedisExchange,
  RedisScalar,
  RedisText,
  RedisValue,
} from "../redis-exchange.ts";
import { plainText, quotedText } from "../value-text.ts";
import { namedValues } from "./named-values.ts";

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
    return withValues(value, redactor, (item, at) => redactReply(item, queued[at], redactor));
  return redactReply(value, request, redactor);
}

/** A message is called as its channel is; a line of MONITOR shows a command. */
function redactPushed(value: RedisValue, redactor: Redactor): RedisValue {
  if ("values" in value) {
    // A message by a pattern has the pattern before its channel.
    const channel = value.values[messageKind(value) === "pmessage" ? 2 : 1];
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

function redactCommand(command: QueuedCommand, redactor: Redactor): Pick<QueuedCommand, "words"> {
  const { words, secrets } = namedValues(command);
  return {
    words: command.words.map((word, at) => {
      const secret = secrets.get(at);
      if (secret !== undefined) return marked(word, secret, redactor);
      // Names of commands are short, and no secrets.
      return at === 0 && wordText(word) !== undefined ? word : redactText(word, words.get(at), redactor);
    }),
  };
}

function redactReply(value: RedisValue, command: QueuedCommand | undefined, redactor: Redactor): RedisValue {
  if (command === undefined || isQueued(value)) return redactValue(value, undefined, redactor);
  const { reply } = namedValues(command);
  if (!("values" in value)) {
    if (reply.kind === "secret") return { ...value, ...marked(value, "password", redactor) };
    const isOne = reply.kind === "named" && typeof reply.names === "string";
    return redactValue(value, isOne ? (reply.names as string) : undefined, redactor);
  }
  switch (reply.kind) {
    case "named": {
      const { names } = reply;
      if (typeof names === "string") return redactValue(value, names, redactor);
      return withValues(value, redactor, (item, at) => redactValue(item, names[at], redactor));
    }
    case "pairs":
      return redactPairs(value, redactor);
    case "scan":
      return withValues(value, redactor, (item) =>
        "values" in item ? redactPairs(item, redactor) : redactValue(item, undefined, redactor),
      );
    case "entries":
      return redactEntries(value, redactor);
    case "rules":
      return withValues(value, redactor, (item) => redactRules(item, redactor));
    case "commands":
      return withValues(value, redactor, (item) => redactLogged(item, redactor));
    default:
      return redactValue(value, undefined, redactor);
  }
}

/** @param name what it is the value of */
function redactValue(value: RedisValue, name: string | undefined, redactor: Redactor): RedisValue {
  if (!("values" in value))
    return { ...value, ...redactText(value, name, redactor), ...redactAttributes(value, redactor) };
  if (value.type === "map" || value.type === "attribute") return redactPairs(value, redactor);
  return withValues(value, redactor, (item) => redactValue(item, name, redactor));
}

/** A user's rules in one text (ACL LIST): hashes of passwords stand among them, as `#` and 64 digits. */
function redactRules(value: RedisValue, redactor: Redactor): RedisValue {
  if ("values" in value) return redactValue(value, undefined, redactor);
  const text = plainText({ bytes: value.bytes, size: value.bytes.length });
  const hidden = text.replace(/(?<=(?:^|\s)#)[\da-f]{64}(?=\s|$)/gi, (hash) =>
    new TextDecoder().decode(redactor.secret("password", new TextEncoder().encode(hash))),
  );
  if (hidden === text) return redactValue(value, undefined, redactor);
  const bytes = new TextEncoder().encode(hidden);
  return { ...value, bytes, size: sizeOf(value, bytes) };
}

/** An entry of SLOWLOG: the list of texts in it is a command. */
function redactLogged(entry: RedisValue, redactor: Redactor): RedisValue {
  if (!("values" in entry)) return redactValue(entry, undefined, redactor);
  return withValues(entry, redactor, (item) => {
    if (!("values" in item)) return redactValue(item, undefined, redactor);
    const words = item.values.filter((word) => !("values" in word)) as RedisScalar[];
    if (words.length < item.values.length) return redactValue(item, undefined, redactor);
    const redacted = redactCommand({ words, count: item.count }, redactor).words;
    return { ...item, values: words.map((word, at) => ({ ...word, ...redacted[at]! })) };
  });
}

/** Entries of streams: each has its fields and their values in turn, in a list of its own. */
function redactEntries(value: RedisValue, redactor: Redactor): RedisValue {
  if (!("values" in value)) return redactValue(value, undefined, redactor);
  const isFlat = value.values.length % 2 === 0 && value.values.every((item) => !("values" in item));
  return isFlat ? redactPairs(value, redactor) : withValues(value, redactor, (item) => redactEntries(item, redactor));
}

function redactPairs(value: RedisAggregate, redactor: Redactor): RedisAggregate {
  let name: string | undefined;
  return withValues(value, redactor, (item, at) => {
    if (at % 2 === 1) return redactValue(item, name, redactor);
    name = "values" in item ? undefined : plainText(item);
    return item;
  });
}

function withValues(
  value: RedisAggregate,
  redactor: Redactor,
  change: (item: RedisValue, at: number) => RedisValue,
): RedisAggregate {
  return { ...value, values: value.values.map(change), ...redactAttributes(value, redactor) };
}

function redactAttributes({ attributes }: RedisValue, redactor: Redactor): Pick<RedisAggregate, "attributes"> {
  return attributes === undefined ? {} : { attributes: redactPairs(attributes, redactor) };
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
