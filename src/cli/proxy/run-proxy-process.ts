import type { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { deadlineIn, formatEndpoint, formatError, type Logger, TaplineError } from "../../model/index.ts";
import type { DumpKept } from "../../sink/admin/dump-route.ts";
import type { ProxyConfig } from "../../source/proxy/config/config.ts";
import type { NodeConfig } from "../../source/proxy/config/node-config.ts";
import { describeRouting, formatRouting } from "../../source/proxy/describe-routing.ts";
import type { TapProxy } from "../../source/proxy/tap-proxy.ts";
import type { IdShare } from "../../tap/index.ts";
import { LastWords } from "../last-words.ts";
import { handleSignals } from "../process/signals.ts";
import type { AnalysisEnvironment } from "./analysis-environment.ts";
import { createProxy, type TappedProxy } from "./create-proxy.ts";
import { refuseSharing } from "./refuse-sharing.ts";
import { startAdmin } from "./start-admin.ts";
import { answerParent } from "./worker-questions.ts";

export interface ProxyProcessOptions {
  /** Reads the configuration: at the start, and again at SIGHUP. Throws TaplineError. */
  readonly load: () => Promise<ProxyConfig>;
  readonly logger: Logger;
  /** How long SIGTERM waits for connections to end. */
  readonly drainMillis: number;
  readonly memoryBytes: number;
  readonly share: IdShare;
  /** Identifies this proxy to receivers of its traces, whatever the configuration says. */
  readonly node?: Partial<NodeConfig>;
  /** Makes what prints exchanges (`--show`); absent: none is printed. */
  readonly show?: ((environment: AnalysisEnvironment) => ExchangePipeline) | undefined;
  /** Writes what is kept (`--keep-last`); absent: nothing is. */
  readonly dump?: DumpKept;
  /** Called when it listens. */
  readonly onListening?: (proxy: TapProxy) => void;
  /** Called when a signal has asked it to end, before connections are closed. */
  readonly onStopping?: () => void;
  /** Awaited when all was shown, before the ledger is told. */
  readonly beforeLastWords?: () => Promise<void>;
}

/**
 * Runs a proxy until a signal ends it, then closes what is open, finishes the traces, says what was lost and sets the exit
 * code. Resolves when the proxy has stopped.
 *
 * @throws TaplineError when it cannot start
 */
export async function runProxyProcess(options: ProxyProcessOptions): Promise<void> {
  const { logger, share } = options;
  const config = await options.load();
  tellConfiguration(config, logger);
  const tapped = createProxy(config, options);
  const { proxy, ledger } = tapped;
  const label = (text: string) => process.stderr.write(text.replace(/^(?=.)/gm, `worker ${share.index}: `));
  const words = new LastWords({
    ledger,
    books: "used",
    budgets: [tapped.budget],
    ...(share.count > 1 && { write: label }),
  });
  await tapped.run(config);
  let draining = false;
  const routes = tapped.createRoutes(() => (draining ? "DRAINING" : "LIVE"));
  // The parent of several workers answers for them.
  const adminConfig = share.count > 1 ? undefined : config.admin;
  const admin = await startAdmin(adminConfig, routes, logger, proxy.ownAddresses).catch((error) => {
    proxy.stop();
    throw error;
  });
  for (const { name, address } of proxy.addresses)
    logger.info({ listener: name, address: formatEndpoint(address) }, "listening");
  options.onListening?.(proxy);

  await new Promise<void>((resolve) => {
    const stop = (signal: "SIGINT" | "SIGTERM") => {
      if (signal === "SIGINT") words.endWith("interrupted");
      options.onStopping?.();
      proxy.stop();
      resolve();
    };
    const drain = () => {
      draining = true;
      options.onStopping?.();
      const connections = proxy.connectionCount;
      const drained = proxy.drain(options.drainMillis);
      // Whoever reads this can rely on it: nothing is accepted any more.
      logger.info({ connections, seconds: options.drainMillis / 1000 }, "draining");
      void drained.then((closed) => {
        if (closed > 0) logger.warn({ connections: closed }, "connections were closed at the end of the drain time");
        resolve();
      });
    };
    handleSignals({ reload: () => void reload(tapped, options), drain, stop });
    answerParent(tapped.statistics, drain);
  });
  admin?.close();
  tapped.finishAnalysis();
  await tapped.shown?.close(deadlineIn(SHOW_MILLIS));
  await options.beforeLastWords?.();
  await Promise.all([tapped.sinks.close(), tapped.exporters.close(PUBLISH_MILLIS)]);
  process.exitCode = words.finish();
  // Name lookups and the like may still be under way, and nothing waits for them.
  setImmediate(() => process.exit());
}

/** How long a backend has for reports that wait. */
const PUBLISH_MILLIS = 5000;
/** How long whoever reads what is shown has for the rest of it. */
const SHOW_MILLIS = 2000;

/** Refuses all that a start in so many processes would, but for addresses that cannot be listened on. Throws TaplineError. */
export async function checkProxyConfig(options: ProxyProcessOptions, processes: number): Promise<void> {
  const config = await options.load();
  tellConfiguration(config, options.logger);
  if (processes > 1) refuseSharing(config);
  createProxy(config, options).proxy.check(config);
}

function tellConfiguration(config: ProxyConfig, logger: Logger): void {
  const { withoutEffect } = config;
  const routing = describeRouting(config);
  if (routing.length > 0) logger.info({ http: formatRouting(routing) }, "routing");
  if (withoutEffect.length > 0)
    logger.info({ fields: withoutEffect.join(", ") }, "without effect here (docs/configuration.md)");
}

async function reload(tapped: TappedProxy, { load, logger }: ProxyProcessOptions): Promise<void> {
  tapped.sinks.rotate();
  try {
    const config = await load();
    tellConfiguration(config, logger);
    await tapped.run(config);
    logger.info({}, "the new configuration runs");
  } catch (error) {
    const more = error instanceof TaplineError ? error.more.map(formatError) : [];
    logger.error(
      { error: [formatError(error), ...more].join(" | ") },
      "the new configuration is refused; the old one runs on",
    );
  }
}
