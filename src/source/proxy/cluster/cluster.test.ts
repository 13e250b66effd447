import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SILENT_LOGGER } from "../../../model/index.ts";
import type { ClusterConfig, ClusterDiscovery } from "../../dial/cluster-config.ts";
import { Counters } from "../counters.ts";
import { Cluster } from "./cluster.ts";
import { type Lookup, resolveHosts } from "./resolve-endpoints.ts";

const V4 = { address: "10.0.0.1", family: 4 };
const V4_TOO = { address: "10.0.0.2", family: 4 };
const V6 = { address: "fd00::1", family: 6 };

function clusterOf(discovery: ClusterDiscovery, addresses: readonly string[], lookup: Lookup): Cluster {
  const config: ClusterConfig = {
    name: "service",
    discovery,
    connectTimeoutMillis: 1000,
    lbPolicy: "ROUND_ROBIN",
    endpoints: addresses.map((address) => ({ address: { kind: "ip", address, port: 80 }, place: {} })),
    transportSocket: { kind: "raw" },
    bufferLimitBytes: 1 << 20,
    place: {},
  };
  return new Cluster(config, { counters: new Counters(), logger: SILENT_LOGGER, lookup });
}

const addressesOf = (cluster: Cluster) => cluster.hosts.map(({ address }) => address.kind === "ip" && address.address);
const never: Lookup = () => assert.fail("looked up");

test("a static cluster's endpoints take turns", () => {
  const cluster = clusterOf({ type: "STATIC" }, ["10.0.0.1", "10.0.0.2"], never);
  const turns = Array.from({ length: 4 }, () => cluster.nextHost()?.address);
  assert.deepEqual(
    turns.map((address) => address?.kind === "ip" && address.address),
    ["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"],
  );
});

test("with STRICT_DNS every address of a name is an endpoint, and an IP literal is one as it stands", async () => {
  const discovery = { type: "STRICT_DNS", refreshRateMillis: 60_000, lookupFamily: "AUTO" } as const;
  const cluster = clusterOf(discovery, ["service.example", "192.0.2.7"], async () => [V4, V4_TOO]);
  assert.equal(cluster.nextHost(), undefined);
  await cluster.start();
  assert.deepEqual(addressesOf(cluster), ["10.0.0.1", "10.0.0.2", "192.0.2.7"]);
  cluster.stop();
});

test("with LOGICAL_DNS the first address is the endpoint", async () => {
  const discovery = { type: "LOGICAL_DNS", refreshRateMillis: 60_000, lookupFamily: "V4_ONLY" } as const;
  const cluster = clusterOf(discovery, ["service.example"], async () => [V4, V4_TOO]);
  await cluster.start();
  assert.deepEqual(addressesOf(cluster), ["10.0.0.1"]);
  cluster.stop();
});

test("names are resolved again, and what was known stays while that fails", async () => {
  const answers = [[V4], new Error("SERVFAIL"), [V4_TOO]];
  let asked = 0;
  const lookup: Lookup = async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const discovery = { type: "STRICT_DNS", refreshRateMillis: 5, lookupFamily: "AUTO" } as const;
  const cluster = clusterOf(discovery, ["service.example"], lookup);
  await cluster.start();
  assert.deepEqual(addressesOf(cluster), ["10.0.0.1"]);
  while (asked < 2) await sleep(1);
  assert.equal(cluster.hosts.length, 1);
  while (asked < 4) await sleep(1);
  assert.deepEqual(addressesOf(cluster), ["10.0.0.2"]);
  cluster.stop();
});

test("the address family is chosen as dns_lookup_family says", async () => {
  const name = { kind: "ip", address: "service.example", port: 80 } as const;
  const both: Lookup = async () => [V4, V6];
  const cases = [
    ["AUTO", "fd00::1", ["10.0.0.1"]],
    ["V4_PREFERRED", "10.0.0.1", ["fd00::1"]],
    ["V4_ONLY", "10.0.0.1", []],
    ["V6_ONLY", "fd00::1", []],
  ] as const;
  for (const [family, address, alternatives] of cases)
    assert.deepEqual(
      await resolveHosts(name, family, both),
      [
        {
          address: { kind: "ip", address, port: 80 },
          alternatives: alternatives.map((other) => ({ kind: "ip", address: other, port: 80 })),
        },
      ],
      family,
    );
  assert.equal((await resolveHosts(name, "ALL", both)).length, 2);
  await assert.rejects(
    resolveHosts(name, "V6_ONLY", async () => [V4]),
    /no address of the family/,
  );
});
