import assert from "node:assert/strict";
import { request } from "node:http";
import { after, test } from "node:test";
import type { Endpoint } from "../../model/index.ts";
import { AdminServer } from "./admin-server.ts";
import { readyRoute, statsRoute } from "./routes.ts";

const routes = [
  readyRoute(() => "LIVE"),
  statsRoute(async () => ({ counters: ["a: 1"], ledger: ["bytes: 2 in = 2 parsed"] })),
];

async function start(address: string): Promise<Endpoint & { kind: "ip" }> {
  const server = new AdminServer({ address: { kind: "ip", address, port: 0 }, routes, token: "secret" });
  await server.listen();
  after(() => server.close());
  return server.address as Endpoint & { kind: "ip" };
}

function ask(port: number, path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    });
    sent.on("error", reject).end();
  });
}

test("on loopback it answers whoever names a loopback address, but no web page", async () => {
  const { port } = await start("127.0.0.1");
  assert.deepEqual(await ask(port, "/ready"), { status: 200, text: "LIVE\n" });
  assert.deepEqual(await ask(port, "/stats?x"), { status: 200, text: "a: 1\n# bytes: 2 in = 2 parsed\n" });
  assert.equal((await ask(port, "/ready", { headers: { host: `localhost:${port}` } })).status, 200);
  assert.equal((await ask(port, "/ready", { headers: { host: "[::1]" } })).status, 200);
  assert.equal((await ask(port, "/ready", { headers: { host: "evil.example" } })).status, 403);
  assert.equal((await ask(port, "/ready", { headers: { origin: "http://localhost" } })).status, 403);
  assert.deepEqual(await ask(port, "/ready", { method: "POST" }), {
    status: 405,
    text: "Method POST not allowed, GET required.",
  });
  assert.match((await ask(port, "/nothing")).text, /admin commands are:\n {2}\/ready: /);
  assert.match((await ask(port, "/")).text, /\/stats/);
});

test("where other machines can reach it, it wants the token", async () => {
  const { port } = await start("0.0.0.0");
  assert.equal((await ask(port, "/ready")).status, 401);
  assert.equal((await ask(port, "/ready", { headers: { authorization: "Bearer wrong" } })).status, 401);
  assert.equal((await ask(port, "/ready", { headers: { authorization: "Bearer secret" } })).status, 200);
});
