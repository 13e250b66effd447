/** Upgrades, and the tunnels of CONNECT, through a real Envoy and Tapline: the same answers, and the same bytes at the endpoint. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { startTapline } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
const UPGRADE = "connection: upgrade\r\nupgrade:";
const H2C = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n";
const LENGTH = "content-length: 5\r\n\r\n12345";

/** A listener, what is sent to it, what an answer has when it is whole, and what is sent then. */
const CASES: readonly (readonly [listener: string, sent: string, whole: RegExp, then?: string])[] = [
  ["tunnel", connectTo("a.example:443"), /\r\n\r\n/, "ping"],
  ["tunnel", `${connectTo("a.example:443")}early`, /<early>/, "ping"],
  ["tunnel", connectTo("a.example:443"), /\r\n\r\n/, connectTo("b:1")],
  ["tunnel", connectTo("a:443", "content-length: 0\r\n"), /\r\n\r\n/, "ping"],
  ["tunnel", connectTo("a:443", "content-length: 5\r\n"), /Bad Request$/],
  ["tunnel", connectTo("a:443", "transfer-encoding: chunked\r\n"), /Implemented$/],
  ["tunnel", connectTo("a.example"), /Bad Request$/],
  ["tunnel", connectTo("/x"), /Bad Request$/],
  ["tunnel", connectTo("http://a/x"), /Bad Request$/],
  ["tunnel", "CONNECT a:1 HTTP/1.1\r\n\r\n", /\r\n\r\n/, "ping"],
  ["tunnel", "CONNECT a:1 HTTP/1.1\r\nhost: b:2\r\n\r\n", /\r\n\r\n/, "ping"],
  ["tunnel", "CONNECT [::1]:1 HTTP/1.1\r\n\r\n", /\r\n\r\n/, "ping"],
  ["tunnel", "CONNECT a:1 HTTP/1.0\r\n\r\n", /Upgrade Required$/],
  ["tunnel", connectTo("a:443", `${UPGRADE} websocket\r\n`), /\r\n\r\n/],
  ["tunnel", connectTo("a:443", "x-down: 1\r\n"), /failure$/],
  ["tunnel", connectTo("a:443", "x-off: 1\r\n"), /\r\n\r\n/],
  ["tunnel", connectTo("a:443", "x-direct: 1\r\n"), /nope$/],
  ["tunnel", "GET / HTTP/1.1\r\nhost: a\r\n\r\n", /}$/],
  ["tunnel", "GET / HTTP/1.1\r\nhost: a\r\n\r\n", /}$/, `${connectTo("a:443")}ping`],
  ["off", connectTo("a:443"), /\r\n\r\n/],
  ["nowhere", connectTo("a:443"), /\r\n\r\n/],
  ["named", connectTo("localhost:ECHO"), /\r\n\r\n/, "ping"],
  ["named", connectTo("nosuch.invalid:443"), /failure$/],
  ["tunnel", `GET /ws HTTP/1.1\r\nhost: a\r\n${UPGRADE} websocket\r\n\r\n`, /hi$/, "ping"],
  ["tunnel", `GET /ws HTTP/1.1\r\nhost: a\r\n${UPGRADE} WebSocket\r\n\r\n`, /hi$/, "ping"],
  ["tunnel", `POST /ws HTTP/1.1\r\nhost: a\r\n${UPGRADE} websocket\r\n${LENGTH}`, /hi<12345>$/, "ping"],
  ["tunnel", `GET /ws HTTP/1.1\r\nhost: a\r\n${UPGRADE} foo\r\n\r\n`, /\r\n\r\n/],
  ["tunnel", `POST /ws HTTP/1.1\r\nhost: a\r\n${UPGRADE} foo\r\n${LENGTH}`, /\r\n\r\n/],
  ["tunnel", `GET /ws HTTP/1.1\r\nhost: a\r\n${UPGRADE} h2c, websocket\r\n\r\n`, /\r\n\r\n/],
  ["tunnel", "GET /ws HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\n\r\n", /}$/],
  ["tunnel", `GET /x HTTP/1.1\r\nhost: a\r\n${H2C}\r\n`, /}$/],
  ["tunnel", `POST /x HTTP/1.1\r\nhost: a\r\n${H2C}${LENGTH}`, /}$/, "GET /2 HTTP/1.1\r\nhost: a\r\n\r\n"],
];

