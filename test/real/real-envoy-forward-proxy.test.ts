/** A dynamic forward proxy of a real Envoy's and Tapline's: the same hosts are dialled for the same requests, the same answers given where there is none. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { askAdmin } from "../support/admin-client.ts";
import { createCertificates } from "../support/certificates.ts";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { ask } from "../support/routes/ask-route.ts";
import { startTapline } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
const FILTER = "envoy.filters.http.dynamic_forward_proxy";
const NAMES = { name: "names", dns_lookup_family: "V4_ONLY" };
const FEW = { name: "few", dns_lookup_family: "V4_ONLY", max_hosts: 2 };

/** Each request: its path, the host that it names (PORT and TLS stand for the services' ports), and one more header. */
const REQUESTS: readonly (readonly [path: string, host: string, more?: readonly [string, string]])[] = [
  ["/", "localhost:PORT"],
  ["/", "127.0.0.2:PORT"],
  ["/", "127.0.0.1:0PORT"],
  ["/", "LocalHost:PORT"],
  ["/", "nosuch.invalid"],
  ["/", "a_b.invalid:PORT"],
  ["/", "[::1]:PORT"],
  ["/", "::1"],
  ["/", "localhost:99999"],
  ["/", "localhost:"],
  ["/", "localhost:0"],
  ["/", "u@localhost:PORT"],
  ["/", "127.1:PORT"],
  ["/", "0x7f000001:PORT"],
  ["/", "2130706433:PORT"],
  ["/", "256.0.0.1:PORT"],
  ["/", ""],
  ["/", "localhost:PORT", ["x-envoy-original-host", "q"]],
  ["/filter-literal", "nosuch.invalid"],
  ["/filter-literal", ""],
  ["/filter-header", "nosuch.invalid", ["x-host", "localhost:PORT"]],
  ["/filter-header", "127.0.0.2:PORT"],
  ["/filter-off", "127.0.0.2:PORT"],
  ["/filter-off", "nosuch.invalid"],
  ["/literal", "localhost:PORT"],
  ["/literal", "127.0.0.2:PORT"],
  ["/literal", "nosuch.invalid"],
  ["/auto", "localhost:PORT"],
  ["/auto", "127.0.0.2:PORT"],
  ["/fixed", "nosuch.invalid"],
  ["/tls", "localhost:TLS"],
  ["/tls", "127.0.0.2:TLS"],
  ["/tls", "nosuch.invalid:TLS"],
  ["/few", "localhost:PORT"],
  ["/few", "127.0.0.2:PORT"],
  ["/few", "127.0.0.3:PORT"],
  ["/few", "localhost:PORT"],
];

const envoy = findEnvoy();

