import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { IpEndpoint } from "../../model/index.ts";

/** The size of `/large`: more than the tap of `tapline up` keeps, so that a truncated trace can be seen. */
const LARGE_BYTES = 256 * 1024;

/** A small HTTP/1.1 service on loopback, for the first look at Tapline. */
export class DemoService {
  readonly #server: Server = createServer(answer);

  async start(): Promise<IpEndpoint> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    const { address, port } = this.#server.address() as { address: string; port: number };
    return { kind: "ip", address, port };
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  switch (`${request.method} ${request.url}`) {
    case "GET /json":
      sendJson(response, 200, { service: "demo", time: new Date().toISOString(), items: [1, 2, 3] });
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
      sendJson(response, 404, { error: "not found", try: ["/json", "/error", "/large", "POST /echo"] });
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(value)}\n`);
}
