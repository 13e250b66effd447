import { randomBytes } from "node:crypto";
import {
  type ConnectionTap,
  formatEndpoint,
  formatError,
  Ledger,
  type Logger,
  MemoryBudget,
  TaplineError,
} from "../../model/index.ts";
import { type AdminRoute, AdminServer } from "../../sink/admin/admin-server.ts";
import { readyRoute, statsRoute } from "../../sink/admin/routes.ts";
import { TapRegistry } from "../../sink/admin/tap-registry.ts";
import { createTapRoutes } from "../../sink/admin/tap-routes.ts";
import type { AdminConfig, NodeConfig, ProxyConfig } from "../../source/proxy/config/config.ts";
import { Counters } from "../../source/proxy/counters.ts";
import { TapProxy } from "../../source/proxy/tap-proxy.ts";
import { ConnectionIds, type IdShare } from "../../tap/index.ts";
import { createHttpTaps } from "./http-taps.ts";
import { handleSignals } from "./signals.ts";
import { createSocketTaps } from "./socket-taps.ts";
import { TapSinks } from "./tap-sinks.ts";

export interface ProxyProcessOptions {
  /** Reads the configuration: at the start, and again at SIGHUP. Throws TaplineError. */
  readonly load: () => Promise<ProxyConfig>;
  readonly logger: Logger;
  /** How long SIGTERM waits for connections to end. */
  readonly drainMillis: number;
  readonly memoryBytes: number;
  readonly share: IdShare;
  /** What is said of this proxy to those it sends traces to, whatever the configuration says. */
  readonly node?: Partial<NodeConfig>;
  /** Further taps, on every connection. */
  readonly extraTaps?: readonly ConnectionTap[];
  /** Called when it listens. */
  readonly onListening?: (proxy: TapProxy) => void;
  /** Called when a signal has asked it to end, before connections are closed. */
  readonly onStopping?: () => void;
}

/**
 * Runs a proxy until a signal ends it, then closes what is open, finishes the traces, says what was lost and sets the exit
 * code. Gives its promise back once the proxy has ended.
 *
 * @throws TaplineError when it cannot start
 */
export async function runProxyProcess(options: ProxyProcessOptions): Promise<void> {
  const { logger, share } = options;
  const config = await options.load();
  const { proxy, taps } = createProxy(config, options);
  const { counters, ledger, budget, sinks, registry } = taps;
  await proxy.run(config);
  let draining = false;
  const stats = () => ({ counters: counters.format(), ledger: ledger.format() });
  const tapRoutes = createTapRoutes({
    registry,
    leaseSink: (tap) => sinks.lease(tap),
    clusters: () => sinks.clusters.map(({ name }) => name),
    budget,
    book: ledger.book("admin-documents"),
  });
  const adminConfig = share.count > 1 ? undefined : config.admin;
  const admin = await startAdmin(adminConfig, () => draining, stats, proxy, logger, tapRoutes).catch((error) => {
    proxy.stop();
    throw error;
  });
  for (const { name, address } of proxy.addresses)
    logger.info({ listener: name, address: formatEndpoint(address) }, "listening");
  options.onListening?.(proxy);

  const exitCode = await new Promise<number>((resolve) => {
    const stop = (code: number) => {
      options.onStopping?.();
      proxy.stop();
      resolve(code);
    };
    const drain = () => {
      draining = true;
      options.onStopping?.();
      logger.info({ connections: proxy.connectionCount, seconds: options.drainMillis / 1000 }, "draining");
      void proxy.drain(options.drainMillis).then((closed) => {
        if (closed > 0) logger.warn({ connections: closed }, "connections were closed at the end of the drain time");
        resolve(0);
      });
    };
    handleSignals({ reload: () => void reload(proxy, sinks, options), drain, stop });
    reportToParent(stats, drain);
  });
  admin?.close();
  await sinks.close();
  for (const line of ledger.format()) process.stderr.write(`${line}\n`);
  process.exitCode = ledger.balanced ? exitCode : new TaplineError("unbalanced", "").exitCode;
  // Name lookups and the like may still be under way, and nothing waits for them.
  setImmediate(() => process.exit());
}

/** Everything that `runProxyProcess` would refuse, but for addresses that cannot be listened on. Throws TaplineError. */
export async function checkProxyConfig(options: ProxyProcessOptions): Promise<void> {
  const config = await options.load();
  createProxy(config, options).proxy.check(config);
}

function createProxy(config: ProxyConfig, { logger, share, memoryBytes, node, extraTaps = [] }: ProxyProcessOptions) {
  const counters = new Counters();
  const ledger = new Ledger();
  const budget = new MemoryBudget(memoryBytes);
  const sinks = new TapSinks({ logger, ledger, budget, node: { ...config.node, ...node } });
  sinks.clusters = config.clusters;
  counters.expose("tap_files.deleted", () => sinks.deletedFiles);
  const registry = new TapRegistry();
  const taps = { counters, ledger, budget, sinks, registry };
  const ids = new ConnectionIds(config.connectionIds, share);
  const proxy = new TapProxy({
    logger,
    counters,
    ledger,
    budget,
    nextConnectionId: () => ids.next(),
    createTaps: (socket) => [...createSocketTaps(socket, taps), ...extraTaps],
    createHttpTaps: (manager) => createHttpTaps(manager, taps),
    reusePort: share.count > 1,
  });
  return { proxy, taps };
}

async function reload(proxy: TapProxy, sinks: TapSinks, { load, logger }: ProxyProcessOptions): Promise<void> {
  sinks.rotate();
  const before = sinks.clusters;
  try {
    const config = await load();
    sinks.clusters = config.clusters;
    await proxy.run(config);
    logger.info({}, "the new configuration runs");
  } catch (error) {
    sinks.clusters = before;
    logger.error({ error: formatError(error) }, "the new configuration is refused; the old one runs on");
  }
}

export async function startAdmin(
  config: AdminConfig | undefined,
  isDraining: () => boolean,
  stats: () => { counters: string[]; ledger: string[] } | Promise<{ counters: string[]; ledger: string[] }>,
  proxy: Pick<TapProxy, "ownAddresses"> | undefined,
  logger: Logger,
  tapRoutes: readonly AdminRoute[] = [],
): Promise<AdminServer | undefined> {
  if (config === undefined) return undefined;
  const given = process.env["TAPLINE_ADMIN_TOKEN"];
  const token = given ?? randomBytes(16).toString("hex");
  const admin = new AdminServer({
    ...config,
    token,
    routes: [readyRoute(() => (isDraining() ? "DRAINING" : "LIVE")), statsRoute(async () => stats()), ...tapRoutes],
  });
  await admin.listen();
  proxy?.ownAddresses.add(admin.address);
  const address = formatEndpoint(admin.address);
  if (admin.needsToken && given === undefined)
    logger.warn(
      { address, token },
      "the admin listener can be reached from other machines and wants this token (TAPLINE_ADMIN_TOKEN sets one)",
    );
  logger.info({ address }, "admin listening");
  return admin;
}

/** As one of several workers: answers the parent's questions, and ends when the parent is gone. */
function reportToParent(stats: () => { counters: string[]; ledger: string[] }, drain: () => void): void {
  if (process.send === undefined) return;
  process.on("message", (message) => {
    if (message === "stats") process.send?.(stats());
  });
  process.on("disconnect", drain);
}
