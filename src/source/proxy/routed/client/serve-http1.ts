import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpSettings } from "../../config/http/http-settings.ts";
import type { ChannelDuplex } from "../channel-duplex.ts";
import { CONNECT } from "../find-route.ts";
import type { TakeTunnel } from "../forward-request.ts";
import { type HeaderList, headerValue } from "../headers/header-list.ts";
import { joinTunnel } from "../join-tunnel.ts";
import type { LocalAnswer } from "../local-answer.ts";
import { answerUnread } from "./answer-unread.ts";
import type { DownstreamStream } from "./downstream.ts";
import { flushHead } from "./flush-head.ts";
import type { HttpSession } from "./http-session.ts";
import { BAD_REQUEST, HEADERS_TOO_LARGE, NOT_IMPLEMENTED, readRequest, UPGRADE_REQUIRED } from "./read-request.ts";
import { type ServedStream, serveStream } from "./serve-stream.ts";

/** A client's connection of HTTP/1, on which one request follows another. */
export interface Http1Client {
  readonly session: HttpSession;
  /** The newest of its requests; undefined where none was served. */
  newest?: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly served: ServedStream };
  /** Whatever comes now is not read: a request before it was the last. */
  isClosing: boolean;
}

/** Finds the client that a request came from. */
export type FindClient = (stream: ChannelDuplex) => Http1Client;

/** Makes a server that never listens: it is handed connections. */
export function createHttp1Server(settings: HttpSettings, find: FindClient): Server {
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
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => !isOfHttp2(headers.upgrade),
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
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const client = of(request);
    if (client.isClosing) return;
    (socket as ChannelDuplex).keepBytes();
    if (head.length > 0) socket.unshift(Buffer.from(head));
    // Node looks after it no longer.
    socket.on("drain", () => client.newest?.response.emit("drain"));
    afterAnswers(client, () => serveUpgrade(client, request, socket));
  };
  server.on("upgrade", upgrade);
  server.on("connect", upgrade);
  server.on("clientError", (error: ParserError, socket: Duplex) => {
    if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    // It stands behind a request that said that it is the last.
    else if (error.code !== "HPE_CLOSED_CONNECTION") refuse(find(socket as ChannelDuplex), socket, judge(error));
  });
  return server;
}

function judge({ code, reason }: ParserError): LocalAnswer {
  if (code === "HPE_HEADER_OVERFLOW") return HEADERS_TOO_LARGE;
  if (code === "HPE_INVALID_TRANSFER_ENCODING" && reason !== LENGTH_TOO) return NOT_IMPLEMENTED;
  // Another reason is that something stands behind it.
  return code === "HPE_INVALID_VERSION" && reason === "Invalid HTTP version" ? UPGRADE_REQUIRED : BAD_REQUEST;
}

/** An error of Node's parser. */
type ParserError = NodeJS.ErrnoException & { readonly reason?: string };
const LENGTH_TOO = "Transfer-Encoding can't be present with Content-Length";

/** Answers what cannot be read, once what came before it is answered, and reads no further. */
function refuse(client: Http1Client, socket: Duplex, answer: LocalAnswer): void {
  if (client.isClosing) return;
  client.isClosing = true;
  const { newest } = client;
  // The body of a request whose route is known.
  if (newest !== undefined && !newest.request.complete) newest.served.refuse({ status: 400, text: "Bad Request" });
  else afterAnswers(client, () => answerUnread(socket, client.session, answer));
}

/** Answers stand in the order of the requests. */
function afterAnswers({ newest }: Http1Client, then: () => void): void {
  if (newest === undefined || newest.response.writableFinished) then();
  else newest.response.once("finish", then);
}

function dropHeader(request: IncomingMessage, name: string): void {
  const { rawHeaders } = request;
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2)
    if (rawHeaders[at]!.toLowerCase() === name) rawHeaders.splice(at, 2);
}

function serve(client: Http1Client, request: IncomingMessage, response: ServerResponse): void {
  if (client.isClosing) return;
  const { session } = client;
  const read = readRequest(session, request);
  if ("status" in read) {
    refuse(client, request.socket, read);
    return;
  }
  let isDone = false;
  session.begin();
  let isLast = session.isLastRequest() || (isOfHttp2(request.headers.upgrade) && !endsAlone(request));
  client.isClosing = isLast;
  const stream: DownstreamStream = {
    ...read,
    sink: response,
    isOpen: () => !isDone && !response.destroyed,
    respond: (status, headers, isBodiless) => {
      // The rest of a request that was answered early is not waited for.
      const closes = isLast || !response.shouldKeepAlive || !(request.complete || read.isBodiless);
      writeHead(response, status, headers, isBodiless, closes, read.version === "HTTP/1.0");
    },
    inform: (status, headers) => writeInformation(response, status, headers),
    finish: (trailers) => {
      if (trailers.length > 0 && session.settings.allowsTrailers) response.addTrailers(trailers);
      response.end();
    },
    distrust: () => {
      isLast = client.isClosing = true;
    },
    reset: () => request.socket.destroy(),
  };
  const served = serveStream(stream, session.router, session.tapped.connection, undefined, undefined);
  client.newest = { request, response, served };
  response.on("close", () => {
    if (isDone) return;
    isDone = true;
    if (!response.writableFinished) served.abandon();
    session.finished();
  });
}

function isOfHttp2(upgrade: string | undefined): boolean {
  return upgrade?.toLowerCase() === "h2c";
}

/**
 * Whether nothing was received together with a request's head that stands behind it and its body: behind an upgrade that is passed over
 * Node's parser reads no more of what it was given.
 */
function endsAlone({ socket, headers }: IncomingMessage): boolean {
  const { lent } = socket as unknown as ChannelDuplex;
  if (lent === undefined || headers["transfer-encoding"] !== undefined) return false;
  const head = Buffer.from(lent.buffer, lent.byteOffset, lent.length).indexOf("\r\n\r\n");
  return head >= 0 && lent.length <= head + 4 + Number(headers["content-length"] ?? 0);
}

/** @param socket gives what stands behind the request */
function serveUpgrade(client: Http1Client, request: IncomingMessage, socket: Duplex): void {
  const { session } = client;
  const read = readRequest(session, request);
  if ("status" in read) {
    answerUnread(socket, session, read);
    return;
  }
  session.begin();
  let isOpen = true;
  const write = (status: number, headers: HeaderList) =>
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Answered"}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
      "latin1",
    );
  const stream: DownstreamStream = {
    ...read,
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
  const served = serveStream(stream, session.router, session.tapped.connection, take, asksFor);
  socket
    .on("error", () => {})
    .on("close", () => {
      isOpen = false;
      served.abandon();
      session.finished();
    });
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
