import { type Command, Option } from "commander";
import { describeExitCodes, TaplineError } from "../model/index.ts";
import {
  SUMMARY_FORMATS,
  SUMMARY_ORDERS,
  type SummaryFormat,
  type SummaryOrder,
} from "../sink/terminal/summary/options.ts";
import { defineFilterLimitFlag } from "./flags/filter-limit-flag.ts";
import { collect, parseCount } from "./flags/option-values.ts";
import { defineRedactFlags } from "./flags/redact-flags.ts";
import { DEFAULT_READ_FLAGS, type ReadFlags } from "./read/read-flags.ts";
import { runRead } from "./read/run-read.ts";
import { DEFAULT_TOP } from "./read/summary-flags.ts";

/** `tapline summary`: what is in captures and traces, summed up. */
export function define(command: Command): void {
  command
    .argument("<files...>", "what to read, or folders of it; - is stdin")
    .option("-Y, --filter <filter>", "sum up what matches: CEL or a short form such as 5xx, 'GET /users*', 'port 8080'")
    .option("--by <names>", "what to group by: attributes or expressions (default: service and route)")
    .option("--top <n>", "so many groups", parseCount, DEFAULT_TOP)
    .addOption(new Option("--sort <order>", "which groups come first").choices(SUMMARY_ORDERS).default("requests"))
    .addOption(new Option("-o, --output <format>", "what to print").choices(SUMMARY_FORMATS).default("table"))
    .option("--since <time>", "what began then or later: 12:00, '2026-01-31 12:00', an epoch, 10m (ago), …")
    .option("--until <time>", "what began before that")
    .option("--tz <zone>", "the time zone of times: Europe/Berlin, UTC, +02:00 (default: the system's)")
    .option("--keylog <file>", "TLS secrets (SSLKEYLOGFILE); it may grow")
    .option("-q, --quiet", "do not print the balance of what was read")
    .option("--fail-empty", "exit 3 when nothing matched")
    .addOption(new Option("--color <when>", "when to colour").choices(["auto", "always", "never"]).default("auto"))
    .option("--limit <name=value>", "a bound of the analysis: docs/read.md", collect, [])
    .option("--memory <MiB>", "how much may be buffered in all", parseCount, DEFAULT_READ_FLAGS.memory);
  defineFilterLimitFlag(command);
  defineRedactFlags(command);
  command
    .addHelpText(
      "after",
      `
Exit codes: ${describeExitCodes(["done", "failed", "usage", "nothingMatched"])},
${describeExitCodes(["dataMissing", "interrupted"])}.

Examples:
  tapline summary capture.pcapng
  tapline summary capture.pcapng --by response.code
  tapline summary capture.pcapng --sort p99 --top 5 -Y 'service.name == "shop"'
  tcpdump -i any -U -w - port 8080 | tapline summary -`,
    )
    .action(async (files: string[], flags: SummaryCommandFlags) => {
      if (files.filter((file) => file === "-").length > 1)
        throw new TaplineError("usage", "stdin can be read once only");
      const { by, top, sort, ...rest } = flags;
      await runRead(files, {
        ...DEFAULT_READ_FLAGS,
        ...rest,
        summaryOf: { top, sort, ...(by !== undefined && { by }) },
      });
    });
}

type SummaryCommandFlags = Omit<ReadFlags, "output" | "sort"> & {
  readonly output: SummaryFormat;
  readonly by?: string;
  readonly top: number;
  readonly sort: SummaryOrder;
};
