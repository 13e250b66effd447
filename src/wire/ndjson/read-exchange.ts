import {
  type Application,
  type Body,
  type Connection,
  type ConversationMessage,
  EPOCH,
  type Exchange,
  type ExchangeTimes,
  type Header,
  MAX_APPLICATIONS,
  QUALITIES,
  type RequestMessage,
  type ResponseMessage,
  type TlsFacts,
} from "../../model/index.ts";
import { Fields, fieldsOf, textsOf } from "../json/fields.ts";
import { readEndpoint, readTime } from "../json/read-values.ts";
import { decodeContentText } from "../text/content-text.ts";

/**
 * Reads what `exchangeDocument` wrote. Fields that are absent or of another type are left out; what an exchange cannot be
 * without gets a plain value.
 * @param connections the connections that were read before, by id: exchanges of one connection share its object
 */
export function readExchange(document: Fields, connections: ConnectionTable): Exchange {
  const connection = connections.find(document.object("connection"));
  const request = document.optional("request");
  const response = document.optional("response");
  const informational = document.list("informational");
  const messages = document.list("messages");
  return {
    id: document.number("id") ?? 0,
    connection,
    ...readKind(document),
    streamId: document.number("stream") ?? 0,
    index: document.number("index") ?? 0,
    application: readApplications(document),
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
    times: readTimes(document.object("times")),
    quality: document.oneOf("quality", QUALITIES) ?? "complete",
    problems: textsOf(document.list("problems")),
  };
}

/** Documents of before have no kind: the protocol tells. */
function readKind(document: Fields): Pick<Exchange, "kind" | "protocol"> {
  const protocol = document.text("protocol") ?? "tcp";
  const kind = document.oneOf("kind", ["http", "opaque"] as const);
  return { kind: kind ?? (/^(?:tcp|udp|tls)$/.test(protocol) ? "opaque" : "http"), protocol };
}

/** Documents of before have the name of one, and the facts of gRPC beside it. */
function readApplications(document: Fields): readonly Application[] {
  const list = document.list("applications")?.map(fieldsOf);
  if (list !== undefined) return list.slice(0, MAX_APPLICATIONS).flatMap((one) => readApplication(one, one));
  return readApplication(new Fields({ name: document.raw["application"] }), document.object("grpc"));
}

function readApplication(named: Fields, facts: Fields): Application[] {
  const name = named.oneOf("name", ["grpc", "websocket", "sse"] as const);
  if (name === undefined) return [];
  if (name !== "grpc") return [{ name }];
  return [{ name, ...facts.copyNumbers("status"), ...facts.copyTexts("statusName", "message") }];
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

function readHeaders(list: readonly unknown[] | undefined): Header[] {
  return (list ?? []).map(fieldsOf).map((header) => ({
    name: header.text("name"),
    value: header.text("value"),
    ...(header.flag("sensitive") === true ? { sensitive: true } : {}),
  }));
}

function readBody(fields: Fields): Body {
  const bytes = decodeContentText(fields.raw);
  return {
    bytes: bytes ?? new Uint8Array(0),
    size: fields.number("size") ?? bytes?.length ?? 0,
    truncated: fields.flag("truncated") ?? bytes === undefined,
    complete: fields.flag("complete") ?? true,
    ...fields.copyTexts("decodedFrom"),
  };
}

function readMessage(fields: Fields): ConversationMessage {
  const bytes = decodeContentText(fields.raw) ?? new Uint8Array(0);
  return {
    from: fields.oneOf("from", ["client", "server"] as const) ?? "client",
    time: readTime(fields, "time") ?? EPOCH,
    kind: fields.text("kind") ?? "binary",
    bytes,
    size: fields.number("size") ?? bytes.length,
    truncated: fields.flag("truncated") ?? false,
    ...(fields.flag("compressed") === undefined ? {} : { compressed: fields.flag("compressed")! }),
  };
}

function readTimes(fields: Fields): ExchangeTimes {
  const times = TIMES.map((name) => [name, readTime(fields, name)]).filter(([, moment]) => moment !== undefined);
  return Object.fromEntries(times) as ExchangeTimes;
}

const TIMES: readonly (keyof ExchangeTimes)[] = [
  "connectStart",
  "connectEnd",
  "tlsStart",
  "tlsEnd",
  "requestStart",
  "requestEnd",
  "responseStart",
  "responseEnd",
];

/** The connections of one file. Bounded: the one that was asked for least recently is forgotten. */
export class ConnectionTable {
  readonly #limit: number;
  readonly #byKey = new Map<string, Connection>();

  constructor(limit = 65_536) {
    this.#limit = limit;
  }

  find(fields: Fields): Connection {
    const key = JSON.stringify(fields.raw);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      this.#byKey.delete(key);
      this.#byKey.set(key, known);
      return known;
    }
    const connection = readConnection(fields);
    this.#byKey.set(key, connection);
    if (this.#byKey.size > this.#limit) this.#byKey.delete(this.#byKey.keys().next().value!);
    return connection;
  }
}

function readConnection(fields: Fields): Connection {
  const tls = fields.optional("tls");
  const process = fields.optional("process");
  const pid = process?.number("pid");
  const seenAt = fields.oneOf("seenAt", ["listener", "cluster"] as const);
  const moments = ["dialled", "opened", "closed"].map((name) => [name, readTime(fields, name)]);
  return {
    id: fields.bigint("id") ?? 0n,
    transport: fields.oneOf("transport", ["tcp", "udp", "pipe"] as const) ?? "tcp",
    role: fields.oneOf("role", ["server", "client", "unknown"] as const) ?? "unknown",
    local: readEndpoint(fields.optional("local")),
    remote: readEndpoint(fields.optional("remote")),
    ...Object.fromEntries(moments.filter(([, moment]) => moment !== undefined)),
    ...(tls && { tls: readTls(tls) }),
    ...(process &&
      pid !== undefined && { process: { pid, ...process.copyTexts("command", "cgroup", "pod", "namespace") } }),
    ...fields.copyTexts("source"),
    ...(seenAt && { seenAt }),
  };
}

function readTls(fields: Fields): TlsFacts {
  const offered = fields.list("alpnOffered");
  const started = readTime(fields, "started");
  const finished = readTime(fields, "finished");
  return {
    ...fields.copyTexts("version", "cipher", "sni", "alpn", "ja4"),
    ...(offered && { alpnOffered: textsOf(offered) }),
    ...(started && { started }),
    ...(finished && { finished }),
    ...(fields.flag("decrypted") === undefined ? {} : { decrypted: fields.flag("decrypted")! }),
  };
}
