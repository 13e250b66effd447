/** The objects of `deploy filter`, merged by hand into a bootstrap as Istio would: a real Envoy starts with them, and reports. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ledger, MemoryBudget } from "../../src/model/index.ts";
import { buildEnvoyFilter } from "../../src/sink/kubernetes/filter/envoy-filter.ts";
import { type FilterCode, type FilterOptions, MOUNT_PATH } from "../../src/sink/kubernetes/filter/filter-options.ts";
import { TraceReceiver } from "../../src/source/receive-traces/index.ts";
import { readShippedFilter, SHIPPED_FILTER_NAME, SHIPPED_FILTER_URL } from "../../src/source/shipped-filter.ts";
import { findFreePorts, startProgram, waitForPort } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const envoy = findEnvoy();
let cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

interface Patch {
  readonly applyTo: string;
  readonly match: { readonly context: string };
  readonly patch: { readonly value: object };
}

describe("the EnvoyFilter in a real Envoy", { skip: envoy.skip }, () => {
  const filter = readShippedFilter()!;
  const local = { kind: "config-map", configMap: "c", file: SHIPPED_FILTER_NAME, bytes: filter.bytes } as const;
  const VARIANTS: readonly [name: string, code: (port: number) => FilterCode, options: Partial<FilterOptions>][] = [
    ["from the ConfigMap's file", () => local, {}],
    ["that is tried again", () => local, { onFailure: "fail-reload", samplingPort: 0 }],
    [
      "fetched from the receiver",
      (port) => ({ kind: "remote", url: `http://127.0.0.1:${port}/${SHIPPED_FILTER_NAME}`, sha256: filter.sha256 }),
      {},
    ],
  ];
  for (const [name, code, more] of VARIANTS)
    test(`${name}: it starts, and every request is reported once`, async () => {
      const service = createServer((_request, response) => void response.end("answer"));
      service.listen(0, "127.0.0.1");
      await once(service, "listening");
      cleanups.push(() => service.close());
      const paths: string[] = [];
      const receiver = new TraceReceiver({
        listen: { kind: "ip", address: "127.0.0.1", port: 0 },
        ledger: new Ledger(),
        budget: new MemoryBudget(10_000_000),
        take: (exchange) => {
          paths.push(exchange.request?.target ?? "");
          return "taken";
        },
      });
      const { port: backend } = await receiver.start();
      cleanups.push(() => receiver.stop(0));
      const options: FilterOptions = {
        address: "127.0.0.1",
        port: backend,
        format: "scn",
        configuration: {},
        inbound: false,
        onFailure: "fail-open",
        as: "envoy-filter",
        code: code(backend),
        ...more,
        ...(more.samplingPort !== undefined && { samplingPort: backend }),
      };
      const { path: folder, remove } = makeTemporaryFolder();
      cleanups.push(remove);
      const [port, admin] = (await findFreePorts(2)) as [number, number];
      const config = join(folder, "envoy.json");
      writeFileSync(config, mergeByHand(options, port, admin, (service.address() as AddressInfo).port));
      const program = startProgram(envoy.path, [
        "-c",
        config,
        "--concurrency",
        "1",
        "--use-dynamic-base-id",
        "-l",
        "warn",
      ]);
      cleanups.push(() => program.stop());
      await waitForPort(port, 60);
      // While the file is being fetched, fail_open lets requests pass unseen.
      for (let attempt = 0; attempt < 2400 && paths.length === 0; attempt++) {
        assert.equal(await (await fetch(`http://127.0.0.1:${port}/warm`)).text(), "answer", program.output());
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      for (let i = 0; i < 10; i++) await (await fetch(`http://127.0.0.1:${port}/${i}`)).text();
      await until(() => paths.filter((path) => path !== "/warm").length >= 10, "they are reported");
      assert.deepEqual(
        paths.filter((path) => path !== "/warm").sort(),
        Array.from({ length: 10 }, (_, i) => `/${i}`),
      );
    });
});

/** As Istio does it for the outbound side of a sidecar: the filter before the router, the clusters beside the others. */
function mergeByHand(options: FilterOptions, port: number, admin: number, service: number): string {
  const { configPatches } = buildEnvoyFilter(options, "shop")["spec"] as { configPatches: readonly Patch[] };
  const valuesOf = (applyTo: string) =>
    configPatches
      .filter((one) => one.applyTo === applyTo && one.match.context === "SIDECAR_OUTBOUND")
      .map(({ patch }) => patch.value);
  const address = (at: number) => ({ socket_address: { address: "127.0.0.1", port_value: at } });
  const types = "type.googleapis.com/envoy.extensions.filters";
  const cluster = (name: string, at: number) => ({
    name,
    connect_timeout: "60s",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: address(at) } }] }] },
  });
  const route = { match: { prefix: "/" }, route: { cluster: "back" } };
  const manager = {
    "@type": `${types}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "out",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] },
    http_filters: [
      ...valuesOf("HTTP_FILTER"),
      { name: "envoy.filters.http.router", typed_config: { "@type": `${types}.http.router.v3.Router` } },
    ],
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  const bootstrap = {
    admin: { address: address(admin) },
    static_resources: {
      listeners: [{ name: "out", address: address(port), filter_chains: [{ filters }] }],
      clusters: [cluster("back", service), ...valuesOf("CLUSTER")],
    },
  };
  // The ConfigMap is mounted elsewhere here.
  return JSON.stringify(bootstrap).replaceAll(MOUNT_PATH, dirname(fileURLToPath(SHIPPED_FILTER_URL)));
}
