import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { askAdmin } from "./support/admin-client.ts";
import { findFreePorts, waitForPort } from "./support/processes.ts";
import { startTapline } from "./support/tapline-process.ts";

// Filters that fail do nothing to the traffic of a running proxy, and nobody has to guess that they failed.

const LIST = `[${Array.from({ length: 600 }, (_, i) => i).join(",")}]`;
const BOMBS = {
  steps: `${LIST}.map(a, ${LIST}.map(b, ${LIST}.map(c, a + b + c))).size() > 0`,
  memory: `"${"a".repeat(300)}".replace("", "${"b".repeat(16)}").replace("", "${"c".repeat(16)}").replace("", "${"d".repeat(16)}").size() > 0`,
};

const folder = mkdtempSync(join(tmpdir(), "tapline-filters-"));
const service = createServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
await once(service, "listening");
after(() => {
  service.closeAllConnections();
  service.close();
  rmSync(folder, { recursive: true });
});

describe("a filter that cannot be evaluated", () => {
  for (const [name, filter] of Object.entries(BOMBS)) {
    test(`of --show -Y is told and counted (${name})`, async () => {
      const { listener, proxy } = await startProxy(["--show", "-Y", filter]);
      for (let i = 0; i < 3; i++) assert.equal(await get(listener), "hello");
      await proxy.stop();
      assert.match(
        proxy.output(),
        /-Y could not be evaluated once, and did not match: it (?:takes more than 100000 steps|makes more than 1048576 bytes)/,
      );
      assert.match(proxy.output(), /^filter-evaluations: 3 in = .*3 dropped \(over-budget 3\)/m);
    });

    test(`of /tap is answered, yields nothing, and is counted (${name})`, async () => {
      const { listener, admin, proxy } = await startProxy([]);
      const reader = await attach(admin, filter);
      const other = await attach(admin, "GET");
      for (let i = 0; i < 3; i++) assert.equal(await get(listener), "hello");
      await waitUntil(() => other.text().split('"http_buffered_trace"').length === 4, "three traces of the other tap");
      const stats = await askAdmin({ port: admin }, "GET", "/stats");
      assert.match(stats.text, /filter-evaluations[.\w-]*over-budget: [1-9]/);
      assert.equal(reader.text(), "");
      reader.leave();
      other.leave();
      await proxy.stop();
      assert.match(proxy.output(), /cel_match could not be evaluated once, and did not match: it /);
    });
  }

  test("is refused where that shows before: /tap answers 400 with the place", async () => {
    const { admin, proxy } = await startProxy([]);
    for (const filter of [
      "5xx(response.code)",
      "_x_(1)",
      "request.headers.constructor.startsWith('x')(",
      "x".repeat(70_000),
    ]) {
      const answer = await askAdmin({ port: admin }, "POST", "/tap", { body: tapRequest(filter) });
      assert.equal(answer.status, 400, `${filter.slice(0, 60)}: ${answer.text}`);
      assert.match(answer.text, /cel_match/);
      assert.ok(answer.text.length < 2000, "a long filter is not echoed whole");
    }
    await proxy.stop();
  });
});

async function startProxy(flags: readonly string[]) {
  const [listener, admin] = (await findFreePorts(2)) as [number, number];
  const config = join(folder, `${listener}.json`);
  writeFileSync(config, formatBootstrap(listener, admin));
  const proxy = startTapline(["proxy", "-c", config, ...flags]);
  after(() => proxy.stop());
  await waitForPort(listener, 60);
  await waitForPort(admin, 60);
  return { listener, admin, proxy };
}

async function get(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/path`, { headers: { connection: "close" } })).text();
}

function tapRequest(filter: string): string {
  return JSON.stringify({
    config_id: "web",
    tap_config: { match: { cel_match: filter }, output_config: { sinks: [{ streaming_admin: {} }] } },
  });
}

async function attach(admin: number, filter: string) {
  const sent = request({ host: "127.0.0.1", port: admin, method: "POST", path: "/tap", agent: false });
  sent.on("error", () => {}).end(tapRequest(filter));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  let text = "";
  response
    .setEncoding("utf8")
    .on("error", () => {})
    .on("data", (chunk) => {
      text += chunk;
    });
  return { text: () => text, leave: () => sent.destroy() };
}

async function waitUntil(isTrue: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 3000 && !isTrue(); i++) await delay(20);
  assert.ok(isTrue(), what);
}

function formatBootstrap(listener: number, admin: number): string {
  const { port } = service.address() as AddressInfo;
  const socketAddress = (value: number) => ({ socket_address: { address: "127.0.0.1", port_value: value } });
  const typed = (type: string, more: object) => ({
    "@type": `type.googleapis.com/envoy.extensions.filters.${type}`,
    ...more,
  });
  const manager = typed("network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: "in",
    route_config: {
      virtual_hosts: [
        { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "back" } }] },
      ],
    },
    http_filters: [
      {
        name: "envoy.filters.http.tap",
        typed_config: typed("http.tap.v3.Tap", { common_config: { admin_config: { config_id: "web" } } }),
      },
      { name: "envoy.filters.http.router", typed_config: typed("http.router.v3.Router", {}) },
    ],
  });
  return JSON.stringify({
    admin: { address: socketAddress(admin) },
    static_resources: {
      listeners: [
        {
          name: "in",
          address: socketAddress(listener),
          filter_chains: [
            { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] },
          ],
        },
      ],
      clusters: [
        {
          name: "back",
          type: "STATIC",
          load_assignment: {
            cluster_name: "back",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(port) } }] }],
          },
        },
      ],
    },
  });
}
