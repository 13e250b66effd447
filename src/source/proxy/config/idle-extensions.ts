import { type DocumentNode, noteWithoutEffect, reportRefusal } from "../../../wire/config-document/index.ts";
import type { ExtensionNames } from "./extension.ts";

/** An extension of Envoy's that changes nothing, as it stands here. */
export interface IdleExtension extends ExtensionNames {
  readonly reason: string;
  /** Fields with which it would change something. */
  readonly unless: readonly string[];
}

/** HTTP filters that change nothing, some of them only while these fields are not set. */
export const IDLE_HTTP_FILTERS = {
  grpc_stats: idle("http", "grpc_stats", "FilterConfig", "statistics of gRPC", []),
  cors: idle("http", "cors", "Cors", "it does something where a route has a policy: none here has one", []),
  fault: idle("http", "fault", "HTTPFault", "without a fault to inject it does nothing", [
    "delay",
    "abort",
    "response_rate_limit",
  ]),
  rbac: idle("http", "rbac", "RBAC", "without rules it lets everything pass", ["rules", "matcher"]),
  local_ratelimit: idle("http", "local_ratelimit", "LocalRateLimit", "it is enabled for 0 % of the requests", [
    "filter_enabled",
  ]),
  set_metadata: idle("http", "set_metadata", "Config", "metadata, which nothing here reads", []),
  json_to_metadata: idle("http", "json_to_metadata", "JsonToMetadata", "metadata, which nothing here reads", []),
  on_demand: idle("http", "on_demand", "OnDemand", "control planes, of which there is none", []),
  alternate_protocols_cache: idle(
    "http",
    "alternate_protocols_cache",
    "FilterConfig",
    "HTTP/3, which is not spoken",
    [],
  ),
} as const satisfies Record<string, IdleExtension>;

/** Network filters that only count, or do nothing while these fields are not set. */
export const IDLE_NETWORK_FILTERS = {
  rbac: idle("network", "rbac", "RBAC", "without rules it lets everything pass", ["rules", "matcher"]),
  mysql_proxy: idle("network", "mysql_proxy", "MySQLProxy", "statistics of MySQL", ["downstream_ssl"]),
  postgres_proxy: idle("network", "postgres_proxy", "PostgresProxy", "statistics of Postgres", [
    "terminate_ssl",
    "upstream_ssl",
    "downstream_ssl",
  ]),
  mongo_proxy: idle("network", "mongo_proxy", "MongoProxy", "statistics of MongoDB", ["delay"]),
  zookeeper_proxy: idle("network", "zookeeper_proxy", "ZooKeeperProxy", "statistics of ZooKeeper", []),
} as const satisfies Record<string, IdleExtension>;

/** Notes that an extension changes nothing, and reports the fields with which it would. */
export function checkIdle(config: DocumentNode, extension: IdleExtension, name: string): void {
  for (const { key, keyPlace } of config.kind === "mapping" ? config.entries : []) {
    const field = key.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (extension.unless.includes(field))
      reportRefusal(keyPlace, `${name}: ${field} is not supported`, "it changes or refuses what passes: leave it out");
  }
  noteWithoutEffect("filter", name);
}

function idle(
  layer: "http" | "network",
  name: string,
  message: string,
  reason: string,
  unless: readonly string[],
): IdleExtension {
  const isContrib = ["mysql_proxy", "postgres_proxy"].includes(name);
  const types = [`envoy.extensions.filters.${layer}.${name}.${isContrib ? "v3alpha" : "v3"}.${message}`];
  return { names: [`envoy.filters.${layer}.${name}`], types, reason, unless };
}
