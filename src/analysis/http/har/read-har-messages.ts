import {
  type Application,
  type ApplicationName,
  type ConversationMessage,
  NO_APPLICATION,
  type Timestamp,
  timestampFromMillis,
} from "../../../model/index.ts";
import { type Fields, fieldsOf } from "../../../wire/json/fields.ts";
import { decodeBase64, decodeContentText } from "../../../wire/text/content-text.ts";
import { parseTimestamp } from "../../../wire/text/parse-timestamp.ts";
import { readApplications } from "../../applications/table.ts";

/** The application that runs inside of an entry's request. */
export function readApplication(entry: Fields): ApplicationName | undefined {
  if (entry.list("_webSocketMessages") !== undefined || entry.text("_resourceType") === "websocket") return "websocket";
  if (entry.optional("_grpc") !== undefined) return "grpc";
  return entry.text("_resourceType") === "eventsource" ? "sse" : undefined;
}

export function listApplications(name: ApplicationName | undefined, entry: Fields): readonly Application[] {
  return name === undefined ? NO_APPLICATION : readApplications([{ ...entry.object("_grpc").raw, name }]);
}

export function readMessages(
  entry: Fields,
  application: ApplicationName | undefined,
): ConversationMessage[] | undefined {
  if (application === "websocket") return entry.list("_webSocketMessages")?.map(fieldsOf).map(webSocketMessage);
  if (application === "grpc")
    return entry
      .object("_grpc")
      .list("messages")
      ?.map(fieldsOf)
      .map((message) => plainMessage(message, "message"));
  if (application === "sse")
    return entry
      .list("_eventSourceMessages")
      ?.map(fieldsOf)
      .map((message) => plainMessage(message, "event"));
  return undefined;
}

function webSocketMessage(message: Fields): ConversationMessage {
  const opcode = message.number("opcode") ?? 1;
  const data = message.text("data") ?? "";
  const bytes = (opcode === 1 ? undefined : decodeBase64(data)) ?? new TextEncoder().encode(data);
  return {
    from: message.text("type") === "receive" ? "server" : "client",
    time: momentOf(message),
    kind: KINDS[opcode] ?? "binary",
    bytes,
    size: message.number("_size") ?? bytes.length,
    truncated: message.flag("_truncated") === true,
  };
}

const KINDS: Readonly<Record<number, string>> = { 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };

function plainMessage(message: Fields, kind: string): ConversationMessage {
  const bytes = decodeContentText(message.raw) ?? new Uint8Array(0);
  return {
    from: message.text("from") === "client" ? "client" : "server",
    time: momentOf(message),
    kind: message.text("_kind") ?? kind,
    bytes,
    size: message.number("size") ?? bytes.length,
    truncated: message.flag("_truncated") === true,
    ...(message.flag("compressed") !== undefined && { compressed: message.flag("compressed")! }),
  };
}

function momentOf(message: Fields): Timestamp {
  const exact = parseTimestamp(message.text("_time") ?? "");
  return exact ?? timestampFromMillis((message.number("time") ?? 0) * 1000);
}
