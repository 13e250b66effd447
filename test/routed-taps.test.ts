/** Routed mode with taps: HTTP taps have the messages of the client's connection, transport taps the bytes of their sockets; and how it says that it is routed. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { findFreePorts, type StartedProgram, waitForPort } from "./support/processes.ts";
import { dial, readAll } from "./support/proxy-harness.ts";
import { startTapline } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
const REQUEST = "GET /a?b=1 HTTP/1.1\r\nHost: h.example\r\nConnection: close\r\nX-Own: 1\r\n\r\n";

const folder = makeTemporaryFolder();
const service = createServer((request, response) => {
  response.writeHead(200, { "x-asked": `${request.url} ${request.headers["x-added"]}` }).end("answer");
});
let proxy: StartedProgram;
let [routed, plain, admin] = [0, 0, 0];

before(async () => {
  await once(service.listen(0, "127.0.0.1"), "listening");
  [routed, plain, admin] = (await findFreePorts(3)) as [number, number, number];
  const path = join(folder.path, "envoy.json");
  writeFileSync(path, JSON.stringify(bootstrap()));
  // Its services are asked something else than its clients ask.
  proxy = startTapline(["proxy", "-c", path], true);
  for (const port of [routed, plain, admin]) await waitForPort(port);
});
after(async () => {
  await proxy.stop();
  service.close();
  folder.remove();
});

test("which listener is routed, and why, is said at the start and in /config_dump", { timeout: 60_000 }, async () => {
  assert.match(proxy.output(), /"http":"routed: routed \(prefix_rewrite, header_mutation\); plain: verbatim/);
  assert.equal(proxy.output().match(/"msg":"routing"/g)?.length, 1);
  const { configs } = (await (await fetch(`http://127.0.0.1:${admin}/config_dump`)).json()) as {
    configs: readonly { "@type": string; listeners?: unknown }[];
  };
  assert.deepEqual(configs.find((config) => config["@type"] === "tapline.routing")?.listeners, [
    { listener: "routed", mode: "routed", reasons: ["prefix_rewrite", "header_mutation"], bridges: false },
    { listener: "plain", mode: "verbatim", reasons: [], bridges: true },
  ]);
});

test("each tap sees its own side", { timeout: 60_000 }, async () => {
  const client = await dial(routed);
  client.write(REQUEST);
  assert.match(await readAll(client), /^HTTP\/1\.1 200 /);
  client.end();
  // Connections to endpoints are kept: their traces end with them.
  await proxy.stop();
  // Those who waited for the listener have sent nothing.
  const traces = (prefix: string) =>
    readdirSync(folder.path)
      .filter((name) => name.startsWith(`${prefix}_`))
      .map((name) => readFileSync(join(folder.path, name), "utf8"))
      .filter((text) => text.includes("as_string"));
  const found = ["http", "down", "up"].map(traces);
  assert.deepEqual(
    found.map(({ length }) => length),
    [1, 1, 1],
  );
  const [http, down, up] = found.map(([text]) => JSON.parse(text!)) as [HttpTrace, SocketTrace, SocketTrace];

  const { request, response } = http.http_buffered_trace;
  assert.equal(headerOf(request.headers, ":path"), "/a?b=1");
  assert.equal(headerOf(request.headers, "x-own"), "1");
  assert.equal(headerOf(request.headers, "x-added"), undefined);
  assert.equal(headerOf(response.headers, "x-asked"), "/new/a?b=1 yes");
  assert.equal(headerOf(response.headers, "x-told"), "yes");
  assert.equal(response.body.as_string, "answer");

  assert.equal(bytesOf(down, "read"), REQUEST);
  assert.match(bytesOf(down, "write"), /^HTTP\/1\.1 200 OK\r\n.*x-told: yes\r\n.*answer\r\n0\r\n\r\n$/s);
  assert.match(bytesOf(up, "write"), /^GET \/new\/a\?b=1 HTTP\/1\.1\r\n.*x-added: yes\r\n/s);
  assert.match(bytesOf(up, "read"), /^HTTP\/1\.1 200 OK\r\n.*x-asked: /s);
  assert.doesNotMatch(bytesOf(up, "read"), /x-told/);
});

type Headers = readonly { readonly key: string; readonly value: string }[];

interface HttpTrace {
  readonly http_buffered_trace: {
    readonly request: { readonly headers: Headers };
    readonly response: { readonly headers: Headers; readonly body: { readonly as_string: string } };
  };
}

interface SocketTrace {
  readonly socket_buffered_trace: {
    readonly events: readonly Readonly<Partial<Record<"read" | "write", { data: { as_string: string } }>>>[];
  };
}

function headerOf(headers: Headers, name: string): string | undefined {
  return headers.find(({ key }) => key.toLowerCase() === name)?.value;
}

function bytesOf({ socket_buffered_trace: { events } }: SocketTrace, side: "read" | "write"): string {
  return events.map((event) => event[side]?.data.as_string ?? "").join("");
}

function bootstrap() {
  const typed = (name: string, type: string, more: object = {}) => ({
    name,
    typed_config: { "@type": `${TYPE}.${type}`, ...more },
  });
  const tapped = (prefix: string) => ({
    static_config: {
      match: { any_match: true },
      output_config: {
        sinks: [{ format: "JSON_BODY_AS_STRING", file_per_tap: { path_prefix: join(folder.path, prefix) } }],
      },
    },
  });
  const socket = (prefix: string) => ({
    transport_socket: typed("envoy.transport_sockets.tap", "transport_sockets.tap.v3.Tap", {
      common_config: tapped(prefix),
      transport_socket: typed("raw", "transport_sockets.raw_buffer.v3.RawBuffer"),
    }),
  });
  const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
  const add = (key: string) => ({ append: { header: { key, value: "yes" } } });
  const mutations = { request_mutations: [add("x-added")], response_mutations: [add("x-told")] };
  const listener = (name: string, port: number, filters: readonly object[], route: object, more: object = {}) => ({
    name,
    address: address(port),
    filter_chains: [
      {
        ...more,
        filters: [
          typed("http", "filters.network.http_connection_manager.v3.HttpConnectionManager", {
            stat_prefix: name,
            route_config: {
              virtual_hosts: [
                {
                  name: "v",
                  domains: ["*"],
                  routes: [{ match: { prefix: "/" }, route: { cluster: "back", ...route } }],
                },
              ],
            },
            http_filters: [...filters, typed("router", "filters.http.router.v3.Router")],
          }),
        ],
      },
    ],
  });
  return {
    admin: { address: address(admin) },
    static_resources: {
      listeners: [
        listener(
          "routed",
          routed,
          [
            typed("tap", "filters.http.tap.v3.Tap", { common_config: tapped("http") }),
            typed("change", "filters.http.header_mutation.v3.HeaderMutation", { mutations }),
          ],
          { prefix_rewrite: "/new/" },
          socket("down"),
        ),
        listener("plain", plain, [], {}),
      ],
      clusters: [
        {
          name: "back",
          type: "STATIC",
          http_protocol_options: {},
          ...socket("up"),
          load_assignment: {
            cluster_name: "back",
            endpoints: [
              { lb_endpoints: [{ endpoint: { address: address((service.address() as AddressInfo).port) } }] },
            ],
          },
        },
      ],
    },
  };
}
