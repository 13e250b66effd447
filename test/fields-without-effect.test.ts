/** Every field that the tables call without effect is set, one at a time: bytes, destination and what is recorded stay the same. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls, createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { BOOTSTRAP_MESSAGES } from "../src/source/proxy/config/fields/all-messages.ts";
import { IDLE_HTTP_FILTERS, IDLE_NETWORK_FILTERS } from "../src/source/proxy/config/idle-extensions.ts";
import { parseProxyConfig } from "../src/source/proxy/config/parse-proxy-config.ts";
import { type Certificates, createCertificates } from "./support/certificates.ts";
import { skipUnless } from "./support/needs.ts";
import { readAll, startProxy, startService } from "./support/proxy-harness.ts";

type Json = { [key: string]: unknown };

const TYPE = "type.googleapis.com/envoy.extensions";
const REQUEST = "GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
const HTTP = "static_resources.listeners.0.filter_chains.0.filters.0.typed_config";

const FORWARD = "static_resources.listeners.2.filter_chains.0.filters.0.typed_config";

/** Where a message of that name stands in the sample; a row whose message is not here fails. */
const PLACES: Readonly<Record<string, string>> = {
  Bootstrap: "",
  Admin: "admin",
  Listener: "static_resources.listeners.0",
  AdditionalAddress: "static_resources.listeners.0.additional_addresses.0",
  TlsInspector: "static_resources.listeners.0.listener_filters.0.typed_config",
  ProxyProtocol: "static_resources.listeners.1.listener_filters.0.typed_config",
  TcpProxy: "static_resources.listeners.1.filter_chains.0.filters.0.typed_config",
  DownstreamTlsContext: "static_resources.listeners.1.filter_chains.0.transport_socket.typed_config",
  TlsCertificate:
    "static_resources.listeners.1.filter_chains.0.transport_socket.typed_config.common_tls_context.tls_certificates.0",
  HttpConnectionManager: HTTP,
  SetCurrentClientCertDetails: `${HTTP}.set_current_client_cert_details`,
  Http1ProtocolOptions: `${HTTP}.http_protocol_options`,
  Http2ProtocolOptions: `${HTTP}.http2_protocol_options`,
  VirtualHost: `${HTTP}.route_config.virtual_hosts.0`,
  RouteAction: `${HTTP}.route_config.virtual_hosts.0.routes.0.route`,
  WeightedCluster: `${HTTP}.route_config.virtual_hosts.0.routes.0.route.weighted_clusters`,
  Route: `${HTTP}.route_config.virtual_hosts.0.routes.0`,
  Router: `${HTTP}.http_filters.0.typed_config`,
  Cluster: "static_resources.clusters.0",
  "HttpProtocolOptions of a cluster": "static_resources.clusters.0.common_http_protocol_options",
  AutoHttpConfig:
    "static_resources.clusters.1.typed_extension_protocol_options.envoy.extensions.upstreams.http.v3.HttpProtocolOptions!auto_config",
  CommonLbConfig: "static_resources.clusters.0.common_lb_config",
  ZoneAwareLbConfig: "static_resources.clusters.0.common_lb_config.zone_aware_lb_config",
  RingHashLbConfig: "static_resources.clusters.0.ring_hash_lb_config",
  Policy: "static_resources.clusters.0.load_assignment.policy",
  LocalityLbEndpoints: "static_resources.clusters.0.load_assignment.endpoints.0",
  Endpoint: "static_resources.clusters.0.load_assignment.endpoints.0.lb_endpoints.0.endpoint",
  BindConfig: "static_resources.clusters.0.upstream_bind_config",
  CaresDnsResolverConfig: "static_resources.clusters.0.typed_dns_resolver_config.typed_config",
  HttpProtocolOptions:
    "static_resources.clusters.0.typed_extension_protocol_options.envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  UpstreamTlsContext: "static_resources.clusters.1.transport_socket.typed_config",
  "FilterConfig of a dynamic forward proxy": `${FORWARD}.http_filters.0.typed_config`,
  "ClusterConfig of a dynamic forward proxy": "static_resources.clusters.2.cluster_type.typed_config",
  // Filter and cluster have one cache between them.
  DnsCacheConfig: "static_resources.clusters.2.cluster_type.typed_config.dns_cache_config",
};

