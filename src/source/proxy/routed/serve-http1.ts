import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { timerMillis } from "../../../model/index.ts";
import type { HttpSettings } from "../config/http/http-settings.ts";
import type { ChannelDuplex } from "./channel-duplex.ts";
import type { DownstreamStream } from "./downstream.ts";
import { CONNECT } from "./find-route.ts";
import { flushHead } from "./flush-head.ts";
import type { TakeTunnel } from "./forward-request.ts";
import { type HeaderList, headerValue, listHeaders } from "./header-list.ts";
import type { HttpSession } from "./http-session.ts";
import { joinTunnel } from "./join-tunnel.ts";
import { serveStream } from "./serve-stream.ts";

/** Finds the connection that a request came on. */
export type FindConnection = (stream: ChannelDuplex) => HttpSession;

/** Makes a server that never listens: it is handed connections. */
export function createHttp1Server(settings: HttpSettings, find: FindConnection): Server {
  const of = (message: IncomingMessage) => find(message.socket as unknown as ChannelDuplex);
  const options = {
    maxHeaderSize: settings.maxHeaderBytes,
    requireHostHeader: false,
    keepAliveTimeout: 0,
    requestTimeout: 0,
    // Node looks after it in servers that listen.
    headersTimeout: 0,
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
    // Whoever offers HTTP/2 so takes HTTP/1 as well: it is not upgraded to.
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() !== "h2c",
  };
  const server = createServer(options, (request, response) => serve(of(request), request, response));
  server.timeout = 0;
  server.maxHeadersCount = 0;
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (!settings.forwardsContinue) {
      response.writeContinue();
      dropHeader(request, "expect");
    }
    serve(of(request), request, response);
  });
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) =>
    serve(of(request), request, response),
  );
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    serveUpgrade(of(request), request, socket, head),
  );
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    serveUpgrade(of(request), request, socket, head),
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else if (error.code === "HPE_HEADER_OVERFLOW") writeRaw(socket, "431 Request Header Fields Too Large", settings);
    else writeRaw(socket, "400 Bad Request", settings);
  });
  return server;
}

/**
 * Ends a connection whose request head is not whole `request_headers_timeout` after its first byte. What was pipelined behind a whole
 * request counts from the next bytes on.
 *
 * @returns called when a head is whole
 */
export function limitHeaders(stream: ChannelDuplex, settings: HttpSettings, isIdle: () => boolean): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  // Before Node's parser.
  stream.prependListener("data", () => {
    if (timer === undefined && isIdle())
      timer = setTimeout(
        () => writeRaw(stream, "408 Request Timeout", settings, "request header timeout"),
        timerMillis(settings.requestHeadersMillis),
      );
  });
  stream.on("close", stop);
  return stop;
}

/** Where Node has no response to write with. */
function writeRaw(socket: Duplex, status: string, { serverName, via }: HttpSettings, text = status.slice(4)): void {
  socket.resume();
  const lines = [
    `HTTP/1.1 ${status}`,
    `content-length: ${text.length}`,
    ...(text === "" ? [] : ["content-type: text/plain"]),
    `date: ${new Date().toUTCString()}`,
    `server: ${serverName}`,
    ...(via === "" ? [] : [`via: ${via}`]),
    "connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${text}`, "latin1");
}

function dropHeader(request: IncomingMessage, name: string): void {
  const { rawHeaders } = request;
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2)
    if (rawHeaders[at]!.toLowerCase() === name) rawHeaders.splice(at, 2);
}

function serve(connection: HttpSession, request: IncomingMessage, response: ServerResponse): void {
  const described = describe(connection, request);
  if (described === undefined) {
    response.shouldKeepAlive = false;
    response.writeHead(400, { "content-length": 0, server: "tapline" }).end();
    return;
  }
  let isDone = false;
  connection.begin();
  let isLast = connection.isLastRequest();
  const stream: DownstreamStream = {
    ...described,
    sink: response,
    isOpen: () => !isDone && !response.destroyed,
    respond: (status, headers, isBodiless) => {
      // The rest of a request that was answered early is not waited for.
      const closes = isLast || !response.shouldKeepAlive || !(request.complete || described.isBodiless);
      writeHead(response, status, headers, isBodiless, closes, request.httpVersion === "1.0");
    },
    inform: (status, headers) => writeInformation(response, status, headers),
    finish: (trailers) => {
      if (trailers.length > 0 && connection.settings.allowsTrailers) response.addTrailers(trailers);
      response.end();
    },
    distrust: () => {
      isLast = true;
    },
    reset: () => request.socket.destroy(),
  };
  const served = serveStream(stream, connection.router, connection.tapped.connection, undefined, undefined);
  response.on("close", () => {
    if (isDone) return;
    isDone = true;
    if (!response.writableFinished) served.abandon();
    connection.finished();
  });
}

