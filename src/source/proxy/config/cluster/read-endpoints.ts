import {
  type DocumentNode,
  FollowingError,
  MessageReader,
  readEach,
  refuse,
} from "../../../../wire/config-document/index.ts";
import type { ClusterConfig, ClusterDiscovery, ClusterEndpoint } from "../../../dial/cluster-config.ts";
import {
  ASSIGNMENT_POLICY,
  ENDPOINT,
  ENDPOINT_ADDRESS,
  LB_ENDPOINT,
  LOAD_ASSIGNMENT,
  LOCALITY_ENDPOINTS,
} from "../fields/cluster-fields.ts";
import { readAddress } from "../read-address.ts";
import { readMeshNamespace } from "./read-mesh-namespace.ts";

const HEALTH = { 0: "UNKNOWN", 1: "HEALTHY", 2: "UNHEALTHY", 3: "DRAINING", 4: "TIMEOUT", 5: "DEGRADED" } as const;

/** Reads `ClusterLoadAssignment`: all its endpoints, in their order. Throws TaplineError (`configuration`). */
export function readLoadAssignment(
  node: DocumentNode,
  type: ClusterDiscovery["type"],
): Pick<ClusterConfig, "endpoints" | "overprovisioning"> {
  const assignment = new MessageReader(node, LOAD_ASSIGNMENT);
  const policy = assignment.node("policy");
  const factor =
    policy && new MessageReader(policy, ASSIGNMENT_POLICY).integer("overprovisioning_factor", { least: 1n });
  const localities = assignment.list("endpoints");
  const endpoints = readEach(localities, (locality, index) => readLocality(locality, index, type));
  if (endpoints.length < localities.length) throw new FollowingError(node.place);
  return {
    endpoints: endpoints.flat(),
    ...(factor !== undefined && { overprovisioning: Number(factor) / 100 }),
  };
}

/** Reads the `hosts` of a v2 cluster: a list of addresses. */
export function readHosts(nodes: readonly DocumentNode[], type: ClusterDiscovery["type"]): ClusterEndpoint[] {
  return nodes.map((node) => ({ address: readHost(node, type), place: node.place }));
}

function readLocality(node: DocumentNode, index: number, type: ClusterDiscovery["type"]): ClusterEndpoint[] {
  const message = new MessageReader(node, LOCALITY_ENDPOINTS);
  const priority = Number(message.integer("priority", { most: 128n }) ?? 0n);
  const weight = message.uint32("load_balancing_weight");
  return message.list("lb_endpoints").map((item) => ({
    ...readEndpoint(item, type),
    ...(priority !== 0 && { priority }),
    // A locality without a weight gets no load where localities are weighed.
    locality: { index, weight: weight ?? 0 },
  }));
}

function readEndpoint(node: DocumentNode, type: ClusterDiscovery["type"]): ClusterEndpoint {
  const message = new MessageReader(node, LB_ENDPOINT);
  const weight = message.integer("load_balancing_weight", { least: 1n, most: 0xffffffffn });
  const status = message.enumeration("health_status", HEALTH) ?? "UNKNOWN";
  const endpoint = new MessageReader(message.requiredNode("endpoint"), ENDPOINT);
  const hostname = endpoint.string("hostname") ?? "";
  const namespace = readMeshNamespace(message.node("metadata"));
  const address = endpoint.requiredNode("address");
  const alternatives = endpoint
    .list("additional_addresses")
    .map((item) => readHost(new MessageReader(item, ENDPOINT_ADDRESS).requiredNode("address"), type));
  return {
    address: readHost(address, type),
    ...(alternatives.length > 0 && { alternatives }),
    ...(weight !== undefined && weight !== 1n && { weight: Number(weight) }),
    ...(status === "DEGRADED" && { health: "degraded" }),
    ...(["UNHEALTHY", "DRAINING", "TIMEOUT"].includes(status) && { health: "unhealthy" }),
    ...(hostname !== "" && { hostname }),
    ...(namespace !== undefined && { namespace }),
    place: address.place,
  };
}

function readHost(node: DocumentNode, type: ClusterDiscovery["type"]): ClusterEndpoint["address"] {
  const { endpoint } = readAddress(node, type === "STATIC" ? "addresses-only" : "names-allowed");
  if (endpoint.kind === "pipe" && type !== "STATIC")
    refuse(node.place, `a ${type} cluster cannot have a pipe as an endpoint`, "use type STATIC");
  if (endpoint.kind === "ip" && endpoint.port === 0) refuse(node.place, "port_value: an endpoint's port must not be 0");
  return endpoint;
}
