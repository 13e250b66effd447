/**
 * Filters that would work without a bound, as taps' `cel_match` in a running proxy: how long innocent requests wait beside the same
 * proxy without a filter, what its memory comes to, and that each failure is counted. One row a bomb.
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePorts, startProgram, waitForPort } from "../test/support/processes.ts";

const REQUESTS = 2000;
const INTERVAL_MILLIS = 4;

const LIST = `[${Array.from({ length: 600 }, (_, i) => i).join(",")}]`;
const BOMBS: readonly (readonly [name: string, filter: string])[] = [
  ["none", "true"],
  ["replace", `"${"a".repeat(300)}".replace("", "${"b".repeat(16)}").replace("", "c").replace("", "d").size() > 0`],
  ["map in map in map", `${LIST}.map(a, ${LIST}.map(b, ${LIST}.map(c, a + b + c))).size() > 0`],
  ["all in all in all", `${LIST}.all(a, ${LIST}.all(b, ${LIST}.all(c, a + b + c >= 0)))`],
  [
    "exists over headers",
    "request.headers.exists(name, request.headers.all(other, request.headers[name] != other + name))",
  ],
  ...[
    "lists.range(2000).exists(x, lists.range(2000).exists(y, x * y < 0))",
    "lists.range(3000).exists_one(x, lists.range(600).exists_one(y, x == y))",
    "lists.range(3000).filter(x, lists.range(3000).filter(y, x != y).size() > 0).size() > 0",
    "lists.range(3000).transformList(i, v, lists.range(3000).transformList(j, w, j * w)).size() > 0",
    "lists.range(3000).transformMap(i, v, lists.range(3000).transformMap(j, w, j * w)).size() > 0",
    "lists.range(90000).distinct().size() > 0",
    "lists.range(90000).map(x, dyn(x)).sort().size() > 0",
    "lists.range(1000).map(x, lists.range(1000)).flatten().size() > 0",
    "sets.contains(lists.range(9000), lists.range(9000).reverse())",
    "lists.range(3000).all(x, lists.range(9000) == lists.range(9000))",
    "lists.range(100000000).size() > 0",
    `${"'0000000000000000'".concat(".replace('0', '0000000000000000')".repeat(5))}.split('').join('bcdefg').size() > 0`,
    `'%s%s%s'.format([${"'x'.replace('x', '0123456789')".repeat(1)}, lists.range(60000), lists.range(60000)]).size() > 0`,
    "lists.range(900).all(x, request.headers.all(a, (a + 'b').matches(a + '(a|b|ab)*')))",
    `cel.bind(x, ${'"0123456789abcdef"'}, ${"x + ".repeat(300)}x).replace("", "0123456789abcdef").replace("", "0123456789abcdef").size() > 0`,
  ].map((text): readonly [string, string] => [text.length > 60 ? `${text.slice(0, 60)}…` : text, text]),
  ["a long regular expression", `request.path.matches("(a{1,30}){1,30}(b{1,30}){1,30}$")`],
];

const folder = mkdtempSync(join(tmpdir(), "tapline-bombs-"));
const service = createServer((_request, response) => response.end("x".repeat(256))).listen(0, "127.0.0.1");
await once(service, "listening");
try {
  for (const [name, filter] of BOMBS) console.log(await measure(name, filter));
} finally {
  service.closeAllConnections();
  service.close();
  rmSync(folder, { recursive: true });
}

async function measure(name: string, filter: string): Promise<string> {
  const [listener, admin] = (await findFreePorts(2)) as [number, number];
  const config = join(folder, "envoy.yaml");
  writeFileSync(config, formatBootstrap(listener, admin, filter));
  const proxy = startProgram(join(import.meta.dirname, "../bin/tapline"), ["proxy", "-c", config, "-l", "warn"]);
  try {
    await waitForPort(listener);
  } catch {
    const code = await proxy.stop();
    return `${name}: refused at the start (exit ${code}): ${proxy.output().trim().slice(0, 120)}`;
  }
  try {
    await drive(listener, 200);
    const waits = (await drive(listener, REQUESTS)).sort((a, b) => a - b);
    const at = (part: number): string => waits[Math.floor(waits.length * part)]!.toFixed(2);
    const stats = await (await fetch(`http://127.0.0.1:${admin}/stats`)).text();
    const counted = stats.split("\n").filter((line) => line.includes("filter-evaluations") && !line.endsWith(": 0"));
    const failed = counted.length === 0 ? "no filter failed" : counted.join(", ");
    return `${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.9999)} ms; RSS ${readMemory(proxy.child.pid!)} MiB; ${failed}`;
  } finally {
    await proxy.stop();
  }
}

/** Requests at a steady rate on kept connections; gives how long each took, in milliseconds. */
async function drive(port: number, count: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const waits: number[] = [];
  const pending: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    pending.push(
      new Promise((resolve, reject) => {
        get({ port, host: "127.0.0.1", path: `/items/${i}`, agent }, (response) => {
          response.resume().on("end", () => {
            waits.push(performance.now() - started);
            resolve();
          });
        }).on("error", reject);
      }),
    );
    await delay(INTERVAL_MILLIS);
  }
  await Promise.all(pending);
  agent.destroy();
  return waits;
}

function readMemory(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);
}

function formatBootstrap(listener: number, admin: number, filter: string): string {
  const { port } = service.address() as { port: number };
  const tap = {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap",
    common_config: {
      static_config: {
        match: { cel_match: filter },
        output_config: { sinks: [{ format: "JSON_BODY_AS_BYTES", file_per_tap: { path_prefix: join(folder, "t") } }] },
      },
    },
  };
  return JSON.stringify({
    admin: { address: { socket_address: { address: "127.0.0.1", port_value: admin } } },
    static_resources: {
      listeners: [
        {
          name: "in",
          address: { socket_address: { address: "127.0.0.1", port_value: listener } },
          filter_chains: [
            {
              filters: [
                {
                  name: "envoy.filters.network.http_connection_manager",
                  typed_config: {
                    "@type":
                      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    stat_prefix: "in",
                    route_config: {
                      virtual_hosts: [
                        {
                          name: "all",
                          domains: ["*"],
                          routes: [{ match: { prefix: "/" }, route: { cluster: "back" } }],
                        },
                      ],
                    },
                    http_filters: [
                      { name: "envoy.filters.http.tap", typed_config: tap },
                      {
                        name: "envoy.filters.http.router",
                        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          name: "back",
          type: "STATIC",
          load_assignment: {
            cluster_name: "back",
            endpoints: [
              {
                lb_endpoints: [
                  { endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } } },
                ],
              },
            ],
          },
        },
      ],
    },
  });
}
