import { MessageReader, refuse } from "../../../../wire/config-document/index.ts";
import type { ClusterConfig, ClusterDiscovery, LbPolicy } from "../../../dial/cluster-config.ts";
import { COMMON_LB, HASHING, LEAST_REQUEST, ROUND_ROBIN, ZONE_AWARE_LB } from "../fields/cluster-fields.ts";

const LB_POLICIES = {
  0: "ROUND_ROBIN",
  1: "LEAST_REQUEST",
  2: "RING_HASH",
  3: "RANDOM",
  4: "ORIGINAL_DST_LB",
  5: "MAGLEV",
  6: "CLUSTER_PROVIDED",
  7: "LOAD_BALANCING_POLICY_CONFIG",
} as const;

const POLICIES: Readonly<Record<string, LbPolicy>> = {
  ROUND_ROBIN: "ROUND_ROBIN",
  LEAST_REQUEST: "LEAST_REQUEST",
  RANDOM: "RANDOM",
  RING_HASH: "RANDOM",
  MAGLEV: "RANDOM",
};

type Field =
  | "lb_policy"
  | "least_request_lb_config"
  | "round_robin_lb_config"
  | "ring_hash_lb_config"
  | "maglev_lb_config"
  | "common_lb_config";

export type Balancing = Pick<
  ClusterConfig,
  "lbPolicy" | "choiceCount" | "activeRequestBias" | "panicThresholdPercent" | "isLocalityWeighted"
>;

/** Reads how a cluster's endpoints are chosen. Throws TaplineError (`configuration`). */
export function readLoadBalancing(message: MessageReader<Field>, type: ClusterDiscovery["type"]): Balancing {
  const name = message.enumeration("lb_policy", LB_POLICIES) ?? "ROUND_ROBIN";
  const isNamed = type === "DYNAMIC";
  if (isNamed && name !== "CLUSTER_PROVIDED")
    refuse(
      message.placeOf("lb_policy"),
      `lb_policy: ${name}, where requests name the endpoints`,
      "use CLUSTER_PROVIDED",
    );
  const lbPolicy = isNamed ? "ROUND_ROBIN" : POLICIES[name];
  if (lbPolicy === undefined)
    return refuse(
      message.placeOf("lb_policy"),
      `lb_policy: ${name} is not supported`,
      "expected ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH or MAGLEV",
    );
  for (const field of ["ring_hash_lb_config", "maglev_lb_config"] as const) {
    const node = message.node(field);
    if (node !== undefined) new MessageReader(node, HASHING);
  }
  const turns = message.node("round_robin_lb_config");
  if (turns !== undefined) new MessageReader(turns, ROUND_ROBIN);
  const least = message.node("least_request_lb_config");
  const common = message.node("common_lb_config");
  return {
    lbPolicy,
    ...(least !== undefined && readLeastRequest(new MessageReader(least, LEAST_REQUEST))),
    ...(common !== undefined && readCommon(new MessageReader(common, COMMON_LB))),
  };
}

function readLeastRequest(message: MessageReader<(typeof LEAST_REQUEST.fields)[number]>) {
  const choiceCount = message.integer("choice_count", { least: 2n, most: 0xffffffffn });
  const bias = message.node("active_request_bias");
  const value =
    bias && new MessageReader(bias, RUNTIME_DOUBLE).number("default_value", { least: 0, most: Number.MAX_VALUE });
  return {
    ...(choiceCount !== undefined && { choiceCount: Number(choiceCount) }),
    ...(value !== undefined && { activeRequestBias: value }),
  };
}

const RUNTIME_DOUBLE = { name: "RuntimeDouble", fields: ["default_value"], labels: ["runtime_key"] } as const;

function readCommon(message: MessageReader<(typeof COMMON_LB.fields)[number]>) {
  const panic = message.node("healthy_panic_threshold");
  const zones = message.node("zone_aware_lb_config");
  if (zones !== undefined) new MessageReader(zones, ZONE_AWARE_LB);
  const percent = panic && (new MessageReader(panic, PERCENT).number("value", { least: 0, most: 100 }) ?? 0);
  return {
    ...(percent !== undefined && { panicThresholdPercent: percent }),
    ...(message.has("locality_weighted_lb_config") && { isLocalityWeighted: true as const }),
  };
}

const PERCENT = { name: "Percent", fields: ["value"] } as const;
