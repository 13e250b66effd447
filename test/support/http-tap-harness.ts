import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { StreamWatchers } from "../../src/analysis/stream-watchers.ts";
import { type CreateProxyOptions, createProxy, type TappedProxy } from "../../src/cli/proxy/create-proxy.ts";
import { startAdmin } from "../../src/cli/proxy/start-admin.ts";
import type { IpEndpoint } from "../../src/model/index.ts";
import { SILENT_LOGGER } from "../../src/model/index.ts";
import type { AdminServer } from "../../src/sink/admin/admin-server.ts";
import { parseProxyConfig } from "../../src/source/proxy/config/parse-proxy-config.ts";
import { StreamContract } from "./stream-contract.ts";

/** A whole proxy with its admin listener, in this process. */
export interface TappedHarness {
  readonly tapped: TappedProxy;
  /** The ports of the first listener and of the admin listener. */
  readonly port: number;
  readonly admin: number;
  /** A number of `/stats`. */
  statistic(name: string): number | undefined;
  /** Reads another configuration, as SIGHUP does. */
  reload(bootstrap: string): Promise<void>;
  /** Ends it, waits until all traces are written, and asserts that nothing is held any more. */
  stop(): Promise<void>;
}

/** Runs a bootstrap with an admin listener, on ports that the system chooses. */
export async function startTapped(bootstrap: string, show?: CreateProxyOptions["show"]): Promise<TappedHarness> {
  const parse = (text: string) => parseProxyConfig(text, { readFile: (path) => readFileSync(path) });
  const config = await parse(bootstrap);
  const tapped = createProxy(config, {
    logger: SILENT_LOGGER,
    memoryBytes: 64 * 1024 * 1024,
    share: { index: 0, count: 1, startedMillis: Date.now() },
    show,
    // Whatever a conversation is, its streams are told of as the contract says.
    streams: new StreamWatchers((observer) => new StreamContract([observer])),
  });
  await tapped.run(config);
  const admin = (await startAdmin(
    config.admin,
    tapped.createRoutes(() => "LIVE"),
    SILENT_LOGGER,
  )) as AdminServer;
  return {
    tapped,
    port: (tapped.proxy.addresses[0]!.address as IpEndpoint).port,
    admin: (admin.address as IpEndpoint).port,
    statistic: (wanted) => tapped.statistics().statistics.find(({ name }) => name === wanted)?.value,
    reload: async (text) => tapped.run(await parse(text)),
    stop: async () => {
      tapped.proxy.stop();
      admin.close();
      tapped.finishAnalysis();
      await tapped.sinks.close();
      assert.deepEqual(
        tapped.ledger.unsettled.map(({ name }) => name),
        [],
      );
      assert.equal(tapped.budget.used, 0);
      const faults = tapped.statistics().statistics.find(({ name }) => name === "tap.observer_faults");
      assert.equal(faults?.value ?? 0, 0, "no observer failed");
    },
  };
}

/** A bootstrap with one listener that goes to `service`, and these HTTP taps (YAML flow mappings of Envoy's `Tap`). */
export function writeHttpBootstrap(service: number, taps: readonly string[], manager = "stat_prefix: front"): string {
  const types = "type.googleapis.com/envoy.extensions.filters";
  const filters = taps
    .map((tap) => `{ name: tap, typed_config: { "@type": ${types}.http.tap.v3.Tap, ${tap} } }, `)
    .join("");
  return `admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
static_resources:
  listeners:
  - name: front
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${types}.network.http_connection_manager.v3.HttpConnectionManager
          ${manager}
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: back } } ] } ] }
          http_filters: [ ${filters}{ name: router, typed_config: { "@type": ${types}.http.router.v3.Router } } ]
  clusters:
  - { name: back, load_assignment: { cluster_name: back, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${service} } } } } ] } ] } }
`;
}
