import { lookup } from "node:dns/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { EmbeddedCollector } from "../collector/server/embedded-collector.ts";
import { formatEndpoint, type IpEndpoint, TaplineError } from "../model/index.ts";
import { writeWholeFile } from "../sink/capture-file/write-whole-file.ts";
import { createStatusLine } from "../sink/terminal/summary/status-line.ts";
import { DemoService } from "../source/demo/demo-service.ts";
import { DemoTraffic } from "../source/demo/demo-traffic.ts";
import { findFreePort } from "../source/demo/free-port.ts";
import { createRedactor } from "./flags/create-redactor.ts";
import { defineKeepFlags, type KeepFlags, loadKeeping } from "./flags/keep-flags.ts";
import { parseEndpoint } from "./flags/option-values.ts";
import { defineRedactFlags, type RedactFlags } from "./flags/redact-flags.ts";
import { createLogger } from "./process/logger.ts";
import { loadProxyConfig } from "./proxy/load-proxy-config.ts";
import { runProxyProcess } from "./proxy/run-proxy-process.ts";
import { showExchanges } from "./proxy/show-exchanges.ts";
import { describeStart } from "./up/describe-start.ts";
import { writeBootstrap } from "./up/write-bootstrap.ts";

interface UpFlags extends RedactFlags, KeepFlags {
  upstream?: IpEndpoint;
  listen?: IpEndpoint;
  taps: string;
  page: IpEndpoint;
  data: string;
  show?: true;
}

const DEFAULT_PAGE: IpEndpoint = { kind: "ip", address: "127.0.0.1", port: 9004 };
const DEFAULT_LISTEN: IpEndpoint = { kind: "ip", address: "127.0.0.1", port: 10000 };
const DEFAULT_ADMIN: IpEndpoint = { kind: "ip", address: "127.0.0.1", port: 9901 };
const MEMORY_BYTES = 256 * 1024 * 1024;

/** `tapline up`, which `npm start` runs: a tap proxy in front of a service, or of a demo service with a little traffic. */
export function define(command: Command): void {
  command
    .option("--upstream <host:port>", "the service to tap (default: a demo service)", parseEndpoint)
    .option(
      "--listen <host:port>",
      "where clients connect to (default: 127.0.0.1:10000, or a free port)",
      parseEndpoint,
    )
    .addOption(
      new Option(
        "--page <host:port>",
        "where the page and /api/v1 are (or a free port); off loopback TAPLINE_TOKEN is needed",
      )
        .argParser(parseEndpoint)
        .default(DEFAULT_PAGE, formatEndpoint(DEFAULT_PAGE)),
    )
    .option("--data <folder>", "where exchanges are kept", "tapline-data")
    .option("--taps <folder>", "where traces are written", "taps")
    .option("--show", "print the exchanges that pass, each when it is over, in place of the status line");
  defineKeepFlags(command);
  defineRedactFlags(command, "with --show: credentials too");
  command
    .addHelpText(
      "after",
      `
Examples:
  tapline up
  tapline up --upstream 127.0.0.1:8080 --listen 127.0.0.1:10000`,
    )
    .action(runUp);
}

async function runUp({ upstream, listen, taps, page, data, show, ...flags }: UpFlags): Promise<void> {
  const redactor = createRedactor(flags);
  const stream = process.stdout;
  const logger = createLogger("warn");
  const keeping = await loadKeeping(flags);
  const demo = upstream === undefined ? new DemoService() : undefined;
  const target = upstream ?? (await demo!.start());
  let traffic: DemoTraffic | undefined;
  let collector: EmbeddedCollector | undefined;
  try {
    const address = listen === undefined ? await findFreePort(DEFAULT_LISTEN) : await resolveName(listen);
    const admin = await findFreePort(DEFAULT_ADMIN);
    const configPath = join(taps, "envoy.yaml");
    // The folders of one that runs are its own.
    collector = await EmbeddedCollector.open({ page, data, logger });
    writeWholeFile(configPath, writeBootstrap({ listen: address, upstream: target, admin, taps }));
    await runProxyProcess({
      show: (environment) => {
        // A list would push what was said at the start out of sight.
        const status = show ? [] : [{ exchanges: createStatusLine({ stream, inPlace: stream.isTTY === true }) }];
        const outputs = [
          ...status,
          collector!.createOutput(environment, redactor !== undefined),
          ...(keeping === undefined ? [] : [keeping.createOutput(environment)]),
        ];
        return showExchanges({ verbosity: 0, redactor, stream, outputs, prints: show === true }, environment);
      },
      ...(keeping && { dump: keeping.dump }),
      load: () => loadProxyConfig(configPath, [], logger),
      logger,
      drainMillis: 5000,
      memoryBytes: MEMORY_BYTES + (keeping?.bytes ?? 0),
      share: { index: 0, count: 1, startedMillis: Date.now() },
      onListening: (proxy) => {
        const bound = proxy.addresses[0]!.address as IpEndpoint;
        const facts = { listen: bound, upstream: target, admin, taps, configPath, isDemo: demo !== undefined };
        void collector!.start(bound).then((address) => stream.write(describeStart({ ...facts, page: address })));
        if (demo !== undefined) traffic = new DemoTraffic(bound);
        traffic?.start();
      },
      onStopping: () => traffic?.stop(),
      beforeLastWords: () => collector!.stop(),
    });
  } finally {
    demo?.stop();
    await collector?.stop();
  }
}

/** A listener has an address: of a name's, the first, IPv4 before IPv6. */
async function resolveName({ address, port }: IpEndpoint): Promise<IpEndpoint> {
  try {
    return { kind: "ip", address: (await lookup(address, { order: "ipv4first" })).address, port };
  } catch (cause) {
    throw new TaplineError("usage", `--listen: '${address}' is no address and no name of one`, {
      hint: "use an IP address, such as 127.0.0.1:10000",
      cause,
    });
  }
}
