import {
  type Application,
  type ConversationMessage,
  EPOCH,
  findApplication,
  type HttpExchange,
  type RequestMessage,
  type ResponseMessage,
} from "../../model/index.ts";
import { type Fields, fieldsOf } from "../../wire/json/fields.ts";
import { readTime } from "../../wire/json/read-values.ts";
import {
  bodyDocument,
  CONTENT,
  FLAG,
  headerDocument,
  INTEGER,
  listOf,
  readBody,
  readHeaders,
  record,
  reference,
  TEXT,
  time,
} from "../../wire/ndjson/index.ts";
import { decodeContentText, encodeContent } from "../../wire/text/content-text.ts";
import type { DocumentCodec } from "../protocols/document-codec.ts";

const MESSAGE = {
  headers: listOf(reference("header")),
  trailers: listOf(reference("header")),
  headBytes: INTEGER,
  body: reference("body"),
};

const MOMENTS = { started: reference("timestamp"), finished: reference("timestamp") };

export const HTTP_DOCUMENT: DocumentCodec<HttpExchange> = {
  schema: {
    stream: INTEGER,
    request: record(MESSAGE, {
      method: TEXT,
      target: TEXT,
      scheme: TEXT,
      authority: TEXT,
      ...MOMENTS,
    }),
    response: record(MESSAGE, { status: INTEGER, reason: TEXT, ...MOMENTS }),
    informational: listOf(
      record({ status: INTEGER, headers: listOf(reference("header")), time: reference("timestamp") }),
    ),
    messages: listOf(
      record(
        {
          from: { enum: ["client", "server"] },
          time: reference("timestamp"),
          kind: TEXT,
          size: INTEGER,
          truncated: FLAG,
        },
        { compressed: FLAG, ...CONTENT },
      ),
    ),
    grpc: record({}, { status: INTEGER, statusName: TEXT, message: TEXT }),
  },
  write,
  read,
};

function write(exchange: HttpExchange): object {
  const { streamId, request, response, informational, messages } = exchange;
  const { name, ...grpc } = findApplication(exchange, "grpc") ?? { name: undefined };
  return {
    stream: streamId,
    request: request && requestDocument(request),
    response: response && responseDocument(response),
    informational: informational?.map((one) => ({
      status: one.status,
      headers: one.headers.map(headerDocument),
      time: time(one.time),
    })),
    messages: messages?.map(messageDocument),
    grpc: name && grpc,
  };
}

function requestDocument(request: RequestMessage): object {
  const { method, target, scheme, authority } = request;
  return { method, target, scheme, authority, ...bodyAndHeaders(request) };
}

function responseDocument(response: ResponseMessage): object {
  const { status, reason } = response;
  return { status, reason, ...bodyAndHeaders(response) };
}

function bodyAndHeaders(message: RequestMessage | ResponseMessage): object {
  const { headers, trailers, body, headBytes, started, finished } = message;
  return {
    headers: headers.map(headerDocument),
    trailers: trailers.map(headerDocument),
    headBytes,
    body: bodyDocument(body),
    started: time(started),
    finished: time(finished),
  };
}

function messageDocument({ bytes, ...message }: ConversationMessage): object {
  return { ...message, time: time(message.time), ...encodeContent(bytes) };
}

function read(document: Fields, base: Parameters<DocumentCodec<HttpExchange>["read"]>[1]): HttpExchange {
  const request = document.optional("request");
  const response = document.optional("response");
  const informational = document.list("informational");
  const messages = document.list("messages");
  return {
    ...base,
    kind: "http",
    application: readGrpcBeside(document, base.application),
    streamId: document.number("stream") ?? 0,
    ...(request && { request: readRequest(request) }),
    ...(response && { response: readResponse(response) }),
    ...(informational && {
      informational: informational.map(fieldsOf).map((one) => ({
        status: one.number("status") ?? 0,
        headers: readHeaders(one.list("headers")),
        time: readTime(one, "time") ?? EPOCH,
      })),
    }),
    ...(messages && { messages: messages.map(fieldsOf).map(readMessage) }),
  };
}

/** Documents of before have no list of applications: what is known of gRPC stands beside its name. */
function readGrpcBeside(document: Fields, application: readonly Application[]): readonly Application[] {
  const grpc = document.optional("grpc");
  if (grpc === undefined || document.list("applications") !== undefined || application[0]?.name !== "grpc")
    return application;
  return [{ name: "grpc", ...grpc.copyNumbers("status"), ...grpc.copyTexts("statusName", "message") }];
}

function readRequest(fields: Fields): RequestMessage {
  return { ...fields.copyTexts("method", "target", "scheme", "authority"), ...readMessageParts(fields) };
}

function readResponse(fields: Fields): ResponseMessage {
  return { ...fields.copyNumbers("status"), ...fields.copyTexts("reason"), ...readMessageParts(fields) };
}

function readMessageParts(fields: Fields): Omit<RequestMessage, "method" | "target" | "scheme" | "authority"> {
  const finished = readTime(fields, "finished");
  return {
    headers: readHeaders(fields.list("headers")),
    trailers: readHeaders(fields.list("trailers")),
    body: readBody(fields.object("body")),
    headBytes: fields.number("headBytes") ?? 0,
    started: readTime(fields, "started") ?? EPOCH,
    ...(finished && { finished }),
  };
}

function readMessage(fields: Fields): ConversationMessage {
  const bytes = decodeContentText(fields.raw) ?? new Uint8Array(0);
  const compressed = fields.flag("compressed");
  return {
    from: fields.oneOf("from", ["client", "server"] as const) ?? "client",
    time: readTime(fields, "time") ?? EPOCH,
    kind: fields.text("kind") ?? "binary",
    bytes,
    size: fields.number("size") ?? bytes.length,
    truncated: fields.flag("truncated") ?? false,
    ...(compressed !== undefined && { compressed }),
  };
}
