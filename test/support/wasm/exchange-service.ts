import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { constants, createServer as createHttp2Server, type Http2ServerResponse } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * A service whose answers its requests ask for, in HTTP/1 and HTTP/2: `x-size` bytes of body in parts of `x-part`, with `x-trailers` or
 * not, of status `x-status`; `x-reset: head` or `body` breaks off before or in the middle of it; `x-early` does not wait for the request's end; `x-together: N` waits until N such
 * requests have come.
 */
export class ExchangeService {
  readonly #servers: readonly Server[];
  readonly #sockets = new Set<Socket>();

  private constructor(servers: readonly Server[]) {
    this.#servers = servers;
    for (const server of servers)
      server.on("connection", (socket: Socket) => {
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
        socket.on("error", () => {});
      });
  }

  static async start(): Promise<ExchangeService> {
    const service = new ExchangeService([
      createServer(serve).on("upgrade", echo),
      createHttp2Server(serve as never) as unknown as Server,
    ]);
    for (const server of service.#servers) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    return service;
  }

  get ports(): { readonly http1: number; readonly http2: number } {
    const [http1, http2] = this.#servers.map((server) => (server.address() as AddressInfo).port);
    return { http1: http1!, http2: http2! };
  }

  stop(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Takes a WebSocket for a tunnel, and sends everything back. */
function echo(_request: IncomingMessage, socket: Duplex): void {
  socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  socket.on("error", () => {});
  socket.pipe(socket);
}

/** The body of an answer of so many bytes. */
export function bodyOf(size: number): Buffer {
  const body = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at++) body[at] = (at * 31 + (at >> 8)) & 255;
  return body;
}

/** HTTP/2's messages are taken for HTTP/1's, which they stand in for. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { headers } = request;
  const reset = headers["x-reset"];
  request.on("error", () => {});
  response.on("error", () => {});
  if (headers["x-early"] === undefined) {
    request.resume();
    await once(request, "end").catch(() => {});
  }
  const breakOff = (): void => {
    const { stream } = response as unknown as Http2ServerResponse;
    if (stream !== undefined) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else request.socket.destroy();
  };
  if (reset === "head") return breakOff();
  await comeTogether(Number(headers["x-together"] ?? 0));
  const size = Number(headers["x-size"] ?? 0);
  const part = Number(headers["x-part"] ?? 16_384);
  const hasTrailers = headers["x-trailers"] !== undefined;
  const body = bodyOf(size);
  response.writeHead(Number(headers["x-status"] ?? 200), {
    "content-type": "application/octet-stream",
    ...(hasTrailers ? { trailer: "x-sum" } : {}),
  });
  for (let at = 0; at < size; at += part) {
    if (response.destroyed) return;
    if (!response.write(body.subarray(at, at + part))) await drained(response);
    if (reset === "body" && at >= size / 2) return breakOff();
  }
  if (hasTrailers) response.addTrailers({ "x-sum": String(size) });
  response.end();
}

/** Waits until there is room again, or nobody reads any more. */
async function drained(response: ServerResponse): Promise<void> {
  const over = new AbortController();
  const options = { signal: over.signal };
  await Promise.race([once(response, "drain", options), once(response, "close", options)]).catch(() => {});
  over.abort();
}

const waiting: (() => void)[] = [];

async function comeTogether(count: number): Promise<void> {
  if (count === 0) return;
  const together = new Promise<void>((resolve) => waiting.push(resolve));
  if (waiting.length >= count) for (const resolve of waiting.splice(0)) resolve();
  await together;
}
