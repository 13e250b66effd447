import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatError } from "../../../../model/index.ts";
import { parseProxyConfig } from "../parse-proxy-config.ts";

const V3 = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTE =
  'route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: / }, route: { cluster: back } } ] } ] }';
const ROUTER =
  '{ name: envoy.filters.http.router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }';
const STATIC =
  "{ static_config: { match_config: { any_match: true }, output_config: { sinks: [ { file_per_tap: { path_prefix: /tmp/x } } ] } } }";
const TAP_V3 = `{ name: envoy.filters.http.tap, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap, common_config: ${STATIC}, record_downstream_connection: true } }`;
const TAP_V2 = `{ name: envoy.filters.http.tap, config: { common_config: { admin_config: { config_id: one } } } }`;

function bootstrap({ filters = `${TAP_V3}, ${ROUTER}`, route = ROUTE, more = "", admin = true } = {}): string {
  return `${admin ? "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }\n" : ""}static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config: { "@type": ${V3}, stat_prefix: http, ${route}, ${more} http_filters: [ ${filters} ] }
  clusters:
  - { name: back, load_assignment: { cluster_name: back, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } } } ] } ] } }
`;
}

const read = (text: string) =>
  parseProxyConfig(text, { file: "envoy.yaml", readFile: () => new Uint8Array(0), environment: {} });

test("taps of both styles, in their order, and one route to one cluster", async () => {
  const { listeners } = await read(
    bootstrap({
      filters: `${TAP_V3}, ${TAP_V2}, ${ROUTER}`,
      more: "codec_type: AUTO, common_http_protocol_options: { idle_timeout: 5s },",
    }),
  );
  const filter = listeners[0]!.filterChains[0]!.networkFilter;
  assert.ok(filter.kind === "http-connection-manager");
  assert.deepEqual([filter.clusters[0]?.name, filter.statPrefix, filter.idleTimeoutMillis], ["back", "http", 5000]);
  const [one, two] = filter.httpTaps;
  assert.deepEqual(one!.record, { headersReceivedTime: false, downstreamConnection: true, upstreamConnection: false });
  assert.equal(one!.common.kind, "static");
  assert.deepEqual(two!.common, { kind: "admin", configId: "one" });
});

test("a rule for headers that Envoy adds by itself is taken, with a warning", async () => {
  const warningsFor = async (rule: string): Promise<string> => {
    const warnings: string[] = [];
    const text = bootstrap({ filters: `${TAP_V3.replace("{ any_match: true }", rule)}, ${ROUTER}` });
    const warn = (_: unknown, message: string) => void warnings.push(message);
    await parseProxyConfig(text, { file: "envoy.yaml", readFile: () => new Uint8Array(0), environment: {}, warn });
    return warnings.join();
  };
  const header = (message: string, name: string) => `{ http_${message}_match: { headers: [ { name: ${name} } ] } }`;
  assert.match(
    await warningsFor(
      `{ and_match: { rules: [ ${header("request_headers", "X-Request-Id")}, { not_match: ${header("response_headers", "x-envoy-upstream-service-time")} } ] } }`,
    ),
    /^a rule looks at x-request-id, x-envoy-upstream-service-time, which Envoy adds/,
  );
  for (const rule of [
    header("response_headers", "x-request-id"),
    header("request_headers", "x-user"),
    "{ any_match: true }",
  ])
    assert.equal(await warningsFor(rule), "", rule);
});

describe("what an HTTP connection manager refuses", () => {
  const CASES: [name: string, text: string, expected: RegExp][] = [
    ["rds", bootstrap({ more: "rds: {}," }), /rds|route_config/],
    [
      "an unknown cluster",
      bootstrap({ route: ROUTE.replace("cluster: back", "cluster: bakc") }),
      /unknown cluster 'bakc'; did you mean back\?/,
    ],
    ["no router", bootstrap({ filters: TAP_V3 }), /the last HTTP filter must be envoy\.filters\.http\.router/],
    ["a router that is not last", bootstrap({ filters: `${ROUTER}, ${TAP_V3}` }), /must be the last one/],
    [
      "another filter",
      bootstrap({ filters: `{ name: envoy.filters.http.lua }, ${ROUTER}` }),
      /HTTP filter "envoy\.filters\.http\.lua" is not supported; no scripts are run/,
    ],
    [
      "admin_config without an admin listener",
      bootstrap({ filters: `${TAP_V2}, ${ROUTER}`, admin: false }),
      /there is no admin listener/,
    ],
    ["HTTP/3", bootstrap({ more: "codec_type: HTTP3," }), /HTTP3 is not supported/],
  ];
  for (const [name, text, expected] of CASES) {
    test(name, async () => {
      const error = await read(text).then(
        () => assert.fail("it was accepted"),
        (cause: unknown) => formatError(cause),
      );
      assert.match(error, expected);
    });
  }
});

test("a CONNECT that would be sent on to another proxy is refused, and so is what belongs to no tunnel", async () => {
  const routes = (route: string) =>
    `route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { connect_matcher: {} }, route: { cluster: back, ${route} } } ] } ] }`;
  const ends = "upgrade_configs: [ { upgrade_type: CONNECT, connect_config: {} } ]";
  const { listeners } = await read(
    bootstrap({ route: routes(ends), more: "upgrade_configs: [ { upgrade_type: CONNECT } ]," }),
  );
  const filter = listeners[0]!.filterChains[0]!.networkFilter;
  assert.ok(filter.kind === "http-connection-manager" && filter.routing.mode === "routed");
  assert.deepEqual(filter.routing.reasons, ["upgrade_configs: CONNECT", "match"]);
  await read(bootstrap({ route: routes("timeout: 1s") }));
  const refused: readonly (readonly [route: string, more: string, RegExp])[] = [
    [routes("timeout: 1s"), "upgrade_configs: [ { upgrade_type: CONNECT } ],", /CONNECT is not forwarded to endpoints/],
    [routes("upgrade_configs: [ { upgrade_type: CONNECT } ]"), "", /CONNECT is not forwarded to endpoints/],
    [
      routes("upgrade_configs: [ { upgrade_type: websocket, connect_config: {} } ]"),
      "",
      /Non-CONNECT upgrade type websocket has ConnectConfig/,
    ],
    [
      routes(ends.replace("{}", "{ allow_post: true }")),
      "",
      /allow_post is not supported; only CONNECT opens a tunnel/,
    ],
    [routes(ends), `${ends},`, /connect_config is not supported; it stands in the upgrade_configs of a route/],
  ];
  for (const [route, more, expected] of refused)
    await assert.rejects(read(bootstrap({ route, more })), (error) => expected.test(formatError(error as Error)));
});
