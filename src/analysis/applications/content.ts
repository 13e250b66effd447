import type { Body, ConversationMessage, Header, HttpExchange } from "../../model/index.ts";
import { type Fields, fieldsOf, isObject } from "../../wire/json/fields.ts";
import { JsonReader } from "../../wire/json/json-reader.ts";
import { readCutJson } from "../../wire/json/read-cut-json.ts";
import { bodyText } from "../content/body-text.ts";
import { headerValue } from "../http/header-value.ts";

/**
 * The JSON that the two sides of an exchange sent, for whoever looks what runs inside: of each body its beginning, of a stream of
 * events the first and last ones, of a WebSocket the first text messages. Read when it is asked for, and once.
 */
export class ExchangeContent {
  readonly exchange: HttpExchange;
  #asked: readonly Fields[] | undefined;
  #answered: readonly Fields[] | undefined;

  constructor(exchange: HttpExchange) {
    this.exchange = exchange;
  }

  /** Objects that the client sent; those of a batch one after another. */
  get asked(): readonly Fields[] {
    this.#asked ??= this.#isWebSocket
      ? readMessages(this.exchange.messages, "client")
      : readBody(this.exchange.request, undefined);
    return this.#asked;
  }

  /** Objects that the server sent. */
  get answered(): readonly Fields[] {
    const { response, messages } = this.exchange;
    this.#answered ??= this.#isWebSocket ? readMessages(messages, "server") : readBody(response, messages);
    return this.#answered;
  }

  /** Whether the client's JSON is a list. */
  get isBatch(): boolean {
    return /^\s*\[/.test(startOf(this.exchange.request?.body) ?? "");
  }

  /** The value of a header of either message. @param name in lower case */
  header(name: string): string | undefined {
    const { request, response } = this.exchange;
    return headerValue(request?.headers, name) ?? headerValue(response?.headers, name);
  }

  get #isWebSocket(): boolean {
    return this.exchange.application[0]?.name === "websocket";
  }
}

/** How a message's content has to be read, by its type. */
export type ContentForm = "json" | "lines" | "events";

export function contentForm(headers: readonly Header[] | undefined): ContentForm | undefined {
  const type = headerValue(headers, "content-type");
  return type === undefined ? undefined : FORMS.find(([pattern]) => pattern.test(type))?.[1];
}

const FORMS: readonly (readonly [RegExp, ContentForm])[] = [
  [/^\s*application\/(?:[\w.+-]+\+)?json(?:-rpc|request)?\s*(?:;|$)/i, "json"],
  [/^\s*text\/event-stream\s*(?:;|$)/i, "events"],
  [/^\s*application\/(?:x-ndjson|jsonl|x-jsonlines)\s*(?:;|$)/i, "lines"],
];

/** Bytes of a body: later ones are not looked at, but the end of a stream of events. */
export const MAX_CONTENT_LOOKED_AT = 64 * 1024;
const MAX_END_LOOKED_AT = 8 * 1024;
/** Objects, events and messages from the beginning, and as many from the end. */
const MAX_OBJECTS = 32;

/** The beginning of a body as text. */
export function startOf(body: Body | undefined): string | undefined {
  if (body === undefined || body.bytes.length === 0) return undefined;
  if (body.bytes.length <= MAX_CONTENT_LOOKED_AT) return bodyText(body);
  return DECODER.decode(body.bytes.subarray(0, MAX_CONTENT_LOOKED_AT));
}

const DECODER = new TextDecoder();

interface Sent {
  readonly headers: readonly Header[];
  readonly body: Body;
}

function readBody(message: Sent | undefined, events: readonly ConversationMessage[] | undefined): readonly Fields[] {
  const form = contentForm(message?.headers);
  if (message === undefined || form === undefined) return NOTHING;
  const { body } = message;
  const text = startOf(body);
  // The events that were kept are the first ones: the body has the last, too.
  if (text === undefined)
    return form === "events" ? ends(events ?? []).flatMap(({ bytes }) => readEvent(DECODER.decode(bytes))) : NOTHING;
  if (form === "json") return objectsOf(readJson(text, body.truncated || body.bytes.length > MAX_CONTENT_LOOKED_AT));
  const parts = ends([...split(text, form), ...split(endOf(body), form)]);
  return parts.flatMap((part) => (form === "events" ? readEvent(part) : objectsOf(readJson(part, false))));
}

/** The end of a body that is longer than the beginning. */
function endOf({ bytes }: Body): string {
  const start = Math.max(MAX_CONTENT_LOOKED_AT, bytes.length - MAX_END_LOOKED_AT);
  return start >= bytes.length ? "" : DECODER.decode(bytes.subarray(start));
}

function split(text: string, form: "lines" | "events"): string[] {
  return text.split(form === "events" ? /\r?\n\r?\n/ : /\r?\n/).filter((part) => part !== "");
}

/** The lines of an event's data together are its content (HTML §9.2.6). */
function readEvent(event: string): readonly Fields[] {
  const data = event
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5));
  return data.length === 0 ? NOTHING : objectsOf(readJson(data.join("\n"), false));
}

function readMessages(messages: readonly ConversationMessage[] = [], from: "client" | "server"): readonly Fields[] {
  const texts = messages.filter((message) => message.from === from && message.kind === "text");
  return ends(texts).flatMap(({ bytes, truncated }) => objectsOf(readJson(DECODER.decode(bytes), truncated)));
}

function ends<T>(all: readonly T[]): readonly T[] {
  return all.length <= 2 * MAX_OBJECTS ? all : [...all.slice(0, MAX_OBJECTS), ...all.slice(-MAX_OBJECTS)];
}

function readJson(text: string, isCut: boolean): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  return isCut ? readCutJson(text) : READER.read(text).value;
}

const READER = new JsonReader();
const NOTHING: readonly Fields[] = [];

function objectsOf(value: unknown): readonly Fields[] {
  if (Array.isArray(value)) return value.slice(0, MAX_OBJECTS).filter(isObject).map(fieldsOf);
  return isObject(value) ? [fieldsOf(value)] : NOTHING;
}
