import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { formatEndpoint, type IpEndpoint, TaplineError } from "../../model/index.ts";
import { LISTEN_BACKLOG } from "../listen-backlog.ts";
import { type ListenerTls, secureOptions } from "../listener-tls.ts";
import { TraceIngest, type TraceIngestOptions } from "./trace-ingest.ts";

export interface TraceReceiverOptions extends TraceIngestOptions {
  readonly listen: IpEndpoint;
  /** HTTPS; with an authority, only for clients with a certificate that it signed. PEM. */
  readonly tls?: ListenerTls;
  /** Answers what is no report, where it is of its own; those without the token do not get there. */
  readonly also?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A listener that receives what trace exporters report, and nothing else. */
export class TraceReceiver {
  readonly #listen: IpEndpoint;
  readonly #server: Server;

  constructor({ listen, tls, also, ...options }: TraceReceiverOptions) {
    const ingest = new TraceIngest(options);
    this.#listen = listen;
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      if (ingest.handle(request, response)) return;
      if (also !== undefined && !ingest.admits(request, response)) return;
      if (also?.(request, response) !== true) sendNotFound(request, response);
    };
    const plain = { keepAliveTimeout: KEEP_ALIVE_MILLIS };
    this.#server =
      tls === undefined ? createServer(plain, answer) : createSecureServer({ ...plain, ...secureOptions(tls) }, answer);
    this.#server.on("clientError", (_error, socket) => socket.destroy());
  }

  /** Gives the address that it listens on. @throws TaplineError `connection` */
  async start(): Promise<IpEndpoint> {
    const { address, port } = this.#listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => {
        const message = `cannot listen on ${formatEndpoint(this.#listen)}: ${cause.message}`;
        reject(new TaplineError("connection", message, { cause }));
      });
      this.#server.listen(port, address, LISTEN_BACKLOG, resolve);
    });
    const bound = this.#server.address() as AddressInfo;
    return { kind: "ip", address: bound.address, port: bound.port };
  }

  /** Answers what is under way, for so long at most, then closes all connections. */
  async stop(millis = STOP_MILLIS): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), millis);
    await closed;
    clearTimeout(timer);
  }
}

function sendNotFound(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(404, { "content-type": "application/json" });
  response.end('{"message":"expected POST /publish, POST /api/telemetry or GET /api/hostsToTrace"}');
}

/** Longer than exporters keep idle connections, so that they close first, and none sends into one that closes. */
const KEEP_ALIVE_MILLIS = 65_000;
const STOP_MILLIS = 2000;
