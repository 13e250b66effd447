import type { Command } from "commander";
import { describeExitCodes, TaplineError } from "../model/index.ts";
import { defineKeepFlags, type KeepFlags } from "./flags/keep-flags.ts";
import { parseCount } from "./flags/option-values.ts";
import { definePublishFlags } from "./flags/publish-flags.ts";
import { defineReadFlags, type ReadFlags } from "./read/read-flags.ts";
import { readPackets } from "./read/read-packets.ts";
import { refuseOtherViews } from "./read/refuse-other-views.ts";
import { runRead } from "./read/run-read.ts";
import { readSummaryFlags, type SummaryCommandFlags } from "./read/summary-flags.ts";

/** `tapline read`: exchanges, socket events or flow events of any file that Tapline knows, or live from stdin. */
export function define(command: Command): void {
  defineReadFlags(command);
  definePublishFlags(command);
  defineKeepFlags(command);
  command
    .option("-i, --interface <name>", "read live packets of this interface (Linux, CAP_NET_RAW)")
    .option("--summary", "sum up instead of printing each (tapline summary)")
    .option("--by <names>", "with --summary: what to group by: attributes or expressions (default: service and route)")
    .option("--top <n>", "with --summary: so many groups (default: 20)", parseCount)
    .addHelpText(
      "after",
      `
Filters and fields: docs/filter.md. Exit codes: ${describeExitCodes(["done", "failed", "usage", "nothingMatched"])},
${describeExitCodes(["dataMissing", "interrupted"])}.

Examples:
  tapline read capture.pcapng
  tapline read -i eth0 -Y 5xx
  tcpdump -i any -U -w - port 8080 | tapline read -
  tapline read capture.pcap -Y '5xx or duration > duration("1s")' -vv
  tapline read capture.pcap -T fields -e time -e request.path -e response.code -E header=y
  tapline read capture.pcap --keylog keys.log -o har > capture.har
  tapline read capture.pcap -z io,stat,60
  tapline read capture.pcap -q --publish http://127.0.0.1:9000`,
    )
    .action(async (files: string[], given: ReadCommandFlags) => {
      const flags = withSummary(given);
      const all = [...files, ...flags.readFile];
      if (flags.interface !== undefined) {
        if (all.length > 0) throw new TaplineError("usage", "-i reads an interface: leave out the files");
        return readPackets(flags.interface, flags);
      }
      if (all.length === 0)
        throw new TaplineError("usage", "expected a file to read", {
          hint: "tapline read capture.pcap, or - for stdin",
        });
      if (all.filter((file) => file === "-").length > 1) throw new TaplineError("usage", "stdin can be read once only");
      await runRead(all, flags);
    });
}

interface ReadCommandFlags extends ReadFlags, SummaryCommandFlags, KeepFlags {
  readonly readFile: string[];
  readonly interface?: string;
}

/** @throws TaplineError (`usage`) */
function withSummary(flags: ReadCommandFlags): ReadCommandFlags {
  const { follow, ...rest } = flags;
  const summaryOf = readSummaryFlags(flags, follow);
  if (summaryOf === undefined) return flags;
  const sum = { ...rest, summaryOf };
  refuseOtherViews(sum, follow === undefined ? undefined : `-z ${follow}`);
  return sum;
}
