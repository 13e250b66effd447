import { type Command, Option } from "commander";
import { formatEndpoint, type IpEndpoint, TaplineError } from "../model/index.ts";
import { isAllowedHost } from "../sink/admin/allowed-host.ts";
import { parseEndpoint } from "./flags/option-values.ts";
import { definePublishFlags, type PublishFlags } from "./flags/publish-flags.ts";
import { defineSendFlags } from "./flags/send-flags.ts";
import { defineViewFlags } from "./read/read-flags.ts";
import { type ReceiverFlags, showReports } from "./receive-traces/show-reports.ts";

const DEFAULT_LISTEN: IpEndpoint = { kind: "ip", address: "127.0.0.1", port: 9000 };

/** `tapline receive-traces`: the backend of trace exporters, in miniature. */
export function define(command: Command): void {
  command
    .addOption(
      new Option("--listen <host:port>", "where to listen; beyond loopback --ingest-auth must say who may report")
        .argParser(parseEndpoint)
        .default(DEFAULT_LISTEN, formatEndpoint(DEFAULT_LISTEN)),
    )
    .addOption(
      new Option("--ingest-auth <how>", "who may report: token, mtls, or none, written out").choices([
        "token",
        "mtls",
        "none",
      ]),
    )
    .option("--token <token>", "what exporters must send as X-Trace-Source-Token (default: TAPLINE_INGEST_TOKEN)")
    .option("--tls-cert <file>", "the listener's certificate: PEM")
    .option("--tls-key <file>", "its key: PEM")
    .option("--tls-ca <file>", "who signs the certificates of those who report, for mtls: PEM")
    .option(
      "--hosts <list>",
      "what GET /api/hostsToTrace says is to be reported: host:port,…, or @FILE, read again when it changes",
      "*",
    )
    .option("-w, --write <file>", "write it to a file too: .har, .ndjson, .pcapng, .json, .pb_length_delimited, …")
    .option(
      "--write-format <format>",
      "what to write, where the file's name does not say it (tapline convert lists them)",
    );
  definePublishFlags(command);
  defineViewFlags(command);
  defineSendFlags(command);
  command
    .addHelpText(
      "after",
      `
Takes POST /publish and POST /api/telemetry, both formats on both: what Tapline's trace exporter, the filter in Envoy and the
original send (docs/trace-exporter.md). Serves GET /api/hostsToTrace and the filter's file, /http-trace-filter.wasm.

Examples:
  tapline receive-traces
  tapline receive-traces -Y 5xx -vv
  tapline receive-traces --listen 0.0.0.0:9000 --ingest-auth token -w all.ndjson -q
  tapline receive-traces --publish http://apiclarity:9000 --publish-format apiclarity`,
    )
    .action(runReceiveTraces);
}

async function runReceiveTraces(flags: ReceiverFlags & PublishFlags & { ingestAuth?: string }): Promise<void> {
  const { listen, ingestAuth, events, follow } = flags;
  const token = flags.token ?? process.env["TAPLINE_INGEST_TOKEN"];
  if (events === true || follow !== undefined)
    throw new TaplineError(
      "usage",
      `${follow === undefined ? "--events" : `-z ${follow}`}: reports are exchanges, without bytes of connections`,
    );
  const how = ingestAuth ?? (token !== undefined ? "token" : flags.tlsCa !== undefined ? "mtls" : undefined);
  if (how === undefined && !isAllowedHost(listen.address))
    throw new TaplineError("usage", `${listen.address} can be reached from other machines: who may report?`, {
      hint: "--ingest-auth token with --token or TAPLINE_INGEST_TOKEN, mtls, or none: the original filter can send no token",
    });
  if (how === "token" && !token)
    throw new TaplineError("usage", "--ingest-auth token needs one", { hint: "--token, or TAPLINE_INGEST_TOKEN" });
  if (how === "mtls" && (flags.tlsCa ?? flags.tlsCert) === undefined)
    throw new TaplineError("usage", "--ingest-auth mtls needs --tls-cert, --tls-key and --tls-ca");
  if ((flags.tlsCert === undefined) !== (flags.tlsKey === undefined))
    throw new TaplineError("usage", "--tls-cert and --tls-key go together");
  if (flags.tlsCa !== undefined && flags.tlsCert === undefined)
    throw new TaplineError("usage", "--tls-ca needs --tls-cert and --tls-key");
  await showReports({ ...flags, ...(how === "token" && { token }) });
}
