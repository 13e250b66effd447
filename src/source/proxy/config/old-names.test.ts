/** Filters by the names and types that they had before Envoy 1.14: public bootstraps have them still. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { TaplineError } from "../../../model/index.ts";
import { parseProxyConfig } from "./parse-proxy-config.ts";

/** Those that change nothing, as HTTP or network filter. */
const IDLE: readonly (readonly [layer: "http" | "network", filter: object])[] = [
  ["http", { name: "envoy.cors" }],
  ["http", { name: "envoy.cors", config: {} }],
  ["http", { name: "envoy.fault", config: {} }],
  ["http", typed("envoy.config.filter.http.cors.v2.Cors")],
  ["http", typed("envoy.config.filter.http.rbac.v2.RBAC")],
  ["http", typed("envoy.config.filter.http.grpc_stats.v2alpha.FilterConfig")],
  ["network", { name: "envoy.mongo_proxy", config: { stat_prefix: "m" } }],
  ["network", { ...typed("envoy.extensions.filters.network.mysql_proxy.v3.MySQLProxy") }],
  ["network", typed("envoy.config.filter.network.zookeeper_proxy.v1alpha1.ZooKeeperProxy")],
];

/** Those that would change something. */
const REFUSED: readonly (readonly [layer: "http" | "network", filter: object, advice: RegExp])[] = [
  ["http", { name: "envoy.lua", config: {} }, /no scripts are run/],
  ["http", { name: "envoy.rate_limit", config: {} }, /holds requests back/],
  ["http", { name: "envoy.http_dynamo_filter", config: {} }, /DynamoDB/],
  ["http", typed("envoy.config.filter.http.buffer.v2.Buffer"), /bodies are streamed/],
  ["http", typed("envoy.extensions.filters.http.golang.v3alpha.Config"), /there are no modules/],
  ["network", { name: "envoy.redis_proxy", config: {} }, /bytes are forwarded as they are/],
  ["network", typed("envoy.config.filter.network.thrift_proxy.v2alpha1.ThriftProxy"), /forwarded as they are/],
];

const ROUTE_CORS = "type.googleapis.com/envoy.extensions.filters.http.cors.v3";

describe("filters by their old names", () => {
  for (const [layer, filter] of IDLE)
    test(`${JSON.stringify(filter)} is without effect`, async () => {
      const { withoutEffect } = await parse(layer, filter);
      assert.equal(withoutEffect.length, 1);
    });

  for (const key of ["envoy.cors", "envoy.filters.http.cors"])
    test(`a route's own ${key} wakes a filter of the old name`, async () => {
      const perRoute = { [key]: { "@type": `${ROUTE_CORS}.CorsPolicy`, allow_origin_string_match: [{ exact: "a" }] } };
      const error = await parse("http", { name: "envoy.cors" }, perRoute).then(
        () => assert.fail("it is taken"),
        (refused: TaplineError) => refused,
      );
      assert.match(error.message, /^typed_per_filter_config: envoy\.\S*cors is not supported$/);
    });

  for (const [layer, filter, advice] of REFUSED)
    test(`${JSON.stringify(filter)} is refused by name`, async () => {
      const error = await parse(layer, filter).then(
        () => assert.fail("it is taken"),
        (refused: TaplineError) => refused,
      );
      assert.match(error.message, /is not supported$/);
      assert.match(String(error.hint), advice);
    });
});

function typed(type: string): object {
  return { name: "x", typed_config: { "@type": `type.googleapis.com/${type}` } };
}

function parse(layer: "http" | "network", filter: object, perRoute: object = {}) {
  const TYPE = "type.googleapis.com/envoy.extensions.filters.network";
  const manager = {
    name: "envoy.http_connection_manager",
    typed_config: {
      "@type": `${TYPE}.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: "h",
      route_config: {
        virtual_hosts: [
          {
            name: "v",
            domains: ["*"],
            routes: [{ match: { prefix: "/" }, route: { cluster: "c" }, typed_per_filter_config: perRoute }],
          },
        ],
      },
      http_filters: [...(layer === "http" ? [filter] : []), { name: "envoy.router" }],
    },
  };
  const address = { socket_address: { address: "127.0.0.1", port_value: 9 } };
  const bootstrap = {
    static_resources: {
      listeners: [
        { name: "l", address, filter_chains: [{ filters: layer === "http" ? [manager] : [filter, manager] }] },
      ],
      clusters: [
        {
          name: "c",
          load_assignment: {
            cluster_name: "c",
            endpoints: [
              {
                lb_endpoints: [{ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: 10 } } } }],
              },
            ],
          },
        },
      ],
    },
  };
  return parseProxyConfig(JSON.stringify(bootstrap), { file: "e.json", readFile: (file) => readFileSync(file) });
}
