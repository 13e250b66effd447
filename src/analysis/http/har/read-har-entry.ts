import {
  type Body,
  type Connection,
  type Endpoint,
  type Header,
  type HttpExchange,
  QUALITIES,
  type RequestMessage,
  type ResponseMessage,
  type Timestamp,
} from "../../../model/index.ts";
import type { HarEntryContext } from "../../../wire/exchange-codec.ts";
import { Fields, fieldsOf, textsOf } from "../../../wire/json/fields.ts";
import { decodeBase64, decodeContentText } from "../../../wire/text/content-text.ts";
import { textToOctets } from "../../../wire/text/octets-to-text.ts";
import { headerValue } from "../header-value.ts";
import { withHarFacts } from "./har-facts.ts";
import { listApplications, readApplication, readMessages } from "./read-har-messages.ts";
import { readHarTimes } from "./read-har-times.ts";

/**
 * An entry of anyone's HAR as an exchange. Fields are read as browsers, proxies and Tapline write them; what is absent is
 * left out. A browser's HAR has no bytes of heads: their sizes are what it says, or 0.
 */
export function readHarEntry(entry: Fields, context: HarEntryContext): HttpExchange {
  const requestFields = entry.object("request");
  const responseFields = entry.object("response");
  const facts = entry.optional("_tapline");
  const hasResponse = isResponse(responseFields, facts?.optional("response") !== undefined);
  const times = readHarTimes(entry, hasResponse);
  const protocol = readProtocol(entry, requestFields, responseFields);
  const url = splitUrl(textToOctets(requestFields.text("url") ?? ""));
  const request =
    requestFields.flag("_missing") === true ? undefined : readRequest(requestFields, url, times.requestStart);
  const response = hasResponse ? readResponse(responseFields, times.responseStart) : undefined;
  const application = readApplication(entry);
  const messages = readMessages(entry, application);
  const client = readEndpoint(entry.optional("_client"));
  const server = readEndpoint(entry.optional("_server")) ?? serverEndpoint(entry, url);
  const named = entry.text("connection");
  // An entry that names no connection shares none with another.
  const key =
    named === undefined && client === undefined ? `#${context.id}` : `${named} ${JSON.stringify([client, server])}`;
  const exchange: HttpExchange = {
    kind: "http",
    id: context.id,
    connection: context.connectionFor(key, () => readConnection(entry, url, client, server, context.id)),
    protocol,
    streamId: entry.number("_stream") ?? 0,
    index: 0,
    application: listApplications(application, entry),
    ...(request && { request }),
    ...(response && { response }),
    ...(messages && { messages }),
    times,
    quality: entry.oneOf("_quality", QUALITIES) ?? qualityOf(request, response),
    problems: [...textsOf(entry.list("_problems")), ...readFailure(entry, responseFields)],
  };
  return facts === undefined ? exchange : withHarFacts(exchange, facts, context);
}

/** Why there was no response, as Chrome (`_error`) and Playwright (`_failureText`) say it; ours stands in `_problems`. */
function readFailure(entry: Fields, response: Fields): string[] {
  const failure = response.text("_error") || response.text("_failureText");
  return failure && entry.raw["_problems"] === undefined ? [failure] : [];
}

function qualityOf(
  request: RequestMessage | undefined,
  response: ResponseMessage | undefined,
): HttpExchange["quality"] {
  if (request === undefined || response === undefined) return "unpaired";
  return request.body.truncated || response.body.truncated ? "truncated" : "complete";
}

function readRequest(fields: Fields, url: Url, started: Timestamp | undefined): RequestMessage {
  const post = fields.object("postData");
  const headers = withType(readHeaders(fields), post.text("mimeType"));
  const method = fields.text("method");
  const authority = headerValue(headers, ":authority") ?? headerValue(headers, "host") ?? url.authority;
  return {
    ...(method !== undefined && fields.flag("_unknownMethod") !== true && { method }),
    target: method === "CONNECT" ? url.authority : url.target,
    scheme: url.scheme,
    ...(authority !== "" && { authority }),
    headers,
    trailers: readHeaders(new Fields({ headers: fields.raw["_trailers"] })),
    body: readBody(withParams(post), "_encoding", fields.number("bodySize")),
    headBytes: Math.max(0, fields.number("headersSize") ?? 0),
    ...(started && { started }),
  };
}

/** A body's type stands in HAR beside it too: where no header says it, as in files without headers, it is made one. */
function withType(headers: Header[], mimeType: string | undefined): Header[] {
  if (mimeType === undefined || !/^[\w.+-]+\/[\w.+-]+/.test(mimeType) || mimeType === "x-unknown") return headers;
  if (headers.some(({ name }) => name?.toLowerCase() === "content-type")) return headers;
  return [...headers, { name: "Content-Type", value: mimeType }];
}

/** A form that stands there as `params` alone is written as what it was; files of one are left as their names. */
function withParams(post: Fields): Fields {
  const params = post.list("params") ?? [];
  if (post.text("text") !== undefined || params.length === 0) return post;
  const pairs = params
    .map(fieldsOf)
    .map((param) => [param.text("name") ?? "", param.text("value") ?? param.text("fileName") ?? ""]);
  const mimeType = post.text("mimeType") ?? "";
  return new Fields({
    ...post.raw,
    text: /^multipart\//i.test(mimeType)
      ? multipart(pairs, mimeType)
      : String(new URLSearchParams(pairs.map(([name = "", value = ""]): [string, string] => [name, value]))),
  });
}