function serveUpgrade(connection: HttpSession, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  if (request.method === CONNECT && request.headers["transfer-encoding"] !== undefined) {
    writeRaw(socket, "501 Not Implemented", connection.settings);
    return;
  }
  const described = describe(connection, request);
  if (described === undefined) {
    writeRaw(socket, "400 Bad Request", connection.settings);
    return;
  }
  connection.begin();
  (socket as ChannelDuplex).keepBytes();
  if (head.length > 0) socket.unshift(Buffer.from(head));
  let isOpen = true;
  const write = (status: number, headers: HeaderList) =>
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Answered"}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
      "latin1",
    );
  const stream: DownstreamStream = {
    ...described,
    isBodiless: true,
    sink: socket,
    isOpen: () => isOpen && socket.writable,
    // Answered in place of an upgrade: the connection is of no use then.
    respond: (status, headers, isBodiless) => {
      if (isBodiless && headerValue(headers, "content-length") === undefined) headers.push(["content-length", "0"]);
      write(status, [...headers, ["connection", "close"]]);
    },
    inform: () => {},
    finish: () => socket.end(),
    distrust: () => {},
    reset: () => socket.destroy(),
  };
  const take: TakeTunnel = (status, headers, upstream, first, moved) => {
    write(status, headers);
    joinTunnel(socket, upstream, first, moved);
  };
  const asksFor = request.headers.upgrade ?? (request.method === CONNECT ? "connect" : undefined);
  const served = serveStream(stream, connection.router, connection.tapped.connection, take, asksFor);
  socket
    .on("error", () => {})
    .on("close", () => {
      isOpen = false;
      served.abandon();
      connection.finished();
    });
}

type Described = Omit<DownstreamStream, "sink" | "isOpen" | "respond" | "inform" | "finish" | "distrust" | "reset">;

/** Undefined for a request that parsers could disagree on (RFC 9112 §6.3, §3.2). */
function describe(connection: HttpSession, request: IncomingMessage): Described | undefined {
  const headers: HeaderList = [];
  const [hosts, lengths, codings]: [string[], string[], string[]] = [[], [], []];
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    const value = rawHeaders[at + 1]!;
    // A folded line, or a bare CR: some take it for another header.
    if (/[\r\n\0]/.test(value)) return undefined;
    if (name === "content-length") lengths.push(value);
    else if (name === "transfer-encoding") codings.push(value);
    if (name === "host") hosts.push(value);
    else headers.push([name, value]);
  }
  const isChunked = codings.length === 1 && codings[0]!.trim().toLowerCase() === "chunked";
  if (hosts.length > 1 || lengths.length > 1 || (codings.length > 0 && (!isChunked || lengths.length > 0)))
    return undefined;
  if (codings.length > 0 && request.httpVersion === "1.0") return undefined;
  if (lengths.length === 1 && !/^\d+$/.test(lengths[0]!)) return undefined;
  const isTunnel = request.method === CONNECT;
  // The bytes behind it are the tunnel's.
  if (isTunnel && lengths.length === 1 && Number(lengths[0]) !== 0) return undefined;
  const target = isTunnel ? readTunnelTarget(request.url ?? "") : readTarget(request.url ?? "");
  if (target === undefined) return undefined;
  const isSecure = connection.tapped.connection.tls !== undefined;
  return {
    version: request.httpVersion === "1.0" ? "HTTP/1.0" : "HTTP/1.1",
    method: request.method ?? "GET",
    scheme: isSecure ? "https" : "http",
    // An absolute target says the host (RFC 9112 §3.2.2).
    authority: target.authority ?? hosts[0],
    path: target.path,
    headers,
    body: request,
    isBodiless: !isChunked && (lengths.length === 0 || lengths[0] === "0"),
    trailers: () => (connection.settings.allowsTrailers ? listHeaders(request.rawTrailers) : []),
  };
}

/** A host with its port (RFC 9110 §9.3.6). */
function readTunnelTarget(url: string): { path: string; authority: string } | undefined {
  return /^(?:[^\x00-\x20\x7f/?#@[\]:"\\]+|\[[0-9a-f:.]+\]):\d{1,5}$/i.test(url)
    ? { path: "", authority: url }
    : undefined;
}

function readTarget(url: string): { path: string; authority?: string } | undefined {
  if (/[\x00-\x20\x7f]/.test(url)) return undefined;
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  if (absolute === null) return { path: url };
  const rest = absolute[2]!;
  // An `http` URI without a host is none (RFC 9110 §4.2.1).
  if (absolute[1] === "") return undefined;
  return { authority: absolute[1]!, path: rest.startsWith("/") ? rest : `/${rest}` };
}

function writeHead(
  response: ServerResponse,
  status: number,
  headers: HeaderList,
  isBodiless: boolean,
  closes: boolean,
  isOld: boolean,
): void {
  response.sendDate = false;
  if (closes) {
    response.shouldKeepAlive = false;
    headers.push(["connection", "close"]);
  } else if (isOld) headers.push(["connection", "keep-alive"]);
  else response.removeHeader("connection");
  const hasLength = headerValue(headers, "content-length") !== undefined;
  const mayHaveLength = status >= 200 && status !== 204 && status !== 304;
  if (isBodiless && !hasLength && mayHaveLength && response.req.method !== "HEAD")
    headers.push(["content-length", "0"]);
  const mayHaveTrailers = !isBodiless && !hasLength && !isOld && mayHaveLength && response.req.method !== "HEAD";
  const raw: string[] = [];
  // Node throws where trailers are announced of a message that can have none.
  for (const [name, value] of headers) if (name !== "trailer" || mayHaveTrailers) raw.push(name, value);
  response.writeHead(status, raw);
  // A body's first bytes that are there already go with it, in one write.
  if (!isBodiless) queueMicrotask(() => flushHead(response));
}

function writeInformation(response: ServerResponse, status: number, headers: HeaderList): void {
  if (response.headersSent) return;
  if (status === 100) response.writeContinue();
  else {
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    response.socket?.write(`HTTP/1.1 ${status} ${INFORMATION[status] ?? "Information"}\r\n${lines}\r\n`, "latin1");
  }
}

const INFORMATION: Readonly<Record<number, string>> = { 102: "Processing", 103: "Early Hints" };
