import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../../wire/config-document/index.ts";
import type { ClusterDiscovery, ClusterEndpoint } from "../../dial/cluster-config.ts";
import { readAddress } from "./read-address.ts";

const LOAD_ASSIGNMENT = {
  name: "ClusterLoadAssignment",
  fields: ["endpoints"],
  inert: ["cluster_name"],
  unsupported: { named_endpoints: "", policy: "" },
} as const satisfies MessageShape<string>;

const LOCALITY_ENDPOINTS = {
  name: "LocalityLbEndpoints",
  fields: ["lb_endpoints", "load_balancing_weight"],
  // Without locality-aware balancing it is a label.
  inert: ["locality", "metadata"],
  unsupported: { priority: "", proximity: "", load_balancer_endpoints: "", leds_cluster_locality_config: "" },
} as const satisfies MessageShape<string>;

const LB_ENDPOINT = {
  name: "LbEndpoint",
  fields: ["endpoint", "health_status", "load_balancing_weight"],
  inert: ["metadata"],
  unsupported: { endpoint_name: "" },
} as const satisfies MessageShape<string>;

const ENDPOINT = {
  name: "Endpoint",
  fields: ["address"],
  // Used by health checks, which do not exist here, and by the HTTP host rewrite.
  inert: ["health_check_config", "hostname"],
  unsupported: { additional_addresses: "add an endpoint for each" },
} as const satisfies MessageShape<string>;

const HEALTH = { 0: "UNKNOWN", 1: "HEALTHY", 2: "UNHEALTHY", 3: "DRAINING", 4: "TIMEOUT", 5: "DEGRADED" } as const;

/** Reads `ClusterLoadAssignment`: all its endpoints, in their order. Throws TaplineError (`configuration`). */
export function readLoadAssignment(node: DocumentNode, type: ClusterDiscovery["type"]): ClusterEndpoint[] {
  const localities = new MessageReader(node, LOAD_ASSIGNMENT).list("endpoints");
  const weights = new EqualWeights();
  return localities.flatMap((locality) => {
    const message = new MessageReader(locality, LOCALITY_ENDPOINTS);
    const endpointWeights = new EqualWeights();
    weights.add(message);
    return message.list("lb_endpoints").map((item) => {
      const lbEndpoint = new MessageReader(item, LB_ENDPOINT);
      endpointWeights.add(lbEndpoint);
      const health = lbEndpoint.enumeration("health_status", HEALTH) ?? "UNKNOWN";
      if (health !== "UNKNOWN" && health !== "HEALTHY")
        refuse(
          lbEndpoint.placeOf("health_status"),
          `health_status: ${health} is not supported`,
          "leave the endpoint out",
        );
      const endpoint = new MessageReader(lbEndpoint.requiredNode("endpoint"), ENDPOINT);
      return readEndpoint(endpoint.requiredNode("address"), type);
    });
  });
}

/** Reads the `hosts` of a v2 cluster: a list of addresses. */
export function readHosts(nodes: readonly DocumentNode[], type: ClusterDiscovery["type"]): ClusterEndpoint[] {
  return nodes.map((node) => readEndpoint(node, type));
}

function readEndpoint(node: DocumentNode, type: ClusterDiscovery["type"]): ClusterEndpoint {
  const { endpoint } = readAddress(node, type === "STATIC" ? "addresses-only" : "names-allowed");
  if (endpoint.kind === "pipe" && type !== "STATIC")
    refuse(node.place, `a ${type} cluster cannot have a pipe as an endpoint`, "use type STATIC");
  if (endpoint.kind === "ip" && endpoint.port === 0) refuse(node.place, "port_value: an endpoint's port must not be 0");
  return { address: endpoint, place: node.place };
}

/** Endpoints are taken in turn: weights are accepted as long as they say the same. */
class EqualWeights {
  #first: number | undefined;

  add(message: MessageReader<"load_balancing_weight">): void {
    const weight = message.uint32("load_balancing_weight") ?? 1;
    this.#first ??= weight;
    if (weight !== this.#first)
      refuse(
        message.placeOf("load_balancing_weight"),
        "load_balancing_weight: different weights are not supported",
        "endpoints are taken in turn",
      );
  }
}
