import { type Command, InvalidArgumentError, Option } from "commander";
import { describeExitCodes } from "../model/index.ts";
import { COMPARISON_FORMATS } from "../sink/terminal/comparison/options.ts";
import type { DiffFlags } from "./diff/run-diff.ts";
import { defineFilterLimitFlag } from "./flags/filter-limit-flag.ts";
import { collect, parseCount } from "./flags/option-values.ts";
import { defineRedactFlags } from "./flags/redact-flags.ts";
import { DEFAULT_READ_FLAGS } from "./read/read-flags.ts";

/** `tapline diff`: in what two captures, or two selections of one, differ beyond chance. */
export function define(command: Command): void {
  command
    .argument("<a>", "what to compare: a capture, traces, HAR, NDJSON")
    .argument(
      "[b]",
      "what to compare it with; absent: both sides are in A, and --at, --filter-a, --filter-b tell them apart",
    )
    .option("-Y, --filter <filter>", "compare what matches on both sides: CEL or a short form")
    .option("--filter-a <filter>", "of A, only what matches")
    .option("--filter-b <filter>", "of B, only what matches")
    .option("--at <time>", "A began before that, B then or later: 12:00, '2026-01-31 12:00', an epoch, 10m (ago)")
    .option("--tz <zone>", "the time zone of --at: Europe/Berlin, UTC, +02:00 (default: the system's)")
    .option("--by <names>", "what to group by: attributes or expressions (default: service and route)")
    .option("--threshold <part>", "what differs by less than this part of itself is no difference", parsePart, 0.1)
    .option("--uncertain", "list what may be chance, too")
    .addOption(new Option("-o, --output <format>", "what to print").choices(COMPARISON_FORMATS).default("table"))
    .option("--keylog <file>", "TLS secrets (SSLKEYLOGFILE)")
    .option("-q, --quiet", "do not print the balance of what was read")
    .addOption(new Option("--color <when>", "when to colour").choices(["auto", "always", "never"]).default("auto"))
    .option("--limit <name=value>", "a bound of the analysis: docs/read.md", collect, [])
    .option("--memory <MiB>", "how much may be buffered in all", parseCount, DEFAULT_READ_FLAGS.memory);
  defineFilterLimitFlag(command);
  defineRedactFlags(command);
  command
    .addHelpText(
      "after",
      `
Exit codes: ${describeExitCodes(["done", "failed", "usage"])},
${describeExitCodes(["dataMissing", "interrupted"])}, 5 there is a difference.

Examples:
  tapline diff before.pcapng after.pcapng
  tapline diff day.pcapng --at 14:05
  tapline diff all.pcapng --filter-a 'service.name == "shop"' --filter-b 'service.name == "shop-canary"'
  tapline diff stable.ndjson canary.ndjson -o junit --threshold 20%`,
    )
    .action(async (a: string, b: string | undefined, flags: DiffFlags) => {
      const { runDiff } = await import("./diff/run-diff.ts");
      await runDiff(a, b, flags);
    });
}

/** `20%`, `0.2`: a part from 0 on. */
function parsePart(text: string): number {
  const [, number, percent] = /^(\d{1,4}(?:\.\d{1,6})?)(\s?%)?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("Expected a part, such as 20% or 0.2.");
  return Number(number) / (percent === undefined ? 1 : 100);
}
