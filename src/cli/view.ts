import { type Command, Option } from "commander";
import { formatEndpoint, type IpEndpoint } from "../model/index.ts";
import { parseEndpoint, parseSize } from "./flags/option-values.ts";
import { defineRedactFlags } from "./flags/redact-flags.ts";
import { runView, type ViewFlags } from "./view/run-view.ts";

const DEFAULT_LISTEN: IpEndpoint = { kind: "ip", address: "127.0.0.1", port: 0 };

/** `tapline view`: the page of the collector on captures; nothing is kept. */
export function define(command: Command): void {
  command
    .argument("<files...>", "captures, traces, HAR, NDJSON, or folders of them; - is stdin")
    .addOption(
      new Option("--listen <host:port>", "where the page is; off loopback a token is needed (TAPLINE_TOKEN)")
        .argParser(parseEndpoint)
        .default(DEFAULT_LISTEN, formatEndpoint(DEFAULT_LISTEN)),
    )
    .option("--memory <size>", "bytes of what is analysed at once", parseSize, 128 * 1024 ** 2);
  defineRedactFlags(command, "show credentials");
  command
    .addHelpText(
      "after",
      `
Examples:
  tapline view capture.pcapng
  tcpdump -i any -U -w - port 8080 | tapline view -`,
    )
    .action((files: string[], flags: ViewFlags) => runView(files, flags));
}
