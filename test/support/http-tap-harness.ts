import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { StreamWatchers } from "../../src/analysis/stream-watchers.ts";
import { type CreateProxyOptions, createProxy, type TappedProxy } from "../../src/cli/proxy/create-proxy.ts";
import { startAdmin } from "../../src/cli/proxy/start-admin.ts";
import type { IpEndpoint } from "../../src/model/index.ts";
import { SILENT_LOGGER } from "../../src/model/index.ts";
import type { AdminServer } from "../../src/sink/admin/admin-server.ts";
import { parseProxyConfig } from "../../src/source/proxy/config/parse-proxy-config.ts";
import { holdBooks, sizeOfTraceFiles } from "./proxy-books.ts";
import { inThisProcess } from "./proxy-harness.ts";
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
  holdBooks(inThisProcess(tapped.proxy, bootstrap, (admin.address as IpEndpoint).port));
  const before = sizeOfTraceFiles(bootstrap);
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
      if (tapped.sinks.deletedFiles === 0)
        assert.equal(tapped.ledger.book("trace-file-bytes").handled, sizeOfTraceFiles(bootstrap) - before);
    },
  };
}

export { writeHttpBootstrap } from "./http-bootstrap.ts";