/** Requests of HTTP/2, and what is sent behind them. */
const HTTP2_CASES: readonly (readonly [listener: string, headers: Readonly<Record<string, string>>, then?: string])[] =
  [
    ["tunnel", { ":method": "CONNECT", ":authority": "a:443" }, "ping"],
    ["tunnel", { ":method": "CONNECT", ":authority": "a:443", "x-off": "1" }],
    ["tunnel", { ":method": "CONNECT", ":authority": "a:443", "x-down": "1" }],
    ["off", { ":method": "CONNECT", ":authority": "a:443" }],
    ["tunnel", websocket("/ws", "websocket"), "ping"],
    ["tunnel", websocket("/ws", "foo")],
  ];

function connectTo(target: string, more = ""): string {
  return `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${more}\r\n`;
}

function websocket(path: string, protocol: string) {
  return { ":method": "CONNECT", ":protocol": protocol, ":scheme": "http", ":path": path, ":authority": "a" };
}

const envoy = findEnvoy();
const NAMES = ["tunnel", "off", "nowhere", "named"] as const;

describe("upgrades and tunnels beside a real Envoy", { skip: envoy.skip }, () => {
  const folder = makeTemporaryFolder();
  const programs: StartedProgram[] = [];
  const servers: Server[] = [];
  let echo: number;
  const ports = { envoy: {} as Record<string, number>, tapline: {} as Record<string, number> };

  before(async () => {
    const answers = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {}).on("data", (bytes) => socket.write(`<${bytes}>`));
      socket.on("end", () => socket.end("bye"));
    });
    const service = createHttpServer((request, response) => {
      let body = "";
      request.on("data", (bytes) => {
        body += bytes;
      });
      request.on("end", () => response.end(describeRequest(request.method, request.headers, body)));
    }).on("upgrade", (request, socket) => {
      const seen = describeRequest(request.method, request.headers, "");
      socket.on("error", () => {}).on("data", (bytes: Buffer) => socket.write(`<${bytes}>`));
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${request.headers.upgrade}\r\nx-seen: ${seen}\r\n\r\nhi`,
      );
    });
    servers.push(answers, service);
    for (const server of servers) await once(server.listen(0, "127.0.0.1"), "listening");
    const [to, http] = servers.map((server) => (server.address() as AddressInfo).port) as [number, number];
    echo = to;
    const free = await findFreePorts(9);
    for (const [index, name] of NAMES.entries()) {
      ports.envoy[name] = free[index]!;
      ports.tapline[name] = free[index + 4]!;
    }
    for (const name of ["envoy", "tapline"] as const)
      writeFileSync(
        join(folder.path, `${name}.json`),
        JSON.stringify(bootstrap(ports[name], { echo, http, down: free[8]! })),
      );
    const quiet = ["--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
    programs.push(startProgram(envoy.path, ["-c", join(folder.path, "envoy.json"), ...quiet]));
    programs.push(startTapline(["proxy", "-c", join(folder.path, "tapline.json")], true));
    await Promise.all([waitForPort(ports.envoy["named"]!, 180), waitForPort(ports.tapline["named"]!, 180)]);
  });
  after(async () => {
    for (const program of programs) await program.stop();
    for (const server of servers) server.close();
    folder.remove();
  });

  for (const [listener, sent, whole, then] of CASES)
    test(`${listener}: ${JSON.stringify(sent).slice(0, 90)}${then === undefined ? "" : `, then ${then.slice(0, 12)}`}`, async () => {
      const asked = sent.replaceAll("ECHO", String(echo));
      const [theirs, ours] = await Promise.all([
        talk(ports.envoy[listener]!, asked, whole, then),
        talk(ports.tapline[listener]!, asked, whole, then),
      ]);
      assert.deepEqual(ours, theirs);
    });

  for (const [listener, headers, then] of HTTP2_CASES)
    test(`${listener}, HTTP/2: ${JSON.stringify(headers)}`, async () => {
      const [theirs, ours] = await Promise.all([
        talkHttp2(ports.envoy[listener]!, headers, then),
        talkHttp2(ports.tapline[listener]!, headers, then),
      ]);
      assert.deepEqual(ours, theirs);
    });
});

function describeRequest(method: string | undefined, headers: IncomingHttpHeaders, body: string): string {
  const { "x-request-id": _, ...others } = headers;
  return JSON.stringify({ method, headers: Object.entries(others).sort(), body });
}

/** The messages that come back, without what differs from one to the next. */
async function talk(port: number, sent: string, whole: RegExp, then: string | undefined): Promise<string[]> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket
    .on("error", () => {})
    .on("data", (bytes) => {
      text += bytes;
    });
  await once(socket, "connect");
  socket.write(sent);
  await until(() => whole.test(text), `an answer to ${sent}: ${text}`);
  const before = text.length;
  if (then !== undefined) {
    socket.write(then);
    await until(() => /[>}]$/.test(text.slice(before)), `an answer to ${then}: ${text}`);
  }
  socket.destroy();
  return text.split(/(?=HTTP\/1\.1 )/).map((message) => {
    const [head = "", ...rest] = message.split("\r\n\r\n");
    const [status, ...lines] = head.split("\r\n");
    const kept = lines.filter((line) => !/^(date|server|x-envoy-upstream-service-time):/.test(line));
    return [status, ...kept.sort(), "", ...rest].join("\n");
  });
}

async function talkHttp2(port: number, headers: Readonly<Record<string, string>>, then: string | undefined) {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  await once(session, "remoteSettings");
  const stream = session.request(headers, { endStream: false });
  let text = "";
  stream
    .on("error", () => {})
    .on("data", (bytes) => {
      text += bytes;
    });
  const ended = once(stream, "end");
  ended.catch(() => {});
  const [answer] = (await once(stream, "response")) as [IncomingHttpHeaders];
  const { date: _, server: __, ...kept } = answer;
  if (then === undefined) await ended;
  else {
    stream.write(then);
    await until(() => text.endsWith(">"), `an answer to ${then}: ${text}`);
    stream.end();
  }
  session.destroy();
  return { kept: { ...kept }, text };
}

function bootstrap(
  listeners: Readonly<Record<string, number>>,
  services: { readonly echo: number; readonly http: number; readonly down: number },
) {
  const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
  const ends = { upgrade_configs: [{ upgrade_type: "CONNECT", connect_config: {} }] };
  const where = (name: string) => ({
    connect_matcher: {},
    headers: [{ name, present_match: true }],
  });
  const names = { dns_cache_config: { name: "names", dns_lookup_family: "V4_ONLY" } };
  const onTunnel = [
    { match: where("x-down"), route: { cluster: "down", ...ends } },
    {
      match: where("x-off"),
      route: { cluster: "echo", upgrade_configs: [{ upgrade_type: "CONNECT", enabled: false }] },
    },
    { match: where("x-direct"), direct_response: { status: 403, body: { inline_string: "nope" } } },
    { match: { connect_matcher: {} }, route: { cluster: "echo", ...ends } },
    { match: { prefix: "/" }, route: { cluster: "http" } },
  ];
  const routes: Readonly<Record<string, readonly object[]>> = {
    tunnel: onTunnel.map((route) => ({
      ...route,
      response_headers_to_add: [{ header: { key: "x-route", value: "%REQ(:authority)%" } }],
    })),
    off: [
      { match: { connect_matcher: {} }, route: { cluster: "echo" } },
      { match: { prefix: "/" }, route: { cluster: "http" } },
    ],
    nowhere: [{ match: { prefix: "/" }, route: { cluster: "http" } }],
    named: [{ match: { connect_matcher: {} }, route: { cluster: "names", ...ends } }],
  };
  return {
    static_resources: {
      listeners: NAMES.map((name) => ({
        name,
        address: address(listeners[name]!),
        filter_chains: [
          {
            filters: [
              {
                name: "http",
                typed_config: {
                  "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                  stat_prefix: name,
                  http2_protocol_options: { allow_connect: true },
                  upgrade_configs: name === "off" ? [] : [{ upgrade_type: "CONNECT" }, { upgrade_type: "websocket" }],
                  route_config: {
                    response_headers_to_add: [{ header: { key: "x-table", value: "1" } }],
                    virtual_hosts: [
                      {
                        name: "all",
                        domains: ["*"],
                        response_headers_to_add: [{ header: { key: "x-host", value: "1" } }],
                        routes: routes[name],
                      },
                    ],
                  },
                  http_filters: [
                    ...(name === "named"
                      ? [
                          {
                            name: "envoy.filters.http.dynamic_forward_proxy",
                            typed_config: {
                              "@type": `${TYPE}.filters.http.dynamic_forward_proxy.v3.FilterConfig`,
                              ...names,
                            },
                          },
                        ]
                      : []),
                    { name: "router", typed_config: { "@type": `${TYPE}.filters.http.router.v3.Router` } },
                  ],
                },
              },
            ],
          },
        ],
      })),
      clusters: [
        ...(["echo", "http", "down"] as const).map((name) => ({
          name,
          connect_timeout: "5s",
          load_assignment: {
            cluster_name: name,
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(services[name]) } }] }],
          },
        })),
        {
          name: "names",
          connect_timeout: "5s",
          lb_policy: "CLUSTER_PROVIDED",
          cluster_type: {
            name: "envoy.clusters.dynamic_forward_proxy",
            typed_config: { "@type": `${TYPE}.clusters.dynamic_forward_proxy.v3.ClusterConfig`, ...names },
          },
        },
      ],
    },
  };
}
