import { join } from "node:path";
import { type Command, Option } from "commander";
import type { Filter } from "../analysis/filter/index.ts";
import { type Ledger, type Logger, TaplineError } from "../model/index.ts";
import { createRedactor, useRedactKey } from "./flags/create-redactor.ts";
import { defineFilterLimitFlag } from "./flags/filter-limit-flag.ts";
import { defineKeepFlags, type KeepFlags, type Keeping, loadKeeping } from "./flags/keep-flags.ts";
import { countFlag, parseCount, parseSeconds } from "./flags/option-values.ts";
import { defineRedactFlags, type RedactFlags } from "./flags/redact-flags.ts";
import { defineSendFlags, loadSending, type SendFlags } from "./flags/send-flags.ts";
import { createLogger } from "./process/logger.ts";
import { loadProxyConfig } from "./proxy/load-proxy-config.ts";
import { checkProxyConfig, type ProxyProcessOptions, runProxyProcess } from "./proxy/run-proxy-process.ts";
import { runWorkers, workerShare } from "./proxy/workers.ts";

interface ProxyFlags extends RedactFlags, SendFlags, KeepFlags {
  configPath: string;
  disableExtension: string[];
  logLevel: string;
  concurrency: number;
  drainTime: number;
  memory: number;
  mode: string;
  show?: true;
  filter?: string;
  verbose: number;
  serviceNode?: string;
  serviceCluster?: string;
}

const LOG_LEVELS: Record<string, string> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warning: "warn",
  warn: "warn",
  error: "error",
  critical: "error",
  off: "silent",
};

/** `tapline proxy`: runs the listeners and clusters of an Envoy bootstrap. */
export function define(command: Command): void {
  command
    .requiredOption("-c, --config-path <file>", "an Envoy bootstrap (YAML or JSON): docs/configuration.md")
    .option(
      "--disable-extension <name>",
      "record nothing with it, whatever the configuration says: envoy.transport_sockets.tap or .capture, envoy.filters.http.tap, exporter; may be repeated",
      (name: string, names: string[]) => [...names, ...name.split(",")],
      [] as string[],
    )
    .addOption(
      new Option("-l, --log-level <level>", "which messages are logged")
        .choices(Object.keys(LOG_LEVELS))
        .default("info"),
    )
    .option("--concurrency <processes>", "how many processes share the ports", parseCount, 1)
    .option("--drain-time <seconds>", "how long SIGTERM waits for connections to end", parseSeconds, 10)
    .option("--memory <MiB>", "how much may be buffered in all, in each process", parseCount, 256)
    .option(
      "--service-node <id>",
      "what streaming_grpc sinks say that this proxy is, instead of the configuration's node.id",
    )
    .option("--service-cluster <name>", "and what it belongs to, instead of node.cluster")
    .addOption(
      new Option("--mode <mode>", "validate: check the configuration and exit")
        .choices(["serve", "validate"])
        .default("serve"),
    )
    .option("--show", "print the exchanges that pass, each when it is over")
    .option("-Y, --filter <filter>", "with --show, --send or --keep-last: those that match (docs/filter.md)")
    .option("-v, --verbose", "with --show: headers too; -vv: and bodies", countFlag, 0);
  defineSendFlags(command);
  defineKeepFlags(command);
  defineRedactFlags(command, "with --show: credentials too");
  defineFilterLimitFlag(command);
  command
    .addHelpText(
      "after",
      `
Signals: SIGHUP reads the configuration again and begins new files where many traces share one, SIGTERM drains and exits, SIGINT exits at once, SIGUSR2 writes what --keep-last keeps.

Examples:
  tapline proxy -c envoy.yaml
  tapline proxy -c envoy.yaml --show -Y '5xx or POST'
  tapline proxy -c envoy.yaml --mode validate
  tapline proxy -c envoy.yaml --disable-extension envoy.transport_sockets.tap`,
    )
    .action(async (flags: ProxyFlags) => {
      const logger = createLogger(LOG_LEVELS[flags.logLevel]!);
      const share = workerShare();
      useRedactKey(flags);
      const load = () => loadProxyConfig(flags.configPath, flags.disableExtension, logger);
      const options: ProxyProcessOptions = {
        load,
        logger,
        drainMillis: flags.drainTime * 1000,
        memoryBytes: flags.memory * 1024 * 1024,
        share,
        node: {
          ...(flags.serviceNode !== undefined && { id: flags.serviceNode }),
          ...(flags.serviceCluster !== undefined && { cluster: flags.serviceCluster }),
        },
      };
      if (flags.mode === "validate") {
        await checkProxyConfig(options, flags.concurrency);
        process.stderr.write(`configuration '${flags.configPath}' OK\n`);
        return;
      }
      if (flags.concurrency > 1 && options.share.count === 1) {
        await runWorkers(flags.concurrency, { ...options, keeps: (await loadKeeping(flags)) !== undefined });
        return;
      }
      const suffix = share.count > 1 ? `-worker-${share.index}` : "";
      const keeping = await loadKeeping(flags, (text) => logger.warn({}, text), suffix);
      const show = await createShow(flags, logger, share, keeping);
      await runProxyProcess({
        ...options,
        memoryBytes: options.memoryBytes + (keeping?.bytes ?? 0),
        show,
        ...(keeping && { dump: keeping.dump }),
      });
    });
}

/** Loaded only when it is asked for: the filter language is no part of forwarding. */
async function createShow(
  flags: ProxyFlags,
  logger: Logger,
  { index, count }: ProxyProcessOptions["share"],
  keeping: Keeping | undefined,
): Promise<ProxyProcessOptions["show"]> {
  const { show, filter, verbose, send } = flags;
  if (show !== true && send === undefined && keeping === undefined) {
    refuseRules(flags);
    if (filter === undefined) return undefined;
    throw new TaplineError("usage", "-Y chooses what --show prints, and --show is not there");
  }
  const { showExchanges } = await import("./proxy/show-exchanges.ts");
  const compile = filter === undefined ? undefined : await compileShown(filter, logger);
  const options = {
    verbosity: verbose,
    redactor: createRedactor(flags),
    stream: process.stdout,
    prints: show === true,
  };
  // Processes that share the ports have a spool each.
  const spool = flags.spool === undefined || count === 1 ? flags.spool : join(flags.spool, String(index));
  const createSender = await loadSending({ ...flags, ...(spool !== undefined && { spool }) }, (text) =>
    logger.warn({}, text),
  );
  return (environment) => {
    const outputs = [createSender?.({ ...environment, mode: "live" }), keeping?.createOutput(environment)].filter(
      (output) => output !== undefined,
    );
    return showExchanges({ ...options, filter: compile?.(environment.ledger), outputs }, environment);
  };
}

/** The taps' rules are in the configuration. @throws TaplineError (`usage`) */
function refuseRules({ redactNames, redactHeaders, redactExcept, redactPii }: ProxyFlags): void {
  if (redactNames ?? redactHeaders ?? redactExcept ?? redactPii)
    throw new TaplineError("usage", "the --redact flags are for what --show prints, and --show is not there", {
      hint: "a tap's rules stand in its configuration: redact (docs/tap.md)",
    });
}

/** Makes the filter, with the process's ledger; a wrong one is refused at once. */
async function compileShown(text: string, logger: Logger): Promise<(ledger: Ledger) => Filter> {
  const { bookFailures, compileFilter } = await import("../analysis/filter/index.ts");
  compileFilter(text, { name: "-Y" });
  return (ledger) =>
    compileFilter(text, { name: "-Y", onFailure: bookFailures(ledger, "-Y", (message) => logger.warn({}, message)) });
}
