import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { constants, performServerHandshake, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import type { SocketClosed } from "../../../model/index.ts";
import type { RelaySide } from "../relay.ts";
import { ChannelStream, LINGER_MILLIS } from "./channel-stream.ts";
import type { LocalReply } from "./local-reply.ts";
import { tellHttp } from "./tell-http.ts";

/** The longest head that is answered, in bytes: Envoy's most (`max_request_headers_kb`). */
const MAX_HEAD_BYTES = 8 * 1024 * 1024;

/**
 * Answers a client's requests with `reply`, in the HTTP that it speaks, and closes: the first request of HTTP/1, the streams
 * that HTTP/2 has open.
 *
 * @param first what was read of the client already, of which nobody was told
 * @param idleMillis how long the client may take to ask; 0 is forever
 * @param onClosed called once
 */
export function replyLocally(
  client: RelaySide,
  reply: LocalReply,
  first: Uint8Array,
  idleMillis: number,
  onClosed: (how: SocketClosed["how"]) => void,
): void {
  const stream = new ChannelStream(client, reply, idleMillis, onClosed);
  const { handler } = stream;
  let seen = Buffer.alloc(0);
  const recognise = (bytes: Uint8Array) => {
    seen = Buffer.concat([seen, bytes]);
    const spoken = tellHttp(seen);
    if (spoken === undefined) return false;
    if (spoken === "h2") serveHttp2(stream);
    else http1Server().emit("connection", stream);
    return true;
  };
  const wait = {
    received(bytes: Uint8Array) {
      if (recognise(bytes)) client.channel.handleWith(handler);
      handler.received(bytes);
    },
    ended() {
      handler.ended();
      stream.end();
    },
  };
  client.channel.handleWith({ ...handler, ...wait });
  if (first.length > 0) wait.received(first);
  client.channel.resume();
}

let server: Server | undefined;

/** Never listens: it is handed connections. */
function http1Server(): Server {
  server ??= createServer({ maxHeaderSize: MAX_HEAD_BYTES, insecureHTTPParser: true, requireHostHeader: false })
    .on("request", answerHttp1)
    .on("checkContinue", answerHttp1)
    .on("checkExpectation", answerHttp1)
    .on("connect", (_request: IncomingMessage, socket: Duplex) => answerRaw(socket as unknown as ChannelStream))
    .on("clientError", (_error: Error, socket: Duplex) => socket.end());
  return server;
}

function answerHttp1(request: IncomingMessage, response: ServerResponse): void {
  const { reply } = request.socket as unknown as ChannelStream;
  const { status, headers, body } = describe(reply, request.headers["content-type"]);
  response.shouldKeepAlive = false;
  response.writeHead(status, headers).end(body);
}

/** `CONNECT` has no response object in Node. */
function answerRaw(stream: ChannelStream): void {
  const { status, text } = stream.reply;
  stream.resume();
  stream.end(
    `HTTP/1.1 ${status} Service Unavailable\r\ncontent-length: ${text.length}\r\ncontent-type: text/plain\r\nserver: tapline\r\nconnection: close\r\n\r\n${text}`,
  );
}

function serveHttp2(socket: ChannelStream): void {
  const session = performServerHandshake(socket);
  let leaving: NodeJS.Timeout | undefined;
  session.on("error", () => {}).on("close", () => clearTimeout(leaving));
  session.on("stream", (stream: ServerHttp2Stream, received) => {
    const { reply } = socket;
    stream.on("error", () => {});
    // Its reset came with it.
    if (stream.destroyed || stream.closed) return;
    stream.resume();
    if (reply.resetCode !== undefined) {
      stream.close(reply.resetCode);
      // Where the end of the connection comes with the code, curl takes the answer for a broken one.
      leaving ??= setTimeout(() => session.close(), LINGER_MILLIS);
      return;
    }
    stream.on("close", () => session.close());
    const { status, headers, body } = describe(
      reply,
      received[constants.HTTP2_HEADER_CONTENT_TYPE] as string | undefined,
    );
    stream.respond({ ...headers, ":status": status });
    stream.end(body);
  });
}

/** A client of gRPC gets its status, where others get HTTP's (Envoy does the same). */
function describe(
  { status, text }: LocalReply,
  contentType: string | undefined,
): { status: number; headers: Record<string, string | number>; body: string } {
  const server = "tapline";
  if (contentType?.startsWith("application/grpc"))
    return {
      status: 200,
      headers: { "content-type": "application/grpc", "grpc-status": GRPC_UNAVAILABLE, "grpc-message": text, server },
      body: "",
    };
  return { status, headers: { "content-length": text.length, "content-type": "text/plain", server }, body: text };
}

const GRPC_UNAVAILABLE = 14;