function multipart(pairs: readonly string[][], mimeType: string): string {
  const boundary = /boundary="?([^";]+)"?/i.exec(mimeType)?.[1] ?? "boundary";
  const parts = pairs.map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join("")}--${boundary}--\r\n`;
}

/** A status of 0 (-1: Playwright) is how browsers say that there was no response. @param known there was one all the same */
function isResponse(fields: Fields, known: boolean): boolean {
  const isNamed = (fields.number("status") ?? 0) > 0 || readHeaders(fields).length > 0;
  return fields.flag("_missing") !== true && (isNamed || known);
}

function readResponse(fields: Fields, started: Timestamp | undefined): ResponseMessage {
  const status = fields.number("status") ?? 0;
  const reason = fields.text("statusText");
  const content = fields.object("content");
  const headers = withType(readHeaders(fields), content.text("mimeType"));
  const bodySize = fields.number("bodySize");
  return {
    ...(status > 0 && { status }),
    ...(reason && { reason }),
    headers,
    trailers: readHeaders(new Fields({ headers: fields.raw["_trailers"] })),
    body: readBody(content, "encoding", bodySize !== undefined && bodySize >= 0 ? bodySize : content.number("size")),
    headBytes: Math.max(0, fields.number("headersSize") ?? 0),
    ...(started && { started }),
  };
}

/** HAR's text is what is left when codings are undone; where the wire's size is another one, that is said. */
function readBody(fields: Fields, encodingField: string, wireSize: number | undefined): Body {
  const text = fields.text("text");
  const encoded = fields.text(encodingField) === "base64" || fields.text("encoding") === "base64";
  const bytes = (encoded ? decodeBase64(text ?? "") : decodeContentText({ text })) ?? new Uint8Array(0);
  const size = wireSize !== undefined && wireSize >= 0 ? wireSize : bytes.length;
  const marked = fields.flag("_truncated") === true;
  const decodedFrom =
    fields.text("_decodedFrom") ?? (bytes.length > 0 && size !== bytes.length && !marked ? "unknown" : undefined);
  const contentSize = fields.number("size") ?? size;
  const absent = bytes.length === 0 && Math.max(size, contentSize) > 0;
  return {
    bytes,
    size,
    truncated: marked || absent,
    complete: !marked,
    ...(decodedFrom !== undefined && { decodedFrom }),
  };
}

function readHeaders(fields: Fields): Header[] {
  const known = (fields.list("headers") ?? []).map(fieldsOf);
  const unknown = (fields.list("_unknownHeaders") ?? []).map(fieldsOf);
  return [...known, ...unknown].map((header) => ({
    name: header.text("name"),
    value: octets(header),
    ...(header.flag("_sensitive") === true && { sensitive: true }),
  }));
}

function readProtocol(entry: Fields, request: Fields, response: Fields): string {
  const own = entry.text("_protocol");
  if (own !== undefined) return own;
  const version = (response.text("httpVersion") || request.text("httpVersion") || "").toLowerCase();
  if (/^(?:h2|http\/2)/.test(version)) return "h2";
  if (/^(?:h3|http\/3)/.test(version)) return "h3";
  return /^http\/1\.[01]$/.test(version) ? version : "http/1.1";
}

function readConnection(
  entry: Fields,
  url: Url,
  remote: Endpoint | undefined,
  local: Endpoint | undefined,
  id: number,
): Connection {
  const number = entry.bigint("connection");
  const tls = entry.optional("_tls");
  return {
    id: number ?? BigInt(id),
    transport: "tcp",
    role: "server",
    local,
    remote,
    ...((tls !== undefined || url.scheme === "https") && {
      tls: { ...tls?.copyTexts("version", "sni"), decrypted: true },
    }),
  };
}

function serverEndpoint(entry: Fields, url: Url): Endpoint | undefined {
  const address = entry.text("serverIPAddress")?.replace(/^\[(.*)\]$/, "$1");
  if (!address) return undefined;
  const port = /:(\d+)$/.exec(url.authority)?.[1];
  return { kind: "ip", address, port: port === undefined ? (url.scheme === "https" ? 443 : 80) : Number(port) };
}

function readEndpoint(fields: Fields | undefined): Endpoint | undefined {
  const address = fields?.text("address");
  if (address !== undefined) return { kind: "ip", address, port: fields?.number("port") ?? 0 };
  const path = fields?.text("path");
  return path === undefined ? undefined : { kind: "pipe", path };
}

interface Url {
  readonly scheme: string;
  readonly authority: string;
  readonly target: string;
}

function splitUrl(url: string): Url {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/i.exec(url);
  if (match === null) return { scheme: "http", authority: "", target: url === "" ? "/" : url };
  const scheme = match[1]!.toLowerCase().replace(/^ws/, "http");
  const rest = match[3]!;
  return { scheme, authority: match[2]!, target: rest.startsWith("/") ? rest : `/${rest}` };
}

/** HAR is text, and fields are octets: UTF-8, where it does not say that they are no text. */
function octets(header: Fields): string | undefined {
  const value = header.text("value");
  return value === undefined || header.flag("_octets") === true ? value : textToOctets(value);
}