describe("fields without effect", { skip: skipUnless("openssl") }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tapline-fields-"));
  const seen: string[] = [];
  let certificates: Certificates;
  let plain: Awaited<ReturnType<typeof startService>>;
  let secure: TlsServer;
  let usual: Outcome;

  before(async () => {
    certificates = createCertificates(folder);
    const answer = (name: string) => (socket: NodeJS.ReadWriteStream) => {
      let text = "";
      socket
        .on("error", () => {})
        .on("data", (chunk: Buffer) => {
          text += chunk.toString("latin1");
          if (!text.endsWith("\r\n\r\n")) return;
          seen.push(`${name}: ${text}`);
          socket.end(ANSWER);
        });
    };
    plain = await startService(answer("plain"));
    const keys = { key: readFileSync(certificates.server.key), cert: readFileSync(certificates.server.certificate) };
    secure = createTlsServer(keys, answer("secure")).listen(0, "127.0.0.1");
    await once(secure, "listening");
    usual = await run(sample());
  });
  after(() => {
    plain.stop();
    secure.close();
    rmSync(folder, { recursive: true });
  });

  test("the sample itself passes", () => {
    const named = `plain: GET /x HTTP/1.1\r\nhost: localhost:${plain.port}\r\nx-forwarded-proto: http\r\n\r\n`;
    assert.deepEqual(usual.seen, [`plain: ${REQUEST}`, named, `secure: ${REQUEST}`]);
    assert.deepEqual(usual.got.slice(0, 2), [ANSWER, ANSWER]);
    assert.match(usual.got[2]!, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/);
    assert.equal(usual.recorded.length, 6);
  });

  for (const { name, withoutEffect = {} } of BOOTSTRAP_MESSAGES)
    for (const [field, [, example]] of Object.entries(withoutEffect))
      test(`${name}.${field}`, async () => {
        const place = PLACES[name];
        assert.ok(place !== undefined, `say in PLACES where the sample has a ${name}`);
        const changed = sample();
        const message = find(changed, place);
        assert.equal(message[field], undefined, "the sample sets it already");
        message[field] = example;
        const { withoutEffect: named } = await parse(changed);
        assert.ok(named.includes(`${field} (${name})`), `named at the start: ${named}`);
        assert.deepEqual(await run(changed), usual);
      });

  for (const [layer, filters, at] of [
    ["http", IDLE_HTTP_FILTERS, `${HTTP}.http_filters`],
    ["network", IDLE_NETWORK_FILTERS, "static_resources.listeners.1.filter_chains.0.filters"],
  ] as const)
    for (const { names, types, unless } of Object.values(filters))
      test(`the ${layer} filter ${names[0]}`, async () => {
        const changed = sample();
        const list = find(changed, at) as unknown as Json[];
        list.unshift({ name: names[0], typed_config: { "@type": `type.googleapis.com/${types[0]}` } });
        const { withoutEffect: named } = await parse(changed);
        assert.ok(named.includes(`${names[0]} (filter)`), `named at the start: ${named}`);
        assert.deepEqual(await run(changed), usual);
        for (const field of unless) {
          const refused = structuredClone(changed);
          ((find(refused, at) as unknown as Json[])[0]!["typed_config"] as Json)[field] = {};
          await assert.rejects(parse(refused), { message: `${names[0]}: ${field} is not supported` });
        }
      });

  interface Outcome {
    readonly seen: readonly string[];
    readonly got: readonly string[];
    readonly recorded: readonly string[];
  }

  async function run(bootstrap: Json): Promise<Outcome> {
    seen.length = 0;
    const { proxy, tap } = await startProxy(JSON.stringify(bootstrap));
    const ports = proxy.addresses.map(({ address }) => (address.kind === "ip" ? address.port : 0));
    try {
      const first = connect({ port: ports[0]!, host: "127.0.0.1", allowHalfOpen: true });
      first.write(REQUEST);
      const got = [await readAll(first)];
      first.end();
      const second = connectTls({ port: ports[2]!, host: "127.0.0.1", rejectUnauthorized: false });
      second.write(REQUEST);
      got.push(await readAll(second as never));
      second.destroy();
      const third = connect({ port: ports[3]!, host: "127.0.0.1", allowHalfOpen: true });
      third.write(REQUEST.replace("host: a", `host: localhost:${plain.port}`));
      got.push(withoutDate(await readAll(third)));
      third.end();
      const recorded = tap.connections
        .map(({ connection, read, written }) =>
          withoutDate(`${connection.source} ${connection.role} ${read} | ${written}`),
        )
        .sort();
      return { seen: [...seen].sort(), got, recorded };
    } finally {
      proxy.stop();
    }
  }

  /** Requests that are made anew are answered with it. */
  function withoutDate(text: string): string {
    return text.replaceAll(/date: [^\r]*\r\n/gi, "");
  }

  async function parse(bootstrap: Json) {
    return parseProxyConfig(JSON.stringify(bootstrap), { readFile: (path) => readFileSync(path) });
  }

  function sample(): Json {
    const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
    const endpoints = (port: number) => ({
      cluster_name: "x",
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    });
    const { certificate, key } = certificates.server;
    const names = { name: "names", dns_lookup_family: "V4_ONLY" };
    return {
      admin: { address: address(0) },
      static_resources: {
        listeners: [
          {
            name: "http",
            address: address(0),
            additional_addresses: [{ address: address(0) }],
            listener_filters: [
              { name: "i", typed_config: { "@type": `${TYPE}.filters.listener.tls_inspector.v3.TlsInspector` } },
            ],
            filter_chains: [
              {
                filters: [
                  {
                    name: "h",
                    typed_config: {
                      "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                      stat_prefix: "h",
                      set_current_client_cert_details: {},
                      http_protocol_options: {},
                      http2_protocol_options: {},
                      route_config: {
                        virtual_hosts: [
                          {
                            name: "all",
                            domains: ["*"],
                            routes: [
                              {
                                match: { prefix: "/" },
                                route: { weighted_clusters: { clusters: [{ name: "back", weight: 1 }] } },
                              },
                            ],
                          },
                        ],
                      },
                      http_filters: [{ name: "r", typed_config: { "@type": `${TYPE}.filters.http.router.v3.Router` } }],
                    },
                  },
                ],
              },
            ],
          },
          {
            name: "tls",
            address: address(0),
            listener_filters: [
              {
                name: "p",
                typed_config: {
                  "@type": `${TYPE}.filters.listener.proxy_protocol.v3.ProxyProtocol`,
                  allow_requests_without_proxy_protocol: true,
                },
              },
            ],
            filter_chains: [
              {
                filters: [
                  {
                    name: "t",
                    typed_config: {
                      "@type": `${TYPE}.filters.network.tcp_proxy.v3.TcpProxy`,
                      stat_prefix: "t",
                      cluster: "secure",
                    },
                  },
                ],
                transport_socket: {
                  name: "tls",
                  typed_config: {
                    "@type": `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
                    common_tls_context: {
                      tls_certificates: [
                        { certificate_chain: { filename: certificate }, private_key: { filename: key } },
                      ],
                    },
                  },
                },
              },
            ],
          },
          {
            name: "forward",
            address: address(0),
            filter_chains: [
              {
                filters: [
                  {
                    name: "h",
                    typed_config: {
                      "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                      stat_prefix: "f",
                      generate_request_id: false,
                      route_config: {
                        virtual_hosts: [
                          {
                            name: "all",
                            domains: ["*"],
                            routes: [{ match: { prefix: "/" }, route: { cluster: "named" } }],
                          },
                        ],
                      },
                      http_filters: [
                        {
                          name: "d",
                          typed_config: {
                            "@type": `${TYPE}.filters.http.dynamic_forward_proxy.v3.FilterConfig`,
                            dns_cache_config: structuredClone(names),
                          },
                        },
                        {
                          name: "r",
                          typed_config: {
                            "@type": `${TYPE}.filters.http.router.v3.Router`,
                            suppress_envoy_headers: true,
                          },
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
            common_lb_config: { zone_aware_lb_config: {} },
            common_http_protocol_options: {},
            ring_hash_lb_config: {},
            upstream_bind_config: {},
            typed_dns_resolver_config: {
              name: "d",
              typed_config: { "@type": `${TYPE}.network.dns_resolver.cares.v3.CaresDnsResolverConfig` },
            },
            typed_extension_protocol_options: {
              "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
                explicit_http_config: { http_protocol_options: {} },
              },
            },
            load_assignment: { ...endpoints(plain.port), policy: {} },
          },
          {
            name: "secure",
            typed_extension_protocol_options: {
              "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
                auto_config: {},
              },
            },
            load_assignment: endpoints((secure.address() as { port: number }).port),
            transport_socket: {
              name: "tls",
              typed_config: { "@type": `${TYPE}.transport_sockets.tls.v3.UpstreamTlsContext` },
            },
          },
          {
            name: "named",
            lb_policy: "CLUSTER_PROVIDED",
            cluster_type: {
              name: "envoy.clusters.dynamic_forward_proxy",
              typed_config: {
                "@type": `${TYPE}.clusters.dynamic_forward_proxy.v3.ClusterConfig`,
                dns_cache_config: names,
              },
            },
          },
        ],
      },
    };
  }
});

/** @param path keys joined by dots; from `envoy.` on it is one key, the name of an extension; `!` parts what follows it */
function find(document: Json, path: string): Json {
  const [keys = "", extension] = path.split(/\.(?=envoy\.)/);
  const inner = extension?.split("!") ?? [];
  const all = [...keys.split("."), ...inner].filter((key) => key !== "");
  return all.reduce((node, key) => node[key] as Json, document);
}
