import { type AdminRoute, sendText } from "./admin-server.ts";

/** `GET /ready`: whether the process takes traffic, as load balancers and Kubernetes ask. */
export function readyRoute(state: () => "LIVE" | "DRAINING"): AdminRoute {
  return {
    path: "/ready",
    method: "GET",
    help: "print LIVE, or DRAINING with status 503",
    handle: (_request, response) => sendText(response, state() === "LIVE" ? 200 : 503, `${state()}\n`),
  };
}

/** `GET /stats`: one `name: value` a line, sorted, then the ledger's books as comments. */
export function statsRoute(
  stats: () => Promise<{ counters: readonly string[]; ledger: readonly string[] }>,
): AdminRoute {
  return {
    path: "/stats",
    method: "GET",
    help: "print the counters, and what became of the bytes",
    handle: async (_request, response) => {
      const { counters, ledger } = await stats();
      sendText(response, 200, [...counters, ...ledger.map((line) => `# ${line}`), ""].join("\n"));
    },
  };
}
