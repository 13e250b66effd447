import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { leaveOutServer } from "./peer-bytes.ts";

/** A request that the backend got. */
export interface Posted {
  readonly method: string;
  readonly path: string;
  /** Names as they came, and values, in their order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

export interface TraceBackend {
  readonly port: number;
  readonly posted: readonly Posted[];
  readonly close: () => Promise<void>;
}

/** A backend of trace exporters that answers as it is told; 200 by default. Port 0 is any. */
export async function startTraceBackend(
  answer: (request: Posted, response: ServerResponse) => void = (_request, response) => void response.end(),
  port = 0,
): Promise<TraceBackend> {
  const posted: Posted[] = [];
  const server: Server = createServer((request, response) => void receive(request, response));
  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url = "", rawHeaders } = request;
    const headers = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1]!] as const] : []));
    const one = { method, path: url, headers, body: Buffer.concat(chunks) };
    posted.push(one);
    answer(one, response);
  }
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  leaveOutServer(server);
  return {
    port: bound,
    posted,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
