import { type Command, Option } from "commander";
import { formatEndpoint, type IpEndpoint, TaplineError } from "../model/index.ts";
import { isAllowedHost } from "../sink/admin/allowed-host.ts";
import { SenderStreams } from "../source/tap-service/sender-streams.ts";
import { TapService } from "../source/tap-service/tap-service.ts";
import { defineKeepFlags } from "./flags/keep-flags.ts";
import { parseEndpoint } from "./flags/option-values.ts";
import { defineSendFlags } from "./flags/send-flags.ts";
import { defineViewFlags } from "./read/read-flags.ts";
import { type ShowFlags, showTraces } from "./tap/show-traces.ts";

type ReceiveFlags = ShowFlags & { listen: IpEndpoint; token?: string };

const DEFAULT_LISTEN: IpEndpoint = { kind: "ip", address: "127.0.0.1", port: 9902 };

/** `tapline receive-taps`: a TapSinkService that shows and writes the traces that it is sent. */
export function define(command: Command): void {
  command
    .addOption(
      new Option("--listen <host:port>", "where to listen (HTTP/2 without TLS); beyond loopback a token is needed")
        .argParser(parseEndpoint)
        .default(DEFAULT_LISTEN, formatEndpoint(DEFAULT_LISTEN)),
    )
    .option("--token <token>", "what senders must carry as authorization: Bearer … (default: TAPLINE_TOKEN)")
    .option("-w, --write <file>", "write all traces to a file too: .pcapng, .pcap, .json, .pb_length_delimited, …")
    .option(
      "--write-format <format>",
      "what to write, where the file's name does not say it (tapline convert lists them)",
    );
  defineViewFlags(command);
  defineSendFlags(command);
  defineKeepFlags(command);
  command
    .addHelpText(
      "after",
      `
Serves envoy.service.tap.v3.TapSinkService (and v2alpha's): what a tap with the sink streaming_grpc sends to.

Examples:
  tapline receive-taps
  tapline receive-taps --listen 127.0.0.1:9902 -w all.pb_length_delimited -q
  tapline receive-taps -Y 5xx -o ndjson`,
    )
    .action(runReceiveTaps);
}

async function runReceiveTaps(flags: ReceiveFlags): Promise<void> {
  const listen = { host: flags.listen.address, port: flags.listen.port };
  const token = flags.token ?? process.env["TAPLINE_TOKEN"];
  if (!isAllowedHost(listen.host) && token === undefined)
    throw new TaplineError("usage", `${listen.host} can be reached from other machines: a token is needed`, {
      hint: "--token, or TAPLINE_TOKEN",
    });
  await showTraces(flags, async (intake, stop) => {
    const streams = new SenderStreams((name) => intake.open(name, "length-delimited"));
    const service = new TapService({
      listen,
      ...(token !== undefined && { token }),
      async onTrace({ identifier, bytes, layout }) {
        streams.push(identifier, layout, bytes);
        await intake.drain();
      },
      onStream({ peer, identifier, what, why }) {
        const who = identifier === undefined ? peer : `${identifier.nodeId}/${identifier.tapId}`;
        process.stderr.write(`stream of ${who} ${what}${why === undefined ? "" : `: ${why}`}\n`);
      },
    });
    const address = await service.start();
    process.stderr.write(`listening on ${formatEndpoint(address)}; ^C ends\n`);
    await new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve(), { once: true }));
    await service.stop();
    streams.end();
  });
}
