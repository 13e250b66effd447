import { type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import { after } from "node:test";
import type { Endpoint } from "../../src/model/index.ts";
import { type AdminRoute, AdminServer } from "../../src/sink/admin/admin-server.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends one request to an admin listener and reads the whole answer. */
export function askAdmin(
  target: Pick<RequestOptions, "port" | "socketPath">,
  method: string,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { headers, body } = options;
    const sent = request({ host: "127.0.0.1", ...target, method, path, agent: false, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      response.on("error", reject);
    });
    sent.on("error", reject).end(body);
  });
}

export interface StartedAdmin {
  readonly server: AdminServer;
  readonly target: { readonly port: number } | { readonly socketPath: string };
  ask(method: string, path: string, options?: Parameters<typeof askAdmin>[3]): Promise<Answer>;
}

/** Runs an admin listener until the tests of the file are over; on a free port of 127.0.0.1 unless told otherwise. */
export async function startAdminServer(
  routes: readonly AdminRoute[],
  address: Endpoint = { kind: "ip", address: "127.0.0.1", port: 0 },
): Promise<StartedAdmin> {
  const server = new AdminServer({ address, routes, token: "secret" });
  await server.listen();
  after(() => server.close());
  const bound = server.address;
  const target = bound.kind === "ip" ? { port: bound.port } : { socketPath: bound.path };
  return { server, target, ask: (method, path, options) => askAdmin(target, method, path, options) };
}
