import type { Command } from "commander";
import { TaplineError } from "../model/index.ts";
import { createLogger } from "./logger.ts";
import { loadProxyConfig } from "./proxy/load-proxy-config.ts";
import { checkProxyConfig, type ProxyProcessOptions, runProxyProcess } from "./proxy/run-proxy-process.ts";
import { runWorkers, workerShare } from "./proxy/workers.ts";

interface ProxyFlags {
  configPath: string;
  disableExtension: string[];
  logLevel: string;
  concurrency: number;
  drainTime: number;
  memory: number;
  mode: string;
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
      "record nothing with it, whatever the configuration says: envoy.transport_sockets.tap or .capture, envoy.filters.http.tap; may be repeated",
      (name: string, names: string[]) => [...names, ...name.split(",")],
      [] as string[],
    )
    .option("-l, --log-level <level>", `one of ${Object.keys(LOG_LEVELS).join(", ")}`, "info")
    .option("--concurrency <processes>", "how many processes share the ports", parseCount, 1)
    .option("--drain-time <seconds>", "how long SIGTERM waits for connections to end", parseSeconds, 10)
    .option("--memory <MiB>", "how much may be buffered in all, in each process", parseCount, 256)
    .option("--mode <mode>", "serve, or validate: check the configuration and exit", "serve")
    .addHelpText(
      "after",
      `
Signals: SIGHUP reads the configuration again, SIGTERM drains and exits, SIGINT exits at once.

Examples:
  tapline proxy -c envoy.yaml
  tapline proxy -c envoy.yaml --mode validate
  tapline proxy -c envoy.yaml --disable-extension envoy.transport_sockets.tap`,
    )
    .action(async (flags: ProxyFlags) => {
      const logger = createLogger(logLevelOf(flags.logLevel));
      const load = () => loadProxyConfig(flags.configPath, flags.disableExtension, logger);
      const options: ProxyProcessOptions = {
        load,
        logger,
        drainMillis: flags.drainTime * 1000,
        memoryBytes: flags.memory * 1024 * 1024,
        share: workerShare(),
      };
      if (flags.mode === "validate") {
        await checkProxyConfig(options);
        process.stderr.write(`configuration '${flags.configPath}' OK\n`);
        return;
      }
      if (flags.mode !== "serve") throw new TaplineError("usage", `--mode ${flags.mode}: expected serve or validate`);
      await (flags.concurrency > 1 && options.share.count === 1
        ? runWorkers(flags.concurrency, options)
        : runProxyProcess(options));
    });
}

function logLevelOf(name: string): string {
  const level = LOG_LEVELS[name];
  if (level !== undefined) return level;
  throw new TaplineError("usage", `--log-level ${name}: expected one of ${Object.keys(LOG_LEVELS).join(", ")}`);
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new TaplineError("usage", `expected a number from 1 to 999999, found '${text}'`);
}

function parseSeconds(text: string): number {
  if (/^\d{1,6}(\.\d+)?$/.test(text)) return Number(text);
  throw new TaplineError("usage", `expected seconds, found '${text}'`);
}
