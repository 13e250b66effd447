import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Endpoint, formatEndpoint, type Place, TaplineError } from "../../model/index.ts";
import { LISTEN_BACKLOG } from "../../source/listen-backlog.ts";
import { isLoopback } from "../../source/loopback.ts";
import { isAllowedHost } from "./allowed-host.ts";

/** One thing that the admin listener answers. `handle` ends the response, now or later. */
export interface AdminRoute {
  /** `/stats`, … */
  readonly path: string;
  readonly method: "GET" | "POST";
  /** One line for the list of endpoints at `/`. */
  readonly help: string;
  /** Whether it exists now; by default it always does. */
  available?(): boolean;
  /** When it rejects, the connection is closed. */
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

export interface AdminServerOptions {
  readonly address: Endpoint;
  readonly routes: readonly AdminRoute[];
  /** Asked of every request (`Authorization: Bearer …`) when the address can be reached from other machines. */
  readonly token: string;
  /** Where the address is configured, for messages. */
  readonly place?: Place;
}

/** Envoy's, with every answer of its admin listener. */
const HEADERS = {
  "content-type": "text/plain; charset=UTF-8",
  "cache-control": "no-cache, max-age=0",
  "x-content-type-options": "nosniff",
};

/**
 * The admin listener: plain HTTP/1.1, for whoever may administer the process.
 *
 * Any web page can make a browser send requests to loopback addresses, so the Host header must name an address of this
 * listener, and a request that says which page it comes from (Origin) is refused.
 */
export class AdminServer {
  readonly #server: Server;
  readonly #options: AdminServerOptions;
  #address: Endpoint;

  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.#address = options.address;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Where it listens: with the port that the system chose where that was 0. */
  get address(): Endpoint {
    return this.#address;
  }

  /** Whether requests must carry the token. */
  get needsToken(): boolean {
    const { address } = this.#options;
    return address.kind === "ip" && !isLoopback(address.address);
  }

  /** @throws TaplineError `configuration` when the address cannot be listened on */
  async listen(): Promise<void> {
    const { address, place } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => {
        const message = `the admin listener cannot listen on ${formatEndpoint(address)}: ${cause.message}`;
        reject(new TaplineError("configuration", message, { ...(place === undefined ? {} : { place }), cause }));
      });
      const where = address.kind === "pipe" ? { path: address.path } : { host: address.address, port: address.port };
      this.#server.listen({ ...where, backlog: LISTEN_BACKLOG }, resolve);
    });
    const bound = this.#server.address();
    if (bound !== null && typeof bound === "object")
      this.#address = { kind: "ip", address: bound.address, port: bound.port };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      sendText(response, ...refusal);
      return;
    }
    const { path } = splitTarget(request);
    const matching = this.#routes.filter((route) => route.path === path);
    const route = matching.find(({ method }) => method === request.method);
    if (route !== undefined) void handle(route, request, response);
    else if (matching.length > 0)
      sendText(response, 405, `Method ${request.method} not allowed, ${matching[0]!.method} required.`);
    else if (path === "/") sendText(response, 200, this.#listRoutes());
    else sendText(response, 404, `invalid path. admin commands are:\n${this.#listRoutes()}`);
  }

  #refusal({ headers }: IncomingMessage): [status: number, text: string] | undefined {
    if (headers.origin !== undefined) return [403, "requests from web pages are refused\n"];
    if (this.needsToken && !this.#hasToken(headers.authorization))
      return [401, "Authorization: Bearer TOKEN required\n"];
    if (!this.needsToken && this.#address.kind === "ip" && !isAllowedHost(headers.host))
      return [403, "the Host header names no loopback address\n"];
    return undefined;
  }

  #hasToken(authorization: string | undefined): boolean {
    const given = Buffer.from(authorization ?? "");
    const wanted = Buffer.from(`Bearer ${this.#options.token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  get #routes(): readonly AdminRoute[] {
    return this.#options.routes.filter((route) => route.available?.() ?? true);
  }

  #listRoutes(): string {
    return this.#routes.map(({ path, help }) => `  ${path}: ${help}\n`).join("");
  }
}

/** Indented as Envoy does it. */
export function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  sendText(response, 200, `${JSON.stringify(value, undefined, 1)}\n`);
}

async function handle(route: AdminRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await route.handle(request, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else sendText(response, 500, `this is a bug: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** The path and the parameters that a request asks for; its target may be anything. */
export function splitTarget({ url = "/" }: IncomingMessage): { path: string; query: URLSearchParams } {
  const at = url.indexOf("?");
  return at < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, at), query: new URLSearchParams(url.slice(at)) };
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.end(text);
}
