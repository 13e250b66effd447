import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Http2Server } from "node:http2";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import type { IpEndpoint } from "../../model/index.ts";
import { LISTEN_BACKLOG } from "../listen-backlog.ts";
import { createGrpcService } from "./demo-grpc.ts";
import { answerDns, answerRedis } from "./demo-lines.ts";
import { acceptWebSocket } from "./demo-websocket.ts";

/** The size of `/large`: more than the tap of `tapline up` keeps, so that a truncated trace can be seen. */
const LARGE_BYTES = 256 * 1024;
/** `/slow` takes so long, in milliseconds. */
const SLOW_MILLIS = 700;
/** Every hundredth `/cart` is answered with 503. */
const ONE_IN = 100;
const EVENT_MILLIS = 120;

/**
 * A small service on loopback, for the first look at Tapline: HTTP/1.1, Server-Sent Events, WebSocket, gRPC, Redis and DNS over TCP,
 * told apart by the first bytes of a connection.
 */
export class DemoService {
  readonly #http: Server = createHttpServer((request, response) => this.#answer(request, response));
  readonly #grpc: Http2Server = createGrpcService();
  readonly #server: NetServer;
  readonly #sockets = new Set<Socket>();
  #carts = 0;

  constructor() {
    this.#http.on("upgrade", acceptWebSocket);
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket)).on("error", () => {});
      socket.once("data", (first: Buffer) => {
        socket.pause();
        socket.unshift(first);
        this.#take(socket, first);
      });
    });
  }

  async start(): Promise<IpEndpoint> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(0, "127.0.0.1", LISTEN_BACKLOG, resolve);
    });
    const { address, port } = this.#server.address() as { address: string; port: number };
    return { kind: "ip", address, port };
  }

  stop(): void {
    this.#server.close();
    this.#http.close();
    this.#grpc.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #take(socket: Socket, first: Buffer): void {
    if (first.subarray(0, 3).equals(PREFACE)) {
      // It reads what was put back by itself.
      this.#grpc.emit("connection", socket);
      return;
    }
    if (first[0] === ASTERISK) answerRedis(socket);
    else if (first[0] === 0) answerDns(socket);
    else this.#http.emit("connection", socket);
    socket.resume();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.replace(/\?.*/, "");
    switch (`${request.method} ${path}`) {
      case "GET /json":
        sendJson(response, 200, { service: "demo", time: new Date().toISOString(), items: [1, 2, 3] });
        break;
      case "GET /cart":
        if (++this.#carts % ONE_IN === 0) sendJson(response, 503, { error: "too busy" });
        else sendJson(response, 200, { cart: ["apples", "a tap"], total: 17 });
        break;
      case "GET /slow":
        setTimeout(() => sendJson(response, 200, { took: SLOW_MILLIS }), SLOW_MILLIS);
        break;
      case "GET /reset":
        request.socket.resetAndDestroy();
        break;
      case "GET /events":
        void sendEvents(response);
        break;
      case "GET /error":
        sendJson(response, 500, { error: "this one always fails" });
        break;
      case "GET /large":
        response.setHeader("content-type", "text/plain");
        response.end("All work and no play makes a long body.\n".repeat(LARGE_BYTES / 40));
        break;
      case "POST /echo":
        response.setHeader("content-type", request.headers["content-type"] ?? "application/octet-stream");
        request.pipe(response);
        break;
      default:
        sendJson(response, 404, { error: "not found", try: ["/json", "/cart", "/slow", "/events", "POST /echo"] });
    }
  }
}

const PREFACE = Buffer.from("PRI");
const ASTERISK = 0x2a;

async function sendEvents(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let number = 1; number <= 4; number++) {
    response.write(`id: ${number}\nevent: stock\ndata: {"apples":${10 - number}}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, EVENT_MILLIS));
  }
  response.end();
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(value)}\n`);
}
