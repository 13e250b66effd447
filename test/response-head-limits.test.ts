/**
 * Routed mode before endpoints whose heads are large: what is let through, and what clients get instead, is Envoy 1.40's, measured beside one:
 * 100 headers, 80 KiB over HTTP/1 (then 502, "protocol error") and 60 KiB over HTTP/2 (then 503, "remote reset"). Node's own limit of 16 KiB
 * refused what Envoy forwards.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { dial, type Harness, readAll, startProxy } from "./support/proxy-harness.ts";

const UPSTREAM = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

type Protocol = "h1" | "h2";
/** Answers of so many headers, or with one of `bytes` bytes: what comes with the limits of Envoy, and with `max_headers_count: 150` and `max_response_headers_kb: 30`. */
const ANSWERS: readonly (readonly [path: string, Readonly<Record<Protocol, string>>, raised: string])[] = [
  ["/bytes/17000", { h1: "200", h2: "200" }, "200"],
  ["/bytes/29000", { h1: "200", h2: "200" }, "200"],
  ["/bytes/31000", { h1: "200", h2: "200" }, "refused"],
  ["/bytes/60000", { h1: "200", h2: "200" }, "refused"],
  ["/bytes/62000", { h1: "200", h2: "refused" }, "refused"],
  ["/bytes/81000", { h1: "200", h2: "refused" }, "refused"],
  ["/bytes/82000", { h1: "refused", h2: "refused" }, "refused"],
  ["/headers/100", { h1: "200", h2: "200" }, "200"],
  ["/headers/101", { h1: "refused", h2: "refused" }, "200"],
  ["/headers/150", { h1: "refused", h2: "refused" }, "200"],
  ["/headers/151", { h1: "refused", h2: "refused" }, "refused"],
  ["/headers/3000", { h1: "refused", h2: "refused" }, "refused"],
];
const REFUSED: Readonly<Record<Protocol, readonly [string, RegExp]>> = {
  h1: ["502", /reset reason: protocol error/],
  h2: ["503", /reset reason: remote reset/],
};

describe("the limits of response heads", () => {
  const endpoints: Readonly<Record<Protocol, Server>> = {
    h1: createHttp1Server((request, response) => {
      response.sendDate = false;
      response.writeHead(200, makeHeaders(request.url!, ["content-length", "0", "connection", "close"]));
      response.end();
    }),
    h2: createHttp2Server({ maxSendHeaderBlockLength: 1 << 20 } as never).on("stream", (stream, headers) => {
      stream.on("error", () => {});
      stream.respond(Object.fromEntries(pairs(makeHeaders(headers[":path"]!, []))), { sendDate: false } as never);
      stream.end();
    }) as unknown as Server,
  };
  let harness: Harness;

  before(async () => {
    for (const server of Object.values(endpoints)) await once(server.listen(0, "127.0.0.1"), "listening");
    const clusters = (["h1", "h2"] as const).flatMap((protocol) => [
      writeCluster(protocol, protocol, endpoints[protocol], ""),
      writeCluster(
        `${protocol}-raised`,
        protocol,
        endpoints[protocol],
        "common_http_protocol_options: { max_headers_count: 150, max_response_headers_kb: 30 },",
      ),
    ]);
    const names = ["h1", "h2", "h1-raised", "h2-raised"];
    harness = await startProxy(`static_resources:
  listeners:
  - name: front
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${MANAGER}
          stat_prefix: front
          route_config:
            virtual_hosts:
            ${names.map((name) => `- { name: ${name}, domains: [ ${name} ], routes: [ { match: { prefix: / }, route: { cluster: ${name} } } ] }`).join("\n            ")}
          http_filters: [ { name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } } ]
  clusters:
${clusters.join("\n")}
`);
  });
  after(() => {
    harness.proxy.stop();
    for (const server of Object.values(endpoints)) server.close();
  });

  for (const protocol of ["h1", "h2"] as const)
    for (const [path, usual, raised] of ANSWERS)
      for (const [cluster, expected] of [
        [protocol, usual[protocol]],
        [`${protocol}-raised`, raised],
      ] as const)
        test(`${cluster} ${path}: ${expected}`, async () => {
          const client = await dial(harness.port);
          client.write(`GET ${path} HTTP/1.1\r\nhost: ${cluster}\r\nconnection: close\r\n\r\n`);
          const text = await readAll(client);
          const [status, body] = expected === "refused" ? REFUSED[protocol] : [expected, /\r\n\r\n/];
          assert.equal(text.slice(9, 12), status);
          assert.match(text, body);
          if (expected === "200") assert.equal(text.match(/\r\nx-\d+: /gi)?.length, countOwn(path, protocol));
        });
});

/** As many headers as the path says, those that stand there already counted. */
function makeHeaders(path: string, given: readonly string[]): string[] {
  const [, kind, amount] = path.split("/");
  if (kind === "bytes") return [...given, "x-0", "b".repeat(Number(amount))];
  const own = Number(amount) - given.length / 2 - (given.length === 0 ? 1 : 0);
  return [...given, ...Array.from({ length: own }, (_, index) => [`x-${index}`, "v"]).flat()];
}

function countOwn(path: string, protocol: Protocol): number {
  const [, kind, amount] = path.split("/");
  return kind === "bytes" ? 1 : Number(amount) - (protocol === "h1" ? 2 : 1);
}

function pairs(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, index) => [list[2 * index]!, list[2 * index + 1]!]);
}

function writeCluster(name: string, protocol: Protocol, server: Server, common: string): string {
  const { port } = server.address() as AddressInfo;
  const spoken = protocol === "h1" ? "http_protocol_options" : "http2_protocol_options";
  return `  - name: ${name}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "@type": ${UPSTREAM}, ${common} explicit_http_config: { ${spoken}: {} } }
    load_assignment: { cluster_name: ${name}, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } } ] } ] }`;
}
