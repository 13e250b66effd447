import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export type BackendMode = "ok" | "accepted" | "error" | "unknown" | "slow" | "closing";

/** A backend of trace exporters for tests: keeps what it is sent, and answers as it is told. */
export class TraceBackend {
  mode: BackendMode = "ok";
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly received: { readonly path: string; readonly headers: IncomingMessage["headers"]; readonly text: string }[] =
    [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<TraceBackend> {
    const server = createServer();
    const backend = new TraceBackend(server);
    server.on("request", (request, response) => backend.#take(request, response));
    server.on("connection", (socket) => {
      backend.#sockets.add(socket);
      socket.on("close", () => backend.#sockets.delete(socket));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Documents by the id of their request. */
  // biome-ignore lint/suspicious/noExplicitAny: documents, whose fields the tests name
  get documents(): ReadonlyMap<string, any[]> {
    // biome-ignore lint/suspicious/noExplicitAny: the same
    const byId = new Map<string, any[]>();
    for (const { text } of this.received) {
      const document = JSON.parse(text);
      const id = document.request_id ?? document.requestID;
      byId.set(id, [...(byId.get(id) ?? []), document]);
    }
    return byId;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => {});
    if (this.mode === "closing") {
      request.once("data", () => request.socket.destroy());
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    this.received.push({
      path: request.url!,
      headers: request.headers,
      text: Buffer.concat(parts).toString(),
    });
    if (this.mode === "slow") return;
    response.writeHead(STATUS[this.mode as keyof typeof STATUS]).end();
  }
}

const STATUS = { ok: 200, accepted: 202, error: 500, unknown: 404 };
