import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { ChannelDuplex } from "../channel-duplex.ts";
import { CONNECT } from "../find-route.ts";
import type { TakeTunnel } from "../forward-request.ts";
import { type HeaderList, listHeaders, removeHeaders, toHeaderObject } from "../headers/header-list.ts";
import { joinTunnel } from "../join-tunnel.ts";
import type { DownstreamStream } from "./downstream.ts";
import type { HttpSession } from "./http-session.ts";
import { serveStream } from "./serve-stream.ts";

/** As many as Envoy takes where the configuration does not say. */
const DEFAULT_STREAMS = 1024;

/** Serves a client of HTTP/2. */
export function serveHttp2(connection: HttpSession, socket: ChannelDuplex): ServerHttp2Session {
  const { maxConcurrentStreams = DEFAULT_STREAMS, maxHeaderBytes } = connection.settings;
  const session = performServerHandshake(socket, {
    settings: {
      maxConcurrentStreams,
      maxHeaderListSize: maxHeaderBytes,
      initialWindowSize: WINDOW,
      enableConnectProtocol: connection.settings.allowsConnect,
    },
    // A header that is there twice is sent twice, as over HTTP/1.
    strictSingleValueFields: false,
    // One with spaces around its value is sent on, not left out.
    strictFieldWhitespaceValidation: false,
    maxHeaderListPairs: connection.settings.maxHeaders + PSEUDO,
  } as never);
  session.on("error", () => {});
  session.on("stream", (stream, _headers, flags, raw) => serve(connection, stream, flags, raw as unknown as string[]));
  return session;
}

const WINDOW = 256 * 1024;
const PSEUDO = 8;

function serve(connection: HttpSession, stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
  stream.on("error", () => {});
  if (stream.destroyed || stream.closed) return;
  const all = listHeaders(raw);
  const { maxHeaders, maxHeaderBytes, underscores } = connection.settings;
  const size = all.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  const isRejected = underscores === "REJECT_REQUEST" && all.some(([name]) => name.includes("_"));
  if (all.length > maxHeaders || size > maxHeaderBytes || isRejected) {
    stream.close(isRejected ? constants.NGHTTP2_PROTOCOL_ERROR : constants.NGHTTP2_INTERNAL_ERROR);
    return;
  }
  const pseudo = (name: string) => all.find(([key]) => key === name)?.[1];
  const hosts = all.filter(([name]) => name === "host").map(([, value]) => value);
  const headers: HeaderList = all.filter(([name]) => !name.startsWith(":") && name !== "host");
  const authority = pseudo(":authority") ?? hosts[0];
  joinCookies(headers);
  if (hosts.length > 1 || (hosts.length === 1 && hosts[0] !== authority)) {
    stream.respond({ ":status": 400 }, { endStream: true });
    return;
  }
  let trailers: HeaderList = [];
  let sent: HeaderList = [];
  let isDone = false;
  stream.on("trailers", (_headers, _flags, rawTrailers?: string[]) => {
    trailers = listHeaders(rawTrailers ?? []);
  });
  stream.on("wantTrailers", () => stream.sendTrailers(toHeaderObject(sent)));
  connection.begin();
  const protocol = pseudo(":protocol");
  const isTunnel = pseudo(":method") === CONNECT;
  const isBodiless = isTunnel || (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  const expectsContinue = headers.some(([name, value]) => name === "expect" && value.toLowerCase() === "100-continue");
  if (expectsContinue && !connection.settings.forwardsContinue) {
    stream.additionalHeaders({ ":status": 100 });
    removeHeaders(headers, "expect");
  }
  const described: DownstreamStream = {
    version: "HTTP/2",
    // As in HTTP/1, where a websocket is asked for by GET.
    method: protocol === undefined ? (pseudo(":method") ?? "GET") : "GET",
    scheme: pseudo(":scheme"),
    authority,
    path: pseudo(":path") ?? "",
    headers,
    body: stream,
    isBodiless,
    trailers: () => trailers,
    sink: stream,
    isOpen: () => !isDone && !stream.destroyed && !stream.closed,
    respond: (status, list, isLast) => {
      if (stream.destroyed || stream.closed) return;
      const object = { ":status": status, ...toHeaderObject(list) };
      stream.respond(object, { endStream: isLast, waitForTrailers: !isLast, sendDate: false } as never);
    },
    inform: (status, list) => {
      if (!stream.headersSent && !stream.destroyed)
        stream.additionalHeaders({ ":status": status, ...toHeaderObject(list) });
    },
    finish: (list) => {
      sent = list;
      if (!stream.writableEnded) stream.end();
      if (isTunnel) stream.resume();
    },
    distrust: () => {},
    reset: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
  };
  const take: TakeTunnel = (status, list, endpoint, first, moved) => {
    if (stream.destroyed || stream.closed) {
      endpoint.destroy();
      return;
    }
    removeHeaders(list, "connection", "upgrade");
    const answer = { ":status": status === 101 ? 200 : status, ...toHeaderObject(list) };
    stream.respond(answer, { sendDate: false } as never);
    joinTunnel(stream, endpoint, first, moved);
  };
  const asksFor = protocol ?? (isTunnel ? "connect" : undefined);
  const served = serveStream(described, connection.router, connection.tapped.connection, take, asksFor);
  stream.on("close", () => {
    isDone = true;
    served.abandon();
    connection.finished();
  });
  if (isBodiless && !isTunnel) stream.resume();
  if (connection.isLastRequest()) connection.drain();
}

/** Pieces of a cookie are one header again (RFC 9113 §8.2.3). */
function joinCookies(headers: HeaderList): void {
  const pieces = headers.filter(([name]) => name === "cookie").map(([, value]) => value);
  if (pieces.length < 2) return;
  const at = headers.findIndex(([name]) => name === "cookie");
  removeHeaders(headers, "cookie");
  headers.splice(at, 0, ["cookie", pieces.join("; ")]);
}
