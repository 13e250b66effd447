import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { connect, createServer as createHttp2Server, type Http2Server } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";

/** A message as it is sent: the pieces of its body one after the other, each in a frame of its own. */
export interface SentMessage {
  readonly headers?: Record<string, string>;
  readonly body?: readonly string[];
  readonly trailers?: Record<string, string>;
}

/** Long enough for a piece to be read before the next is written. */
const BETWEEN_PIECES_MILLIS = 15;

/** A service that answers every request, once it has come to its end, with `reply`; Node's own HTTP/1 or HTTP/2. */
export class ReplyingService {
  reply: SentMessage = {};
  readonly #http: 1 | 2;
  readonly #server: Server | Http2Server;

  constructor(http: 1 | 2) {
    this.#http = http;
    this.#server =
      http === 1
        ? createServer({ keepAlive: false }, (message, response) => {
            message.resume().on("end", () => void this.#answer(response));
          })
        : createHttp2Server((message, response) => {
            message.resume().on("end", () => void this.#answer(response as never));
          });
  }

  async start(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as { port: number }).port;
  }

  stop(): void {
    this.#server.close();
    if ("closeAllConnections" in this.#server) this.#server.closeAllConnections();
  }

  async #answer(response: import("node:http").ServerResponse): Promise<void> {
    const { headers = {}, body = [], trailers } = this.reply;
    response.writeHead(200, {
      ...headers,
      ...(this.#http === 1 && trailers !== undefined && { trailer: Object.keys(trailers).join() }),
    });
    for (const [index, piece] of body.entries()) {
      if (index > 0) await delay(BETWEEN_PIECES_MILLIS);
      response.write(piece);
    }
    if (trailers !== undefined) response.addTrailers(trailers);
    response.end();
  }
}

/** Sends one POST (with a body or trailers) or GET on a connection of its own; gives the answer's body once it is over. */
export async function exchange(http: 1 | 2, port: number, message: SentMessage = {}): Promise<string> {
  return http === 1 ? exchangeHttp1(port, message) : exchangeHttp2(port, message);
}

async function exchangeHttp1(port: number, { headers = {}, body, trailers }: SentMessage): Promise<string> {
  const hasBody = body !== undefined || trailers !== undefined;
  const sent = request({
    host: "127.0.0.1",
    port,
    path: "/path",
    method: hasBody ? "POST" : "GET",
    agent: false,
    headers: {
      host: "service.example",
      ...headers,
      ...(trailers !== undefined && { trailer: Object.keys(trailers).join() }),
      ...(hasBody && { "transfer-encoding": "chunked" }),
    },
  });
  for (const [index, piece] of (body ?? []).entries()) {
    if (index > 0) await delay(BETWEEN_PIECES_MILLIS);
    sent.write(piece);
  }
  if (trailers !== undefined) sent.addTrailers(Object.entries(trailers));
  sent.end();
  const [response] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
  return readText(response);
}

async function exchangeHttp2(port: number, { headers = {}, body, trailers }: SentMessage): Promise<string> {
  const session = connect(`http://127.0.0.1:${port}`);
  const hasBody = body !== undefined || trailers !== undefined;
  const stream = session.request(
    { ":method": hasBody ? "POST" : "GET", ":path": "/path", ":authority": "service.example", ...headers },
    { endStream: !hasBody, waitForTrailers: trailers !== undefined },
  );
  if (trailers !== undefined) stream.once("wantTrailers", () => stream.sendTrailers(trailers));
  if (hasBody) {
    for (const [index, piece] of (body ?? []).entries()) {
      if (index > 0) await delay(BETWEEN_PIECES_MILLIS);
      stream.write(piece);
    }
    stream.end();
  }
  const text = await readText(stream);
  session.close();
  await once(session, "close");
  return text;
}

async function readText(readable: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of readable) text += chunk;
  return text;
}

/** Requests on one HTTP/2 connection, all at once. */
export async function sendOnOneConnection(port: number, numbers: readonly number[]): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  await Promise.all(
    numbers.map(async (number) => {
      const stream = session.request({ ":path": "/path", number: String(number) });
      stream.resume();
      await once(stream, "close");
    }),
  );
  session.close();
  await once(session, "close");
}
