import type { Command } from "commander";
import { describeExitCodes, TaplineError } from "../model/index.ts";
import { definePublishFlags } from "./flags/publish-flags.ts";
import { defineReadFlags, type ReadFlags } from "./read/read-flags.ts";
import { readPackets } from "./read/read-packets.ts";
import { runRead } from "./read/run-read.ts";

/** `tapline read`: exchanges, socket events or flow events of any file that Tapline knows, or live from stdin. */
export function define(command: Command): void {
  defineReadFlags(command);
  definePublishFlags(command);
  command
    .option("-i, --interface <name>", "read live packets of this interface (Linux, CAP_NET_RAW)")
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
  tapline read capture.pcap -q --publish http://127.0.0.1:9000`,
    )
    .action(async (files: string[], flags: ReadFlags & { readFile: string[]; interface?: string }) => {
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
