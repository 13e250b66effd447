import { EPOCH } from "../../model/index.ts";
import { type Fields, fieldsOf } from "../../wire/json/fields.ts";
import { readTime } from "../../wire/json/read-values.ts";
import { CONTENT, FLAG, INTEGER, listOf, record, reference, TEXT, time } from "../../wire/ndjson/index.ts";
import { decodeContentText, encodeContent } from "../../wire/text/content-text.ts";
import type { DocumentCodec } from "../protocols/document-codec.ts";
import { fullCommandName } from "./command-words.ts";
import type {
  QueuedCommand,
  RedisAggregate,
  RedisCommand,
  RedisExchange,
  RedisReply,
  RedisText,
  RedisValue,
} from "./redis-exchange.ts";

/** As many levels as the parser takes, and attributes between them. */
const MAX_DEPTH = 128;
const SCALARS = [
  ...(["simple", "error", "integer", "null", "boolean", "double", "big-number"] as const),
  ...(["bulk", "bulk-error", "verbatim"] as const),
];
const AGGREGATES = ["array", "set", "map", "push", "attribute"] as const;

const MESSAGE = {
  size: INTEGER,
  truncated: FLAG,
  started: reference("timestamp"),
  finished: reference("timestamp"),
};
const WORDS = { words: listOf(record({ size: INTEGER }, CONTENT)), count: INTEGER };
/** Values stand in values: this is where their schema is in the whole. */
const VALUE = { $ref: "#/$defs/redis/properties/response/properties/value" };

export const REDIS_DOCUMENT: DocumentCodec<RedisExchange> = {
  schema: {
    command: TEXT,
    request: record({ ...WORDS, isInline: FLAG, ...MESSAGE }),
    response: record({
      value: record(
        { type: { enum: [...SCALARS, ...AGGREGATES] } },
        { size: INTEGER, ...CONTENT, count: INTEGER, values: listOf(VALUE), attributes: VALUE },
      ),
      replies: INTEGER,
      ...MESSAGE,
    }),
    queued: listOf(record(WORDS)),
    pushed: { const: true },
    unanswered: { const: true },
  },
  write: ({ request, response, queued, pushed, unanswered }) => ({
    command: request && fullCommandName(request),
    request: request && commandDocument(request),
    response: response && replyDocument(response),
    queued: queued?.map(({ words, count }) => ({ words: words.map(textDocument), count })),
    pushed,
    unanswered,
  }),
  read(document, base) {
    const request = document.optional("request");
    const response = document.optional("response");
    const queued = document.list("queued");
    return {
      ...base,
      kind: "redis",
      ...(request && { request: readCommand(request) }),
      ...(response && { response: readReply(response) }),
      ...(queued && { queued: queued.map((command) => readWords(fieldsOf(command))) }),
      ...(document.flag("pushed") === true && { pushed: true }),
      ...(document.flag("unanswered") === true && { unanswered: true }),
    };
  },
};

function commandDocument({ words, started, finished, ...rest }: RedisCommand): object {
  return { ...rest, words: words.map(textDocument), started: time(started), finished: time(finished) };
}

function replyDocument({ value, started, finished, ...rest }: RedisReply): object {
  return { ...rest, value: valueDocument(value), started: time(started), finished: time(finished) };
}

function textDocument({ bytes, size }: RedisText): object {
  return { size, ...encodeContent(bytes) };
}

function valueDocument(value: RedisValue): object {
  const attributes = value.attributes && valueDocument(value.attributes);
  if (!("values" in value)) return { type: value.type, ...textDocument(value), attributes };
  return { type: value.type, count: value.count, values: value.values.map(valueDocument), attributes };
}

function readWords(fields: Fields): QueuedCommand {
  const words = (fields.list("words") ?? []).map((word) => readText(fieldsOf(word)));
  return { words, count: fields.number("count") ?? words.length };
}

function readCommand(fields: Fields): RedisCommand {
  return {
    ...readWords(fields),
    isInline: fields.flag("isInline") ?? false,
    ...readMessage(fields),
  };
}

function readReply(fields: Fields): RedisReply {
  return {
    value: readValue(fields.object("value"), 0),
    replies: fields.number("replies") ?? 1,
    ...readMessage(fields),
  };
}

function readMessage(fields: Fields): Pick<RedisReply, "size" | "truncated" | "started" | "finished"> {
  return {
    size: fields.number("size") ?? 0,
    truncated: fields.flag("truncated") ?? false,
    started: readTime(fields, "started") ?? EPOCH,
    finished: readTime(fields, "finished") ?? EPOCH,
  };
}

function readText(fields: Fields): RedisText {
  const bytes = decodeContentText(fields.raw) ?? new Uint8Array(0);
  return { bytes, size: fields.number("size") ?? bytes.length };
}

function readValue(fields: Fields, depth: number): RedisValue {
  const scalar = fields.oneOf("type", SCALARS);
  const found = depth < MAX_DEPTH ? fields.optional("attributes") : undefined;
  const attributes = found && { attributes: readAggregate(found, "attribute", depth + 1) };
  const aggregate = fields.oneOf("type", AGGREGATES);
  if (aggregate !== undefined) return { ...readAggregate(fields, aggregate, depth), ...attributes };
  return { type: scalar ?? "bulk", ...readText(fields), ...attributes };
}

function readAggregate(fields: Fields, type: RedisAggregate["type"], depth: number): RedisAggregate {
  const values = depth < MAX_DEPTH ? (fields.list("values") ?? []) : [];
  return {
    type,
    values: values.map((value) => readValue(fieldsOf(value), depth + 1)),
    count: fields.number("count") ?? values.length,
  };
}
