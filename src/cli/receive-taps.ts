import { type Command, Option } from "commander";
import { formatEndpoint, type IpEndpoint, TaplineError } from "../model/index.ts";
import { isAllowedHost } from "../sink/admin/allowed-host.ts";
import { TapService } from "../source/tap-service/tap-service.ts";
import { ProtobufWriter } from "../wire/envoy/write/protobuf-writer.ts";
import type { TapIdentifier } from "../wire/envoy/write/stream-taps.ts";
import { parseEndpoint } from "./option-values.ts";
import { defineViewFlags } from "./read/read-flags.ts";
import { type ShowFlags, showTraces, type TraceIntake } from "./tap/show-traces.ts";

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
    const streams = new SenderStreams(intake);
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

/** One reader for each sender: what traces of different senders carry as ids has nothing to do with each other. */
class SenderStreams {
  readonly #intake: TraceIntake;
  readonly #readers = new Map<string, ReturnType<TraceIntake["open"]>>();

  constructor(intake: TraceIntake) {
    this.#intake = intake;
  }

  push({ nodeId, cluster, tapId }: TapIdentifier, layout: string, bytes: Uint8Array): void {
    const name = [nodeId, cluster, tapId, layout].join("/");
    let reader = this.#readers.get(name);
    if (reader === undefined) {
      if (this.#readers.size >= MAX_SENDERS) this.#forget(this.#readers.keys().next().value!);
      reader = this.#intake.open(name, "length-delimited");
      this.#readers.set(name, reader);
    }
    lengthWriter.writeVarint(bytes.length);
    reader.push(lengthWriter.lend());
    reader.push(bytes);
  }

  end(): void {
    for (const name of [...this.#readers.keys()]) this.#forget(name);
  }

  #forget(name: string): void {
    this.#readers.get(name)?.end();
    this.#readers.delete(name);
  }
}

const lengthWriter = new ProtobufWriter();

/** Senders that are told apart at once; the oldest makes room. */
const MAX_SENDERS = 1024;