describe("a dynamic forward proxy beside a real Envoy", { skip: envoy.skip || skipUnless("openssl") }, () => {
  const folder = makeTemporaryFolder();
  const programs: StartedProgram[] = [];
  const servers: Server[] = [];
  let services: { port: number; tls: number };
  let ports: { envoy: number; bare: number; tapline: number; ourBare: number; admin: number };

  before(async () => {
    const { server: pair, authority } = createCertificates(folder.path);
    const plain = createServer((request, response) => {
      const { localAddress } = request.socket;
      const headers = request.rawHeaders.join("\n").replaceAll(/x-request-id\n[^\n]*/g, "");
      response.end(`${localAddress}\n${request.url}\n${headers}`);
    });
    await once(plain.listen(0, "0.0.0.0"), "listening");
    const secure = createTlsServer(
      { key: readFileSync(pair.key), cert: readFileSync(pair.certificate) },
      (request, response) => void response.end(String((request.socket as { servername?: unknown }).servername)),
    );
    await once(secure.listen(0, "0.0.0.0"), "listening");
    servers.push(plain, secure);
    services = { port: (plain.address() as AddressInfo).port, tls: (secure.address() as AddressInfo).port };
    const [theirs, bare, ours, ourBare, admin] = (await findFreePorts(5)) as [number, number, number, number, number];
    ports = { envoy: theirs, bare, tapline: ours, ourBare, admin };
    writeFileSync(join(folder.path, "envoy.json"), JSON.stringify(bootstrap(theirs, bare, authority)));
    const own = { ...bootstrap(ours, ourBare, authority), admin: { address: address("127.0.0.1", admin) } };
    writeFileSync(join(folder.path, "tapline.json"), JSON.stringify(own));
    const quiet = ["--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
    programs.push(startProgram(envoy.path, ["-c", join(folder.path, "envoy.json"), ...quiet]));
    programs.push(startTapline(["proxy", "-c", join(folder.path, "tapline.json")], true));
    await Promise.all([waitForPort(bare, 180), waitForPort(ourBare, 180)]);
  });
  after(async () => {
    for (const program of programs) await program.stop();
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    folder.remove();
  });

  for (const [path, host, more] of REQUESTS)
    test(`${path} of ${JSON.stringify(host)}${more === undefined ? "" : `, ${more.join(": ")}`}`, async () => {
      const named = (text: string) => text.replace("PORT", String(services.port)).replace("TLS", String(services.tls));
      const headers = [
        ["host", named(host)] as const,
        ...(more === undefined ? [] : [[more[0], named(more[1])] as const]),
      ];
      // `host` is of HTTP/1; without the filter the cluster looks names up.
      for (const [theirs, ours] of [
        [ports.envoy, ports.tapline],
        [ports.bare, ports.ourBare],
      ] as const) {
        const asked = { protocol: "http/1.1", method: "GET", path, headers, body: "", trailers: [] } as const;
        const [wanted, got] = await Promise.all([ask(theirs, asked), ask(ours, asked)]);
        // The text of a failed handshake is each one's own.
        if (path === "/tls" && wanted.status === 503) assert.equal(got.status, 503);
        else assert.deepEqual(got, wanted);
      }
    });

  test("the proxy does not dial itself, nor its admin listener", async () => {
    for (const port of [ports.tapline, ports.admin])
      for (const name of ["127.0.0.1", "localhost", "0.0.0.0"]) {
        const asked = {
          method: "GET",
          path: "/",
          headers: [["host", `${name}:${port}`]],
          body: "",
          trailers: [],
        } as const;
        const { status } = await ask(ports.tapline, { protocol: "http/1.1", ...asked });
        assert.equal(status, 503, `${name}:${port}`);
      }
    const { text } = await askAdmin({ port: ports.admin }, "GET", "/stats");
    const statistics = new Map(text.split("\n").map((line) => [line.split(": ")[0], Number(line.split(": ")[1])]));
    assert.equal(statistics.get("cluster.named.upstream_cx_loop_refused"), 6);
    assert.ok(statistics.get("dns_cache.names.dns_query_success")! > 0);
    assert.ok(statistics.get("dns_cache.few.host_overflow")! > 0);
  });

  function address(host: string, port: number) {
    return { socket_address: { address: host, port_value: port } };
  }

  function bootstrap(port: number, bare: number, authority: string) {
    const filter = (cache: unknown, name = FILTER) => ({
      name,
      typed_config: { "@type": `${TYPE}.filters.http.dynamic_forward_proxy.v3.FilterConfig`, dns_cache_config: cache },
    });
    const own = (more: object) => ({
      [FILTER]: { "@type": `${TYPE}.filters.http.dynamic_forward_proxy.v3.PerRouteConfig`, ...more },
    });
    const route = (prefix: string, action: object, perFilter?: object) => ({
      match: { prefix },
      route: action,
      ...(perFilter !== undefined && { typed_per_filter_config: perFilter }),
    });
    const off = { [FILTER]: { "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", disabled: true } };
    const routes = [
      route("/filter-literal", { cluster: "named" }, own({ host_rewrite_literal: `localhost:${services.port}` })),
      route("/filter-header", { cluster: "named" }, own({ host_rewrite_header: "x-host" })),
      route("/filter-off", { cluster: "named" }, off),
      route("/literal", { cluster: "named", host_rewrite_literal: `127.0.0.2:${services.port}` }),
      route("/auto", { cluster: "named", auto_host_rewrite: true, append_x_forwarded_host: true }),
      route("/fixed", { cluster: "fixed" }),
      route("/tls", { cluster: "secure" }),
      route("/few", { cluster: "few" }),
      route("/", { cluster: "named" }),
    ];
    const listener = (name: string, at: number, filters: readonly object[]) => ({
      name,
      address: address("127.0.0.1", at),
      filter_chains: [
        {
          filters: [
            {
              name: "http",
              typed_config: {
                "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                stat_prefix: name,
                route_config: { virtual_hosts: [{ name: "v", domains: ["*"], routes }] },
                http_filters: [
                  ...filters,
                  {
                    name: "envoy.filters.http.router",
                    typed_config: { "@type": `${TYPE}.filters.http.router.v3.Router` },
                  },
                ],
              },
            },
          ],
        },
      ],
    });
    const cluster = (name: string, cache: object, more: object = {}) => ({
      name,
      connect_timeout: "5s",
      lb_policy: "CLUSTER_PROVIDED",
      cluster_type: {
        name: "envoy.clusters.dynamic_forward_proxy",
        typed_config: { "@type": `${TYPE}.clusters.dynamic_forward_proxy.v3.ClusterConfig`, dns_cache_config: cache },
      },
      ...more,
    });
    return {
      static_resources: {
        listeners: [listener("front", port, [filter(NAMES)]), listener("bare", bare, [])],
        clusters: [
          cluster("named", NAMES),
          cluster("few", FEW),
          cluster("secure", NAMES, {
            transport_socket: {
              name: "tls",
              typed_config: {
                "@type": `${TYPE}.transport_sockets.tls.v3.UpstreamTlsContext`,
                common_tls_context: { validation_context: { trusted_ca: { filename: authority } } },
              },
            },
          }),
          {
            name: "fixed",
            type: "STATIC",
            load_assignment: {
              cluster_name: "fixed",
              endpoints: [{ lb_endpoints: [{ endpoint: { address: address("127.0.0.2", services.port) } }] }],
            },
          },
        ],
      },
    };
  }
});
