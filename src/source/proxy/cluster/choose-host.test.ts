import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import type { ClusterEndpoint } from "../../dial/cluster-config.ts";
import { HostChooser } from "./choose-host.ts";
import type { Host } from "./resolve-endpoints.ts";

function host(port: number, endpoint: Partial<ClusterEndpoint> = {}): Host {
  const address = { kind: "ip", address: "10.0.0.1", port } as const;
  return { address, alternatives: [], endpoint: { address, place: {}, ...endpoint } };
}

/** How often each port is chosen. */
function count(chooser: HostChooser, hosts: readonly Host[], rounds: number): Record<number, number> {
  const counts: Record<number, number> = {};
  for (let round = 0; round < rounds; round++) {
    const { address } = chooser.choose(hosts)!;
    if (address.kind === "ip") counts[address.port] = (counts[address.port] ?? 0) + 1;
  }
  return counts;
}

describe("endpoints are chosen as Envoy chooses them", () => {
  const source = new Random(7);
  const random = () => source.below(2 ** 30) / 2 ** 30;
  const near = (actual: number | undefined, expected: number) =>
    assert.ok(Math.abs((actual ?? 0) - expected) < 60, `${actual}, expected about ${expected}`);

  test("in turn, by weight", () => {
    const chooser = new HostChooser({ lbPolicy: "ROUND_ROBIN" });
    assert.deepEqual(count(chooser, [host(1, { weight: 3 }), host(2)], 400), { 1: 300, 2: 100 });
  });

  test("at random", () => {
    const counts = count(new HostChooser({ lbPolicy: "RANDOM" }, random), [host(1), host(2)], 1000);
    near(counts[1], 500);
  });

  test("the one with fewer requests of two that are drawn", () => {
    const chooser = new HostChooser({ lbPolicy: "LEAST_REQUEST" }, random);
    const hosts = [host(1), host(2)];
    const over = Array.from({ length: 5 }, () => chooser.begin(hosts[0]!));
    const counts = count(chooser, hosts, 1000);
    // Both draws fall on the busy one in a quarter of the cases.
    near(counts[1], 250);
    for (const end of over) end();
    near(count(chooser, hosts, 1000)[1], 500);
  });

  test("the next priority only as far as the first is out of order", () => {
    const settings = { lbPolicy: "ROUND_ROBIN" } as const;
    const second = host(9, { priority: 1 });
    assert.deepEqual(count(new HostChooser(settings, random), [host(1), second], 100), { 1: 100 });
    // Half of the first carry 1.4 times their share, the second priority the rest.
    const half = [host(1), host(2, { health: "unhealthy" }), second];
    const counts = count(new HostChooser(settings, random), half, 1000);
    near(counts[1], 700);
    near(counts[9], 300);
    assert.deepEqual(count(new HostChooser(settings, random), [host(1, { health: "unhealthy" }), second], 100), {
      9: 100,
    });
  });

  test("all of them in panic, none where that is switched off", () => {
    const sick = [host(1, { health: "unhealthy" }), host(2, { health: "unhealthy" })];
    assert.deepEqual(count(new HostChooser({ lbPolicy: "ROUND_ROBIN" }, random), sick, 100), { 1: 50, 2: 50 });
    assert.equal(
      new HostChooser({ lbPolicy: "ROUND_ROBIN", panicThresholdPercent: 0 }, random).choose(sick),
      undefined,
    );
  });

  test("a locality by its weight, where that is asked for", () => {
    const hosts = [host(1, { locality: { index: 0, weight: 9 } }), host(2, { locality: { index: 1, weight: 1 } })];
    near(count(new HostChooser({ lbPolicy: "ROUND_ROBIN", isLocalityWeighted: true }, random), hosts, 1000)[1], 900);
    assert.deepEqual(count(new HostChooser({ lbPolicy: "ROUND_ROBIN" }, random), hosts, 100), { 1: 50, 2: 50 });
  });
});
